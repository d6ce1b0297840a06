import { beforeEach, expect, test } from 'vitest'
import { FakeClock } from '../../../../agents/base/fake-clock.ts'
import { silentLog } from '../../../../agents/base/log.ts'
import { seededRandom } from '../../../../agents/base/random.ts'
import type { DrillRepair } from '../../../contract/drills.ts'
import { FaultError } from '../fault-error.ts'
import { readDrillFile } from '../reading/read-drill.ts'
import { FakeDrillWorld } from '../testing/fake-drill-world.ts'
import { DrillBook, type DrillRecord } from './drill-book.ts'

const file = (extra = '') => `apiVersion: kubarium.dev/v1
kind: Drill
metadata: { name: mine }
spec:
  title: Mine
  hypothesis: It holds.
  explanation: Because.
  duration: 20s
  recovery: 5s
  readyWithin: 30s
  objects:
    - { apiVersion: v1, kind: Service, metadata: { name: web } }
    - { apiVersion: v1, kind: ConfigMap, metadata: { name: things }, data: { node: $victim } }
  choose:
    - { name: victim, node: { running: app=web } }
    - { name: other, node: { not: [$victim] } }
  probes:
    - { name: answers, every: 500ms, http: { service: web, from: $other } }
    - { name: broken, metric: { component: etcd, query: broken }, expect: { atMost: 0 } }
  faults:
    - { at: 2s, inject: component-pause, target: kubelet@$victim }
  must:
    - { probe: answers, fails: { within: 5s } }
    - { probe: answers, recovers: { within: 8s } }
    - { probe: broken, holdsAfter: { within: 2s } }
  repair:
    steps: [{ at: 6s, restart: kubelet@$victim }]
  revert: [{ merge: { path: /api/v1/nodes/$victim, body: { spec: { unschedulable: null } } } }]
${extra}`

let world: FakeDrillWorld
let clock: FakeClock
let record: DrillRecord
beforeEach(() => {
  world = new FakeDrillWorld()
  clock = new FakeClock()
  record = { runs: [], open: null }
})

const newBook = () => new DrillBook({ world, journal: { read: () => record, write: written => { record = written } }, clock, random: seededRandom(1), log: silentLog })

async function ran(text = file(), repair: DrillRepair = 'none') {
  const book = newBook()
  book.begin(readDrillFile(text, 'mine.yaml'), 7, repair)
  await clock.advance(300_000)
  return book.runs[0]!
}

test('a lab that nobody repairs: what must hold does not, everything is put back', async () => {
  const run = await ran()
  expect(run).toMatchObject({ verdict: 'failed', score: 67, phase: 'over', seed: 7, chosen: { victim: 'node-2', other: 'node-1', namespace: 'drill-mine' }, problem: null })
  expect(run.checks.map(({ rule, met }) => [rule, met])).toEqual([
    ['fails within 5 s', true],
    ['holds again within 8 s of its first failure, while the fault is there', false],
    ['holds within 2 s of healing', true],
  ])
  expect(world.did).toEqual([
    'apply Namespace drill-mine in drill-mine', 'apply Service web in drill-mine', 'apply ConfigMap things in drill-mine {"node":"node-2"}',
    'inject component-pause kubelet@node-2', 'heal fault-1',
    'merge /api/v1/nodes/node-2 {"spec":{"unschedulable":null}}', 'delete /api/v1/namespaces/drill-mine', // RU3
  ])
})

test('an expert who repairs in time passes, and the report has events on the same axis', async () => {
  const run = await ran(file(), 'expert')
  expect(run).toMatchObject({ verdict: 'passed', score: 100 })
  expect(run.marks.filter(({ kind }) => ['fault', 'repair', 'heal', 'event'].includes(kind)).map(({ atMs, kind, text }) => `${atMs} ${kind} ${text}`)).toEqual([
    '2000 fault component-pause kubelet@node-2',
    '6000 repair restart kubelet@node-2',
    expect.stringMatching(/^\d+ event Warning Killing Pod\/web-1: stopped \(2 times\)$/),
    expect.stringMatching(/^\d+ event /),
    '20000 heal every fault of the drill is healed',
  ])
  const failed = run.samples['answers']!.filter(({ ok }) => !ok)
  expect(failed[0]).toEqual({ atMs: 2_000, ok: false, seen: 'node-1 could not connect' })
  expect(failed.at(-1)!.atMs).toBe(5_500)
})

test('RU1 nothing is broken in a lab that is not steady', async () => {
  world.neverAnswers = true
  const run = await ran()
  expect(run).toMatchObject({ verdict: 'problem', score: null, brokenAt: null, problem: 'the lab did not become steady within 30 s: answers is node-1 could not connect' })
  expect(world.did.some(done => done.startsWith('inject'))).toBe(false)
  expect(world.did.at(-1)).toBe('delete /api/v1/namespaces/drill-mine')
})

