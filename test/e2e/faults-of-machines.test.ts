/** Faults on a lab of virtual machines, with KUBARIUM_ALL_FAULTS=1: those that nothing else can have. One lab for all; each row leaves it as it found it. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { TestLab, whyNoLab } from './test-lab.ts'
import { qemuRows } from './faults/fault-rows.ts'
import { lookAt } from './faults/lab-view.ts'
import { tryFault, withoutEvidence } from './faults/try-fault.ts'

const reason = process.env['KUBARIUM_ALL_FAULTS'] === '1' ? whyNoLab('qemu') : 'KUBARIUM_ALL_FAULTS is not 1'
let lab: TestLab

describe('faults of a lab of virtual machines', () => {
  beforeEach(({ skip }) => { if (reason !== null) skip(reason) })
  beforeAll(async () => {
    if (reason !== null) return
    lab = new TestLab('qemu', 'broken')
    lookAt(lab)
    await lab.up(2)
  }, 1_200_000)
  afterAll(async () => { await lab?.remove() }, 300_000)

  test.each(Object.entries(qemuRows))('%s is seen from outside, is gone after healing, and leaves its evidence', { timeout: 600_000 }, async (name, row) => {
    expect(await withoutEvidence([await tryFault(name, row)])).toEqual([])
  })
})
