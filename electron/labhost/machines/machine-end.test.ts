import { beforeEach, expect, test } from 'vitest'
import { MemoryLog } from '../../../agents/base/log.ts'
import { MachineEnd } from './machine-end.ts'
import type { Machine } from './machine.ts'

let log: MemoryLog
let end: MachineEnd
let told: string[]
beforeEach(() => {
  log = new MemoryLog()
  end = new MachineEnd({ spec: { name: 'node-1' }, directory: '/nonexistent/machine' } as Machine, log)
  told = []
})
const listen = (who: string): Disposable => end.onExit(({ wanted, reason }) => { told.push(`${who}: ${wanted ? 'wanted' : 'unwanted'}, ${reason}`) })

test('ME1 an end that somebody asked for is wanted, for the first reason given', async () => {
  listen('a')
  end.want('node-1 was shut down')
  end.want('node-1 was powered off')
  expect([end.isWanted, end.isReached]).toEqual([true, false])
  await end.reach('QEMU ended by itself')
  await end.reach('again')
  expect(told).toEqual(['a: wanted, node-1 was shut down'])
  expect(log.lines.map(line => line.fields['reason'])).toEqual(['node-1 was shut down'])
})

test('ME1 any other end is not', async () => {
  listen('a')
  await end.reach('QEMU ended by itself')
  expect(told).toEqual(['a: unwanted, QEMU ended by itself'])
})

test('ME2 who asks later is told, but not before the call returns', async () => {
  await end.reach('gone')
  listen('late')
  expect(told).toEqual([])
  await Promise.resolve()
  expect(told).toEqual(['late: unwanted, gone'])
})

test('ME3 nobody is told who is gone or forgotten', async () => {
  listen('a')[Symbol.dispose]()
  listen('b')
  end.forget()
  await end.reach('gone')
  expect(told).toEqual([])
})

test('what cannot be done any more says why', async () => {
  expect(() => { end.requireNotReached() }).not.toThrow()
  expect(end.notRunning()).toMatchObject({ reason: 'NotRunning', message: 'node-1 is not running' })
  end.want('node-1 was shut down')
  expect(end.notRunning().message).toBe('node-1 was shut down')
  await end.reach('gone')
  expect(() => { end.requireNotReached() }).toThrow('node-1 was shut down')
})