test('RU2 an abort condition ends the breaking at once', async () => {
  const run = await ran(file('  abort: [{ probe: answers, failingFor: 4s }]\n'))
  expect(run).toMatchObject({ verdict: 'aborted', problem: 'answers failed for 4 s: node-1 could not connect' })
  expect(run.marks.find(({ kind }) => kind === 'heal')!.atMs).toBeLessThan(7_500)
  expect(world.broken.size).toBe(0)
})

test('RU3 a drill that is stopped puts everything back', async () => {
  const book = newBook()
  book.begin(readDrillFile(file(), 'mine.yaml'), 7, 'none')
  await clock.advance(8_000)
  expect(book.current).toMatchObject({ phase: 'breaking', verdict: null })
  const stopped = book.stop()
  await clock.advance(10_000)
  expect(await stopped).toMatchObject({ verdict: 'stopped', phase: 'over' })
  expect(world.did.slice(-3)).toEqual(['heal fault-1', 'merge /api/v1/nodes/node-2 {"spec":{"unschedulable":null}}', 'delete /api/v1/namespaces/drill-mine'])
})

test('RU4 a fault that another holds is left out; one that fails is a problem', async () => {
  world.refusal = new FaultError('conflict', 'kubelet@node-2 is held by component-pause')
  expect(await ran()).toMatchObject({ verdict: 'failed', marks: expect.arrayContaining([expect.objectContaining({ kind: 'note', text: 'left out: kubelet@node-2 is held by component-pause' })]) as unknown })
  world.refusal = new FaultError('unavailable', 'the node is away')
  expect(await ran()).toMatchObject({ verdict: 'problem', problem: 'the node is away' })
})

test('what the lab does not have is said before anything is made', async () => {
  expect(await ran(file('  needs: { nodes: 3, providers: [qemu] }\n'))).toMatchObject({ verdict: 'problem', problem: 'mine needs 3 nodes of provider qemu, and the lab has 0; add some with: kubarium node add' })
  expect(world.did.filter(done => done.startsWith('apply'))).toEqual([])
})

test('nothing to choose from is a problem that says what was looked for', async () => {
  world.pods = []
  expect(await ran()).toMatchObject({ verdict: 'problem', problem: 'nothing could be chosen for $victim within 30 s: no node is left that runs a ready pod with app=web' })
})

test('DB1 one drill at a time', async () => {
  const book = newBook()
  book.begin(readDrillFile(file(), 'mine.yaml'), null, 'none')
  expect(() => book.begin(readDrillFile(file(), 'mine.yaml'), null, 'none')).toThrow(/mine is running/)
  await clock.advance(300_000)
  expect(() => book.begin(readDrillFile(file(), 'mine.yaml'), null, 'none')).not.toThrow()
  await clock.advance(300_000)
})

test('DB2 a lab host that finds a drill of one that was killed puts back what it had changed', async () => {
  record = { runs: [], open: { namespace: 'drill-mine', revert: [{ act: 'merge', path: '/api/v1/nodes/node-2', body: {} }] } }
  const book = newBook()
  expect(() => book.begin(readDrillFile(file(), 'mine.yaml'), null, 'none')).toThrow(/still being put back/)
  await book.recover()
  expect(world.did).toEqual(['merge /api/v1/nodes/node-2 {}', 'delete /api/v1/namespaces/drill-mine'])
  expect(record.open).toBeNull()
})

test('DB2 is written down with its names as soon as they are known', async () => {
  const book = newBook()
  book.begin(readDrillFile(file(), 'mine.yaml'), 7, 'none')
  await clock.advance(8_000)
  expect(record.open).toEqual({ namespace: 'drill-mine', revert: [{ act: 'merge', path: '/api/v1/nodes/node-2', body: { spec: { unschedulable: null } } }] })
  await clock.advance(300_000)
  expect(record.open).toBeNull()
})

test('DB3 the last runs are kept', async () => {
  const book = newBook()
  for (let turn = 0; turn < 22; turn++) {
    book.begin(readDrillFile(file('  needs: { nodes: 9 }\n'), 'mine.yaml'), turn, 'none')
    await clock.advance(1_000)
  }
  expect(book.runs.map(({ seed }) => seed)).toEqual(Array.from({ length: 20 }, (_, turn) => 21 - turn))
  expect(book.find(book.runs[3]!.id).seed).toBe(18)
  expect(() => book.find('drill-none')).toThrow(/there is no run/)
})
