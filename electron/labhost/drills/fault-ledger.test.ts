import { beforeEach, expect, test } from 'vitest'
import { FakeClock } from '../../../agents/base/fake-clock.ts'
import { silentLog } from '../../../agents/base/log.ts'
import { seededRandom } from '../../../agents/base/random.ts'
import type { FaultTarget } from '../../contract/faults.ts'
import { type FaultEntry, FaultLedger } from './fault-ledger.ts'
import { FakeWorld } from './testing/fake-world.ts'

let world: FakeWorld
let clock: FakeClock
let disk: readonly FaultEntry[]

beforeEach(() => {
  world = new FakeWorld()
  clock = new FakeClock()
  disk = []
})

/** A lab host that starts: it knows what is on the disk. */
function start(): FaultLedger {
  let next = disk.length
  return new FaultLedger({ world, journal: { read: () => disk, write: entries => { disk = structuredClone(entries) } }, clock, random: seededRandom(1), newId: () => `f${++next}`, log: silentLog, changed: () => {} })
}

const scheduler: FaultTarget = { type: 'component', name: 'kube-scheduler' }
const pause = { kind: 'component-pause', target: scheduler, parameters: {}, durationMs: null }
const phases = () => disk.map(({ id, phase, end }) => `${id} ${phase}${end === null ? '' : ` ${end}`}`)

test('FL2 a fault is healed when it is asked for, and says so', async () => {
  const ledger = start()
  expect(await ledger.inject(pause)).toMatchObject({ id: 'f1', phase: 'active', endsAt: null })
  expect(await ledger.heal('f1')).toMatchObject({ phase: 'over', end: 'asked', healedAt: '2026-01-01T00:00:00.000Z' })
  expect(world.did).toEqual(['pause kube-scheduler', 'resume kube-scheduler'])
  await ledger.heal('f1')
  expect(world.did.length).toBe(2)
})

test('what an injection would refuse of kind and target is refused before', () => {
  const ledger = start()
  expect(() => { ledger.checkAim('component-pause', scheduler) }).not.toThrow()
  expect(() => { ledger.checkAim('component-pause', { type: 'component', name: 'kube-nothing' }) }).toThrow('there is no component "kube-nothing"')
  expect(() => { ledger.checkAim('component-pause', { type: 'node', name: 'node-1' }) }).toThrow('is aimed at a component, not at a node')
  expect(() => { ledger.checkAim('nothing', scheduler) }).toThrow('there is no fault "nothing"')
  expect(world.did).toEqual([])
})

test('FL2 a fault heals by itself at its end, to the millisecond', async () => {
  const ledger = start()
  expect(await ledger.inject({ ...pause, durationMs: 30_000 })).toMatchObject({ endsAt: '2026-01-01T00:00:30.000Z' })
  await clock.advance(29_999)
  expect(phases()).toEqual(['f1 active'])
  await clock.advance(1)
  expect(phases()).toEqual(['f1 over time'])
})

test('FL1 FL2 a lab host that finds a journal heals what its predecessor has broken, and only that', async () => {
  await start().inject({ ...pause, durationMs: 3_600_000 })
  const next = start()
  await next.inject({ kind: 'component-pause', target: { type: 'component', name: 'etcd' }, parameters: {}, durationMs: null })
  await next.recover()
  expect(phases()).toEqual(['f1 over host-restarted', 'f2 active'])
  expect(world.did).toEqual(['pause kube-scheduler', 'pause etcd', 'resume kube-scheduler'])
})

test('FL1 an injection that a crash cut short is healed too', async () => {
  const hanging = new Promise<void>(() => {})
  world.component = () => hanging
  void start().inject(pause)
  await clock.advance(0)
  expect(phases()).toEqual(['f1 injecting'])
  world = new FakeWorld()
  await start().recover()
  expect(world.did).toEqual(['resume kube-scheduler'])
})

