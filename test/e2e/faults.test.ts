/**
 * Faults on a lab of namespace machines: what each does is seen from outside, and that it is gone after healing. One lab for all; each
 * row leaves it as it found it.
 *
 * KUBARIUM_ALL_FAULTS=1 tries every row, what the logs tell of each, and that the next lab host heals what one that was killed had
 * injected; otherwise slow rows are left out.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { FaultState } from '../../electron/contract/faults.ts'
import { TestLab, eventually, whyNoLab } from './test-lab.ts'
import { hostGatewayRows, namespaceRows, slowRows } from './faults/fault-rows.ts'
import { killedTogether } from './faults/killed-rows.ts'
import { fails, lookAt, makeConfig, works } from './faults/lab-view.ts'
import { fault, tryFault, tryKilled, withoutEvidence } from './faults/try-fault.ts'

const reason = whyNoLab('namespace')
const triesAll = process.env['KUBARIUM_ALL_FAULTS'] === '1'
const rows = Object.fromEntries(Object.entries(namespaceRows).filter(([name]) => triesAll || !slowRows.has(name)))
const killed = killedTogether(rows)
const over: FaultState[] = []
let lab: TestLab

describe('faults of a lab of namespace machines', () => {
  beforeEach(({ skip }) => { if (reason !== null) skip(reason) })
  beforeAll(async () => {
    if (reason !== null) return
    lab = new TestLab('namespace', 'broken')
    lookAt(lab)
    await lab.up(2)
    await lab.must(['create', 'deployment', 'web', '--image=web', '--replicas=2'])
    await lab.must(['patch', 'deployment', 'web', '-p', '{"spec":{"template":{"spec":{"terminationGracePeriodSeconds":0,"containers":[{"name":"web","imagePullPolicy":"IfNotPresent"}]}}}}'])
    await lab.must(['expose', 'deployment', 'web', '--port=80', '--target-port=8080'])
    await lab.must(['create', 'secret', 'generic', 'password', '--from-literal=a=b'])
    await lab.must(['create', 'role', 'reader', '--verb=list', '--resource=pods'])
    await lab.must(['create', 'rolebinding', 'readers', '--role=reader', '--user=jane'])
    await lab.must(['rollout', 'status', 'deployment', 'web', '--timeout=60s'])
  }, 900_000)
  afterAll(async () => { await lab?.remove() }, 300_000)

  test.each(Object.entries(rows))('%s is seen from outside, and gone after healing', { timeout: 300_000 }, async (name, row) => {
    over.push(await tryFault(name, row))
  })

  test.runIf(triesAll)('the logs tell of each that it began, and of rules inside components that they were met and ended', async () => {
    expect(over.length).toBeGreaterThan(0)
    expect(await withoutEvidence(over)).toEqual([])
  })

  test.runIf(triesAll).each(killed.map(group => [Object.keys(group).length, Object.keys(group).at(-1)!, group] as const))('%i at once, up to %s, are healed by the next lab host when theirs was killed', { timeout: 600_000 }, async (_, __, group) => {
    await tryKilled(group)
  })

  test('a rule inside a component is set anew when the component has started again, and ends with the lab host that set it', { timeout: 240_000 }, async () => {
    await fault('inject', 'api-admission-refuses', 'kube-apiserver', '--set', 'resource=configmaps')
    process.kill(await lab.componentPid('kube-apiserver'), 'SIGKILL')
    await eventually('the API server to refuse again', () => fails(/refused this on purpose/, ...makeConfig()), 60_000, 500)
    process.kill(lab.hostPid(), 'SIGKILL')
    await eventually('the rule to lapse with nobody left', () => works(...makeConfig()), 40_000, 500) // no command of ours has started another lab host
    const states = await fault<readonly FaultState[]>('list')
    await eventually('the next lab host to heal', async () => (await fault<readonly FaultState[]>('list')).every(({ phase }) => phase === 'over'), 60_000)
    expect(states.at(-1)!.kind).toBe('api-admission-refuses')
  })
})

describe.runIf(triesAll)('faults of the routes of a cloud', () => {
  beforeEach(({ skip }) => { if (reason !== null) skip(reason) })
  beforeAll(async () => {
    if (reason !== null) return
    lab = new TestLab('namespace', 'routed')
    lookAt(lab)
    await lab.up(2, '--overlay', 'host-gw')
  }, 900_000)
  afterAll(async () => { await lab?.remove() }, 300_000)

  test.each(Object.entries(hostGatewayRows))('%s is seen from outside, is gone after healing, and leaves its evidence', { timeout: 600_000 }, async (name, row) => {
    expect(await withoutEvidence([await tryFault(name, row)])).toEqual([])
  })
})
