import { setImmediate as nextTurn } from 'node:timers/promises'
import { beforeEach, expect, test } from 'vitest'
import type { LanAttachment } from '../machines/machine.ts'
import { LabLan, type LanSwitch } from './lab-lan.ts'

let did: string[] = []
let opened = 0
let uplink: () => Promise<string> = () => Promise.resolve('/run/uplink.sock')
let lan: LabLan

const bridge: LanAttachment = { type: 'bridge', openUplink: () => { opened++; return uplink() } }
const stream = (name: string): LanAttachment => ({ type: 'frame-stream', socketPath: `/run/${name}.sock` })
const unexpected = (error: unknown): void => { throw error }

beforeEach(() => {
  did = []
  opened = 0
  uplink = () => Promise.resolve('/run/uplink.sock')
  const recording: LanSwitch = {
    attach: (name, path, network) => { did.push(`attach ${name} ${path}${network === 'lan' ? '' : ` on ${network}`}`) },
    detach: name => { did.push(`detach ${name}`) },
  }
  lan = new LabLan(recording)
})

test('LL1 a virtual machine has its port', async () => {
  lan.join('vm', 'lan', stream('vm'), unexpected)
  lan.leave('vm')
  await nextTurn()
  expect(did).toEqual(['attach vm /run/vm.sock', 'detach vm'])
})

test('LL2 a lab of namespace machines opens no uplink', async () => {
  lan.join('a', 'lan', bridge, unexpected)
  lan.join('b', 'lan', bridge, unexpected)
  await nextTurn()
  expect([opened, did]).toEqual([0, []])
})

test('LL2 a virtual machine that comes to namespace machines meets them', async () => {
  lan.join('a', 'lan', bridge, unexpected)
  lan.join('b', 'lan', bridge, unexpected)
  lan.join('vm', 'lan', stream('vm'), unexpected)
  await nextTurn()
  expect([opened, did]).toEqual([1, ['attach vm /run/vm.sock', 'attach bridge /run/uplink.sock']])
})

test('LL2 a namespace machine that comes to virtual machines meets them; the second needs nothing more', async () => {
  lan.join('vm', 'lan', stream('vm'), unexpected)
  lan.join('a', 'lan', bridge, unexpected)
  lan.join('b', 'lan', bridge, unexpected)
  await nextTurn()
  expect([opened, did]).toEqual([1, ['attach vm /run/vm.sock', 'attach bridge /run/uplink.sock']])
})

test('LL3 a failure is told to every namespace machine, and the next machine tries again', async () => {
  const told: string[] = []
  const tell = (name: string) => (error: unknown): void => { told.push(`${name}: ${(error as Error).message}`) }
  uplink = () => Promise.reject(new Error('no QEMU'))
  lan.join('a', 'lan', bridge, tell('a'))
  lan.join('b', 'lan', bridge, tell('b'))
  lan.join('vm', 'lan', stream('vm'), unexpected)
  await nextTurn()
  expect(told).toEqual(['a: no QEMU', 'b: no QEMU'])
  uplink = () => Promise.resolve('/run/uplink.sock')
  lan.join('vm2', 'lan', stream('vm2'), unexpected)
  await nextTurn()
  expect(did.at(-1)).toBe('attach bridge /run/uplink.sock')
})

test('LL4 the bridge\'s port goes with its last machine and comes back with the next', async () => {
  lan.join('vm', 'lan', stream('vm'), unexpected)
  lan.join('a', 'lan', bridge, unexpected)
  await nextTurn()
  lan.leave('a')
  lan.join('b', 'lan', bridge, unexpected)
  await nextTurn()
  expect(did).toEqual(['attach vm /run/vm.sock', 'attach bridge /run/uplink.sock', 'detach bridge', 'attach bridge /run/uplink.sock'])
  expect(opened).toBe(2)
})

test('LL4 an uplink that opens after all have left is not attached', async () => {
  let open = (_path: string): void => {}
  uplink = () => new Promise(resolve => { open = resolve })
  lan.join('vm', 'lan', stream('vm'), unexpected)
  lan.join('a', 'lan', bridge, unexpected)
  lan.leave('a')
  open('/run/late.sock')
  await nextTurn()
  expect(did).toEqual(['attach vm /run/vm.sock', 'detach bridge'])
})

test('LL1 a machine on another network has its port there', () => {
  lan.join('vm', 'east', stream('vm'), unexpected)
  expect(did).toEqual(['attach vm /run/vm.sock on east'])
})