test('FL3 what another fault holds is refused with its id; another component is free', async () => {
  const ledger = start()
  await ledger.inject(pause)
  await expect(ledger.inject(pause)).rejects.toThrow('the run state of kube-scheduler is held by component-pause (f1); heal that first: kubarium fault heal f1')
  await ledger.inject({ ...pause, target: { type: 'component', name: 'etcd' } })
  await ledger.heal('f1')
  await ledger.inject(pause)
  expect(phases()).toEqual(['f1 over asked', 'f2 active', 'f3 active'])
})

test('FL3 the kubelet that is stopped cannot be paused as well', async () => {
  const ledger = start()
  await ledger.inject({ kind: 'node-agent-stop', target: { type: 'node', name: 'node-1' }, parameters: {}, durationMs: null })
  await expect(ledger.inject({ ...pause, target: { type: 'component', name: 'kubelet@node-1' } })).rejects.toThrow('the run state of kubelet@node-1')
})

test('FL4 healing that fails is tried again until it succeeds, and holds its claims until then', async () => {
  const ledger = start()
  await ledger.inject(pause)
  world.failing = 'resume'
  await expect(ledger.heal('f1')).rejects.toThrow('could not be healed yet and is tried again: resume failed')
  expect(disk[0]).toMatchObject({ phase: 'healing', problem: 'resume failed' })
  await expect(ledger.inject(pause)).rejects.toThrow('is held by')
  await clock.advance(10_000)
  expect(phases()).toEqual(['f1 healing asked'])
  world.failing = undefined
  await clock.advance(60_000)
  expect(disk[0]).toMatchObject({ phase: 'over', end: 'asked', problem: null })
  expect(clock.pendingTimers).toBe(0)
})

test('FL5 an injection that fails is healed, reported and remembered', async () => {
  const ledger = start()
  world.failing = 'pause'
  await expect(ledger.inject(pause)).rejects.toThrow('component-pause could not be injected: pause failed')
  expect(disk[0]).toMatchObject({ phase: 'over', end: 'failed', problem: 'pause failed' })
  expect(world.did).toEqual(['resume kube-scheduler'])
})

test('FL6 only the last that are over are kept; what happens once is over at once', async () => {
  const ledger = start()
  for (let count = 0; count < 60; count++) await ledger.inject({ ...pause, kind: 'component-kill' })
  expect(disk.length).toBe(50)
  expect(phases().at(-1)).toBe('f60 over once')
})

test('all heal when the lab stops, the last one first; a machine without power then stays off', async () => {
  const ledger = start()
  await ledger.inject({ kind: 'machine-power-off', target: { type: 'node', name: 'node-1' }, parameters: {}, durationMs: null })
  await ledger.inject(pause)
  await ledger.healAll('lab-stopped')
  expect(world.did).toEqual(['power-off machine node-1', 'pause kube-scheduler', 'resume kube-scheduler'])
  expect(phases()).toEqual(['f1 over lab-stopped', 'f2 over lab-stopped'])
})

test('what is not in the schema is refused by name', async () => {
  const ledger = start()
  const delay = { kind: 'link-delay', target: { type: 'link', from: 'node-1', to: 'node-2', bothWays: false } as FaultTarget, parameters: {}, durationMs: null }
  await expect(ledger.inject({ ...delay, kind: 'link-dealy' })).rejects.toThrow('there is no fault "link-dealy"')
  await expect(ledger.inject({ ...delay, parameters: { millis: 3 } })).rejects.toThrow('link-delay has no parameter "millis"; it has ms, jitterMs, distribution')
  await expect(ledger.inject({ ...delay, parameters: { ms: -1 } })).rejects.toThrow('ms of link-delay must be from 0 to 60000 ms, not -1')
  await expect(ledger.inject({ ...delay, parameters: { distribution: 'even' } })).rejects.toThrow('one of uniform, normal, pareto, pareto-normal')
  await expect(ledger.inject({ ...delay, target: scheduler })).rejects.toThrow('link-delay is aimed at a link, not at a component')
  await expect(ledger.inject({ ...delay, target: { ...delay.target, to: 'node-3' } as FaultTarget })).rejects.toThrow('cannot be had on node-3, whose provider is namespace; it can with qemu')
  await expect(ledger.inject({ ...delay, durationMs: 1 })).rejects.toThrow('a fault lasts from 100 ms')
  await expect(ledger.inject({ ...pause, kind: 'component-kill', durationMs: 1_000 })).rejects.toThrow('happens once and has no duration')
  expect(disk).toEqual([])
})

