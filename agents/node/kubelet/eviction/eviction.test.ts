import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { FakeClock } from '../../../base/fake-clock.ts'
import { silentLog } from '../../../base/log.ts'
import { FakeRuntime } from '../cri/fake-runtime.ts'
import { ImageKeeper, planImageRemoval } from '../images/image-keeper.ts'
import { rotateLog } from '../server/log-rotation.ts'
import { metThresholds, PressureMemory, rankVictims, readThresholds } from './thresholds.ts'

describe('eviction', () => {
  const thresholds = readThresholds('memory.available<100Mi,nodefs.available<10%')

  test('EV1 thresholds are read and met', () => {
    const readings = (memory: number, disk: number) => new Map([['memory.available' as const, { available: memory, capacity: 2 ** 30 }], ['nodefs.available' as const, { available: disk, capacity: 1000 }]])
    expect(metThresholds(thresholds, readings(2 ** 27, 100))).toEqual([])
    expect(metThresholds(thresholds, readings(2 ** 26, 99)).map(entry => entry.signal)).toEqual(['memory.available', 'nodefs.available'])
    expect(() => readThresholds('cpu.available<1')).toThrow(/no eviction threshold/)
  })

  test('EV2 a pressure stays for five minutes', () => {
    const memory = new PressureMemory()
    memory.note(thresholds.slice(0, 1), 1_000)
    expect(memory.at(300_000)).toEqual({ memory: true, disk: false, pid: false })
    expect(memory.at(301_001).memory).toBe(false)
  })

  test('EV3 who uses more than asked for, of low priority, goes first', () => {
    const candidate = (uid: string, priority: number, usage: number, request: number, isSpared = false) => ({ uid, priority, usage, request, isSpared })
    expect(rankVictims([candidate('modest', 0, 5, 10), candidate('important', 100, 50, 0), candidate('greedy', 0, 20, 0), candidate('greedier', 0, 40, 10), candidate('static', 0, 99, 0, true)]).map(entry => entry.uid)).toEqual(['greedier', 'greedy', 'important', 'modest'])
  })
})

describe('images of the node', () => {
  test('IK2 the longest unused goes first; used, young and sandbox images stay', async () => {
    const clock = new FakeClock()
    const runtime = new FakeRuntime(clock)
    for (const name of ['old', 'older', 'young', 'registry.k8s.io/pause:3.10']) runtime.addImage(name)
    const used = new Map([['sha256:old', 2_000], ['sha256:older', 1_000], ['sha256:young', 190_000], ['sha256:registry.k8s.io/pause:3.10', 0]])
    expect(planImageRemoval([...runtime.images.values()], used, 200_000).map(image => image.id)).toEqual(['sha256:older', 'sha256:old'])
    const keeper = new ImageKeeper({ runtime, clock, log: silentLog, highPercent: 101, lowPercent: 80 })
    expect((await keeper.nodeImages()).map(image => image.names?.[0])).toContain('old')
    expect(await keeper.collect()).toBe(0)
    await clock.advance(200_000)
    expect(await keeper.collect(true)).toBe(3)
  })
})

describe('log rotation', () => {
  test('LR1 LR2 renamed, reopened, the oldest removed', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'kubelet-rotation-'))
    const clock = new FakeClock()
    const runtime = new FakeRuntime(clock)
    const path = join(folder, '0.log')
    try {
      for (const stamp of ['20250101-000000', '20250102-000000', '20250103-000000']) await writeFile(`${path}.${stamp}`, '')
      await writeFile(path, 'x'.repeat(10))
      const deps = { runtime, clock, maxBytes: 100, maxFiles: 3 }
      expect(await rotateLog('c1', path, deps)).toBe(false)
      expect(await rotateLog('c1', path, { ...deps, maxBytes: 5 })).toBe(true)
      expect((await readdir(folder)).sort()).toEqual(['0.log.20250103-000000', '0.log.20260101-000000'])
      expect(runtime.calls).toEqual(['reopen-log c1'])
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})
