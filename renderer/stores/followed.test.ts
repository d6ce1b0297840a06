import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type EffectScope, effectScope, nextTick, ref } from 'vue'
import type { ClientFrame, HostFrame } from '../../electron/contract/frames.ts'
import { LabBridge } from '../bridge/lab-bridge.ts'
import type { TransportListener } from '../bridge/transport.ts'
import { giveBridge } from '../bridge/use-bridge.ts'
import { useInspection } from './inspections.ts'
import { useLog } from './logs.ts'

let scope: EffectScope
let sent: ClientFrame[]
let host: TransportListener
let frames: Map<number, () => void>

const asked = (feed: string) => sent.filter((frame): frame is Extract<ClientFrame, { follow: string }> => 'follow' in frame && frame.follow === feed)
const say = (feed: string, item: unknown) => { host.frame({ id: asked(feed).at(-1)!.id, item } as HostFrame) }
const draw = () => {
  const due = [...frames.values()]
  frames.clear()
  for (const each of due) each()
}
const inLab = <T>(use: () => T): T => scope.run(use)!

beforeEach(() => {
  sent = []
  frames = new Map()
  let lastFrame = 0
  vi.stubGlobal('requestAnimationFrame', (drawn: () => void) => { frames.set(++lastFrame, drawn); return lastFrame })
  vi.stubGlobal('cancelAnimationFrame', (id: number) => { frames.delete(id) })
  giveBridge(new LabBridge({ send: frame => { sent.push(frame) }, listen: given => { host = given }, close() {} }))
  setActivePinia(createPinia())
  scope = effectScope()
  host.state('up')
})
afterEach(() => {
  scope.stop()
  vi.unstubAllGlobals()
})

const labs = [{ spec: { name: 'one' } }]

test('FO1 nothing is followed without a lab, and another question begins anew', async () => {
  const subject = ref<string | null>('queue')
  const known = inLab(() => useInspection<number>('kube-scheduler', subject))
  expect(asked('components/inspection')).toEqual([])
  say('labs/state', labs)
  await nextTick()
  expect(asked('components/inspection').at(-1)!.arguments).toEqual({ lab: 'one', component: 'kube-scheduler', subject: 'queue' })
  say('components/inspection', { state: 'known', value: 1 })
  expect(known.value).toEqual({ state: 'live', value: 1 })
  subject.value = 'nodes'
  await nextTick()
  expect(known.value).toEqual({ state: 'waiting' })
  subject.value = null
  await nextTick()
  expect(asked('components/inspection')).toHaveLength(2)
})

test('FO2 what was known last stays while nothing newer comes', async () => {
  const known = inLab(() => useInspection<number>('kube-scheduler', 'queue'))
  say('labs/state', labs)
  await nextTick()
  say('components/inspection', { state: 'known', value: 1 })
  say('components/inspection', { state: 'lost', reason: 'it is paused' })
  expect(known.value).toEqual({ state: 'lost', value: 1, reason: 'it is paused' })
})

test('lines are drawn once a frame, and those of another source never after it was left', async () => {
  const source = ref<string | null>('etcd')
  const feed = inLab(() => useLog(source))
  say('labs/state', labs)
  await nextTick()
  say('logs/follow', { line: 'a' })
  say('logs/follow', { line: 'b' })
  expect([feed.value.state, frames.size]).toEqual(['waiting', 1])
  draw()
  expect(feed.value).toEqual({ state: 'live', items: [{ id: 1, text: 'a' }, { id: 2, text: 'b' }] })
  say('logs/follow', { line: 'c' })
  source.value = 'kubelet'
  await nextTick()
  draw()
  expect(feed.value).toEqual({ state: 'waiting' })
})