test('any number of faults may meet on a link', async () => {
  const ledger = start()
  const on = { target: { type: 'link', from: 'node-1', to: 'node-2', bothWays: true } as FaultTarget, durationMs: null }
  await ledger.inject({ ...on, kind: 'link-delay', parameters: { ms: 5 } })
  await ledger.inject({ ...on, kind: 'link-delay', parameters: { ms: '7' } })
  await ledger.heal('f1')
  expect(world.did).toEqual([
    'impair node-1>node-2 {"delay":{"ms":5,"jitterMs":0,"distribution":"uniform"}} for f1',
    'impair node-2>node-1 {"delay":{"ms":5,"jitterMs":0,"distribution":"uniform"}} for f1',
    'impair node-1>node-2 {"delay":{"ms":7,"jitterMs":0,"distribution":"uniform"}} for f2',
    'impair node-2>node-1 {"delay":{"ms":7,"jitterMs":0,"distribution":"uniform"}} for f2',
    'clear f1',
  ])
})

const slowDisk = { kind: 'store-slow-fsync', target: { type: 'component', name: 'etcd' } as FaultTarget, parameters: { ms: 50 } }
const hooked = () => world.did.filter(what => what.startsWith('hook ')).length

test('FL7 what would lapse is renewed every few seconds until the fault heals, also when that fails once', async () => {
  const ledger = start()
  await ledger.inject({ ...slowDisk, durationMs: 60_000 })
  expect(world.did).toEqual(['hook etcd f1 {"point":"store.sync","effect":"delay","parameters":{"ms":50}}'])
  await clock.advance(5_000)
  expect(hooked()).toBe(2)
  world.failing = 'hook'
  await clock.advance(5_000)
  expect(ledger.states[0]).toMatchObject({ phase: 'active', problem: 'hook failed' })
  world.failing = undefined
  await clock.advance(5_000)
  expect(ledger.states[0]).toMatchObject({ phase: 'active', problem: null })
  expect(hooked()).toBe(3)
  await clock.advance(45_000)
  expect(phases()).toEqual(['f1 over time'])
  const before = hooked()
  await clock.advance(60_000)
  expect(hooked()).toBe(before)
})

test('FL7 a lab host that leaves renews nothing any more', async () => {
  const ledger = start()
  await ledger.inject({ ...slowDisk, durationMs: null })
  ledger.close()
  await clock.advance(60_000)
  expect(hooked()).toBe(1)
})

test('FL8 in a lab that is put back the faults of that moment are in effect with the time they had left, and no others', async () => {
  const ledger = start()
  await ledger.inject({ ...pause, durationMs: 30_000 })
  await ledger.inject({ ...slowDisk, durationMs: null })
  await clock.advance(10_000)
  const [saved, savedAt] = [disk, clock.now()]
  await ledger.heal('f1')
  await ledger.inject({ kind: 'component-pause', target: { type: 'component', name: 'etcd' }, parameters: {}, durationMs: null })
  await clock.advance(3_600_000)
  world.did.length = 0
  await ledger.becomeAsOf(saved, savedAt)
  expect(world.did).toEqual(['pause kube-scheduler', 'hook etcd f2 {"point":"store.sync","effect":"delay","parameters":{"ms":50}}'])
  expect(phases()).toEqual(['f1 active', 'f2 active'])
  await clock.advance(19_999)
  expect(phases()).toEqual(['f1 active', 'f2 active'])
  await clock.advance(1)
  expect(phases()).toEqual(['f1 over time', 'f2 active'])
  expect(hooked()).toBe(5)
})
