import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import type { Clock } from '../../../../agents/base/clock.ts'
import { silentLog } from '../../../../agents/base/log.ts'
import { seededRandom } from '../../../../agents/base/random.ts'
import { FakeMachine } from '../testing/fake-machine.ts'
import { VirtualSwitch } from './virtual-switch.ts'

const clock: Clock = {
  now: () => 0,
  monotonic: () => performance.now(),
  after: (delayMs, callback) => {
    const timer = setTimeout(callback, delayMs)
    return { [Symbol.dispose]: () => { clearTimeout(timer) } }
  },
}

const cleanups: (() => void | Promise<void>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function twoMachines() {
  const folder = mkdtempSync(join(tmpdir(), 'kubarium-switch-'))
  cleanups.push(() => { rmSync(folder, { recursive: true }) })
  const one = new FakeMachine(folder, 'one')
  const two = new FakeMachine(folder, 'two')
  const lan = new VirtualSwitch({ clock, random: seededRandom(1), log: silentLog })
  await one.listen()
  await two.listen()
  cleanups.push(() => one.stop(), () => two.stop(), () => { lan.close() })
  lan.attach('one', one.path)
  lan.attach('two', two.path)
  await one.until(() => one.plugged && two.plugged && lan.state().ports.every(port => port.connected))
  return { lan, one, two }
}

const vxlanFrame = '525400300002525400300001080045000032000000004011000' + '0ac1e000bac1e000cc0012118001e00000800000000000100' + '00'.repeat(14)

test('frames cross, are counted on both ports, and VXLAN is told apart', async () => {
  const { lan, one, two } = await twoMachines()
  one.send('ffffffffffff5254003000010806')
  two.send('5254003000015254003000020806')
  one.send(vxlanFrame)
  await two.until(() => two.frames.length === 2 && one.frames.length === 1)
  expect(two.frames[1]!.toString('hex')).toBe(vxlanFrame)
  const [first, second] = lan.state().ports
  expect(first).toMatchObject({ name: 'one', sent: { frames: 2, encapsulated: { vxlan: 1 } }, received: { frames: 1 }, dropped: 0, macs: ['52:54:00:30:00:01'] })
  expect(second).toMatchObject({ name: 'two', sent: { frames: 1 }, received: { frames: 2, encapsulated: { vxlan: 1 } }, macs: ['52:54:00:30:00:02'] })
})

test('VS1 a machine that comes back is dialled again; its counts go on, its MACs were forgotten', async () => {
  const { lan, one, two } = await twoMachines()
  two.send('5254003000015254003000020806')
  await one.until(() => one.frames.length === 1)
  await two.stop()
  await one.until(() => !lan.state().ports[1]!.connected)
  expect(lan.state().ports[1]!.macs).toEqual([])
  one.send('5254003000025254003000010806')
  await one.until(() => lan.state().ports[1]!.dropped === 1)
  await two.listen()
  await two.until(() => lan.state().ports[1]!.connected)
  one.send('5254003000025254003000010806')
  await two.until(() => two.frames.length === 1)
  expect(lan.state().ports[1]).toMatchObject({ connected: true, sent: { frames: 1 }, received: { frames: 1 } })
})

test('VS2 observers see a frame as it was sent and as it arrives; VS3 what is wrong with the LAN lies between', async () => {
  const seen: string[] = []
  const { lan, one, two } = await twoMachines()
  lan.lan.set('user', { from: 'one', to: 'two' }, { down: true })
  lan.observe({
    sent: (from, _bytes, at, end) => seen.push(`${from} sent ${end - at}`),
    received: (from, to, _bytes, at, end) => seen.push(`${to} received ${end - at} from ${from}`),
  })
  one.send('ffffffffffff5254003000010806')
  await one.until(() => seen.length === 1)
  two.send('ffffffffffff5254003000020806')
  await one.until(() => one.frames.length === 1)
  expect(two.frames).toEqual([])
  expect(seen).toEqual(['one sent 14', 'two sent 14', 'one received 14 from two'])
  expect(lan.state().links).toMatchObject([{ owner: 'user', dropped: { down: 1 }, passed: 0 }])
})

test('FS2 a stream that lost its framing is dropped and dialled anew', async () => {
  const { lan, one, two } = await twoMachines()
  one.sendRaw('ffffffff')
  await one.until(() => !one.plugged)
  await one.until(() => one.plugged && lan.state().ports[0]!.connected)
  one.send('ffffffffffff5254003000010806')
  await two.until(() => two.frames.length === 1)
})

test('VS5 networks are apart, and a router between them answers and carries packets on', async () => {
  const { lan, one, two } = await twoMachines()
  lan.detach('two')
  await two.until(() => !two.plugged)
  lan.attach('two', two.path, 'east')
  lan.route([{
    name: 'r1',
    interfaces: [
      { network: 'lan', cidr: '172.30.0.0/24', address: '172.30.0.1', mac: '52:54:00:32:00:00', mtuBytes: 1500 },
      { network: 'east', cidr: '172.31.0.0/24', address: '172.31.0.1', mac: '52:54:00:32:00:01', mtuBytes: 1500 },
    ],
    routes: [],
  }])
  await two.until(() => two.plugged && lan.state().ports.every(port => port.connected))
  const seen: string[] = []
  lan.observe({ received: (from, to) => seen.push(`${from} > ${to}`) })
  one.send('ffffffffffff5254003000010806' + '0001080006040001525400300001ac1e000b000000000000ac1e0001')
  await one.until(() => one.frames.length === 1)
  expect(one.frames[0]!.toString('hex')).toBe('52540030000152540032000008060001080006040002525400320000ac1e0001525400300001ac1e000b')
  one.send('5254003200005254003000010800' + '4500001c000000004011227dac1e000bac1f000c' + '0007000700080000') // UDP to 172.31.0.12
  await two.until(() => two.frames.length === 1)
  expect(two.frames[0]!.toString('hex')).toMatch(/^ffffffffffff5254003200010806.*ac1f000c$/)
  two.send('5254003200015254003000020806' + '0001080006040002525400300002ac1f000c525400320001ac1f0001')
  await two.until(() => two.frames.length === 2)
  expect(two.frames[1]!.toString('hex')).toMatch(/^52540030000252540032000108004500001c000000003f11/)
  expect(seen).toEqual(['one > r1.lan', 'r1.lan > one', 'one > r1.lan', 'r1.east > two', 'two > r1.east', 'r1.east > two'])
  expect(lan.state()).toMatchObject({ ports: [{ name: 'one', network: 'lan' }, { name: 'two', network: 'east' }, { name: 'r1.lan', sent: { frames: 1 }, received: { frames: 2 } }, { name: 'r1.east', sent: { frames: 2 }, received: { frames: 1 } }], routers: [{ name: 'r1', counts: { forwarded: 1 } }] })
})

test('RP1 a link to a port of a router is impaired like any other', async () => {
  const { lan, one } = await twoMachines()
  lan.route([{ name: 'r1', interfaces: [{ network: 'lan', cidr: '172.30.0.0/24', address: '172.30.0.1', mac: '52:54:00:32:00:00', mtuBytes: 1500 }, { network: 'east', cidr: '172.31.0.0/24', address: '172.31.0.1', mac: '52:54:00:32:00:01', mtuBytes: 1500 }], routes: [] }])
  lan.lan.set('user', { from: 'one', to: 'r1.lan' }, { down: true })
  one.send('ffffffffffff5254003000010806' + '0001080006040001525400300001ac1e000b000000000000ac1e0001')
  await one.until(() => lan.state().links[0]!.dropped.down === 1)
  expect(lan.state().routers[0]!.neighbours).toEqual([])
})
