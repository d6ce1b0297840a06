/**
 * Random faults, alone and in pairs, on a lab of three namespace machines: after healing it returns to its steady state by itself,
 * each time. KUBARIUM_RANDOM_FAULTS says how many (300 before a release; none without it), KUBARIUM_RANDOM_SEED which.
 */
import { appendFileSync } from 'node:fs'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { seededRandom } from '../../agents/base/random.ts'
import { TestLab, whyNoLab } from './test-lab.ts'
import { drawFaults } from './faults/random-faults.ts'
import { makeSteadyObjects, steadyObjects, unrepaired, unsteady } from './faults/steady-state.ts'

const count = Number(process.env['KUBARIUM_RANDOM_FAULTS'] ?? 0)
const reason = count > 0 ? whyNoLab('namespace') : 'KUBARIUM_RANDOM_FAULTS is not set'
const seed = Number(process.env['KUBARIUM_RANDOM_SEED'] ?? 20)
/** Where each round is written as it ends, for a long run. */
const journal = process.env['KUBARIUM_RANDOM_JOURNAL']
const nodes = ['node-1', 'node-2', 'node-3']
const components = ['etcd', 'kube-apiserver', 'kube-scheduler', 'kube-controller-manager', 'cloud-controller-manager', 'dns', ...nodes.flatMap(node => [`kubelet@${node}`, `kube-proxy@${node}`, `overlay@${node}`, `containerd@${node}`])]
const returnsWithinMs = 180_000

let lab: TestLab
const later = (ms: number) => new Promise(resolve => { setTimeout(resolve, ms) })

async function whyNotSteady(): Promise<string | undefined> {
  const until = Date.now() + returnsWithinMs
  for (;;) {
    const why = await unsteady(lab, nodes).catch(String)
    if (why === undefined || Date.now() > until) return why ?? await unrepaired(lab).catch(String)
    await later(500)
  }
}

describe(`${count} random faults of seed ${seed}`, () => {
  beforeEach(({ skip }) => { if (reason !== null) skip(reason) })
  beforeAll(async () => {
    if (reason !== null) return
    lab = new TestLab('namespace', 'random')
    await lab.up(3)
    await makeSteadyObjects(lab)
  }, 900_000)
  afterAll(async () => { await lab?.remove() }, 300_000)

  test('the lab returns to its steady state by itself after each', { timeout: 60_000 + count * 200_000 }, async () => {
    const random = seededRandom(seed)
    const failures: string[] = []
    for (const round of drawFaults(count, random, { components, nodes, objects: steadyObjects })) {
      const startedAt = Date.now()
      const said: string[] = []
      for (const { kind, target } of round) {
        const { code, stderr } = await lab.kubarium(['fault', 'inject', kind, target, '--name', lab.name])
        said.push(`${kind} ${target}${code === 0 ? '' : ` (refused: ${stderr.trim()})`}`)
      }
      await later(1_000 + random.next() * 4_000)
      await lab.kubarium(['fault', 'heal', '--name', lab.name])
      const why = await whyNotSteady()
      if (why !== undefined) failures.push(`${said.join(' + ')}: ${why}`)
      if (journal !== undefined) appendFileSync(journal, `${((Date.now() - startedAt) / 1_000).toFixed(1)} s  ${said.join(' + ')}${why === undefined ? '' : `  NOT STEADY: ${why}`}\n`)
    }
    expect(failures).toEqual([])
  })
})
