import { EventEmitter } from 'node:events'
import { expect, test } from 'vitest'
import { FakeClock } from '../../../agents/base/fake-clock.ts'
import { PacketReader } from '../network/capture/packet-reader.ts'
import type { SshLink } from '../provision/ssh-link.ts'
import { captureOnNode } from './capture-on-node.ts'

const own = '525400300001'
const other = '525400300002'

/** An ARP request from one MAC to the other, with the head of a pcap packet. */
function packet(from: string, to: string, seconds: number): Buffer {
  const frame = Buffer.from(`${to}${from}0806${'0001080006040001'}${from}ac1e000b${'000000000000'}ac1e000c`, 'hex')
  const head = Buffer.alloc(16)
  head.writeUInt32LE(seconds, 0)
  head.writeUInt32LE(frame.length, 8)
  head.writeUInt32LE(frame.length, 12)
  return Buffer.concat([head, frame])
}

function fakeTcpdump() {
  const { promise: exited, resolve, reject } = Promise.withResolvers<{ code: number | null; signal: string | null }>()
  const remote = { stdout: new EventEmitter(), stderr: new EventEmitter(), exited, kill: () => { resolve({ code: null, signal: 'KILL' }) } }
  const link = { open: async () => remote } as unknown as Pick<SshLink, 'open'>
  const file = Buffer.alloc(24)
  file.writeUInt32LE(0xa1b2c3d4, 0)
  return { link, remote, end: (code: number) => { resolve({ code, signal: null }) }, reject, begin: () => { remote.stdout.emit('data', file) } }
}

const options = { target: { type: 'node', node: 'node-1' } as const, filter: '', snapBytes: 2_000 }

test('CN1 CN2 frames have the kernel\'s time, and the card\'s own MAC tells which were sent', async () => {
  const [tcpdump, clock, ending] = [fakeTcpdump(), new FakeClock(), new AbortController()]
  const pieces = captureOnNode(tcpdump.link, { name: 'node-1', mac: '52:54:00:30:00:01' }, options, clock, ending.signal)
  const first = pieces.next()
  await clock.advance(1)
  tcpdump.begin()
  tcpdump.remote.stdout.emit('data', Buffer.concat([packet(own, other, 5), packet(other, own, 6)]))
  await clock.advance(1_000)
  const packets = new PacketReader().read((await first).value!.bytes)
  expect(packets.map(({ at, node, direction }) => [at, node, direction])).toEqual([[5_000, 'node-1', 'sent'], [6_000, 'node-1', 'received']])
  ending.abort()
  for await (const _ of pieces) { /* the end of the file */ }
})

test('CN3 a tcpdump that ends by itself is told of with its own words', async () => {
  const [tcpdump, clock] = [fakeTcpdump(), new FakeClock()]
  const pieces = captureOnNode(tcpdump.link, { name: 'node-1', mac: '52:54:00:30:00:01' }, options, clock, new AbortController().signal)
  const reading = (async () => { for await (const _ of pieces) { /* nothing */ } })()
  const refused = expect(reading).rejects.toThrow('tcpdump on node-1 ended with code 1: lan0: no such device')
  await clock.advance(1)
  tcpdump.remote.stderr.emit('data', Buffer.from('lan0: no such device'))
  tcpdump.end(1)
  await refused
})
