/** Frames in, frames out: a router between 172.30.0.0/24 (its .1) and 172.31.0.0/24 (its .1, packets of at most 600 bytes). */
import { beforeEach, expect, test } from 'vitest'
import { FakeClock } from '../../../../agents/base/fake-clock.ts'
import { ipv4ToNumber, numberToIpv4 } from '../../../../agents/base/ip.ts'
import { readPacket } from '../packets/packet.ts'
import { internetChecksum, ipv4Packet, readIpv4, writeHeaderChecksum } from './ipv4-packet.ts'
import { readRouterPlan } from './router-plan.ts'
import { Router, headerRoom } from './router.ts'

const address = (text: string): number => ipv4ToNumber(text)!
const [a, b] = [{ ip: address('172.30.0.11'), mac: 0x525400300001 }, { ip: address('172.31.0.12'), mac: 0x525400300002 }]
const [west, east] = [{ ip: address('172.30.0.1'), mac: 0x525400320000 }, { ip: address('172.31.0.1'), mac: 0x525400320001 }]
const everybody = 0xffff_ffff_ffff

let clock: FakeClock
let router: Router
let sent: { readonly out: number; readonly frame: Buffer }[]

beforeEach(() => {
  clock = new FakeClock()
  sent = []
  router = new Router({
    ...readRouterPlan({
      name: 'r1',
      interfaces: [
        { network: 'lan', cidr: '172.30.0.0/24', address: '172.30.0.1', mac: '52:54:00:32:00:00', mtuBytes: 1500 },
        { network: 'east', cidr: '172.31.0.0/24', address: '172.31.0.1', mac: '52:54:00:32:00:01', mtuBytes: 600 },
      ],
      routes: [{ to: '192.168.0.0/16', via: '172.31.0.99' }],
    }),
    clock,
    send: (out, frame) => sent.push({ out, frame: frame.subarray(headerRoom) }),
  })
})

function ethernet(to: number, from: number, etherType: number, payload: Buffer): Buffer {
  const frame = Buffer.alloc(14 + payload.length)
  frame.writeUIntBE(to, 0, 6)
  frame.writeUIntBE(from, 6, 6)
  frame.writeUInt16BE(etherType, 12)
  payload.copy(frame, 14)
  return frame
}

function arpFrame(operation: 1 | 2, from: { ip: number; mac: number }, target: number, to = everybody): Buffer {
  const message = Buffer.from('0001080006040000', 'hex')
  message.writeUInt16BE(operation, 6)
  const rest = Buffer.alloc(20)
  rest.writeUIntBE(from.mac, 0, 6)
  rest.writeUInt32BE(from.ip, 6)
  rest.writeUInt32BE(target, 16)
  return ethernet(to, from.mac, 0x0806, Buffer.concat([message, rest]))
}

const udp = (bytes: number): Buffer => Buffer.concat([Buffer.from('30391f9000000000', 'hex'), Buffer.alloc(bytes - 8, 0x61)])
const datagram = (destination: number, bytes = 40, hops = 64): Buffer => ipv4Packet({ source: a.ip, destination, protocol: 17, hops }, udp(bytes))
const give = (index: number, frame: Buffer): void => { router.take(index, frame, 0, frame.length) }
const fromA = (packet: Buffer): void => { give(0, ethernet(west.mac, a.mac, 0x0800, packet)) }
const bIsKnown = (): void => { give(1, arpFrame(1, b, east.ip)); sent = [] }
const aIsKnown = (): void => { give(0, arpFrame(1, a, west.ip)); sent = [] }
const packetOf = (index = 0): Buffer => sent[index]!.frame.subarray(14)

/** "out 0 icmp 11/0 172.30.0.1 > 172.30.0.11", as it would be read off the wire. */
function told(): string[] {
  return sent.map(({ out, frame }) => {
    const layers = readPacket(frame)
    const ip = layers.find(layer => layer.kind === 'ip')
    const icmp = layers.find(layer => layer.kind === 'icmp')
    const arp = layers.find(layer => layer.kind === 'arp')
    if (arp !== undefined) return `out ${out} arp ${arp.operation === 1 ? 'who has' : 'is at'} ${numberToIpv4(arp.operation === 1 ? Number(arp.target) : Number(arp.sender))}`
    return `out ${out} ${icmp === undefined ? 'ip' : `icmp ${icmp.type}/${icmp.code}`} ${numberToIpv4(Number(ip!.source))} > ${numberToIpv4(Number(ip!.destination))}`
  })
}

test('RO1 it answers for its own address, and on the network that it belongs to alone', () => {
  give(0, arpFrame(1, a, west.ip))
  give(0, arpFrame(1, a, east.ip))
  give(0, arpFrame(1, a, address('172.30.0.12')))
  expect(told()).toEqual(['out 0 arp is at 172.30.0.1'])
  expect(sent[0]!.frame.subarray(0, 12).toString('hex')).toBe('525400300001525400320000')
})

test('RO2 a packet goes to the other network with one hop less and a right checksum, as soon as the neighbour is known', () => {
  const packet = datagram(b.ip)
  fromA(packet)
  expect(told()).toEqual(['out 1 arp who has 172.31.0.12'])
  give(1, arpFrame(2, b, east.ip, east.mac))
  expect(told().slice(1)).toEqual(['out 1 ip 172.30.0.11 > 172.31.0.12'])
  const arrived = packetOf(1)
  expect(readIpv4(arrived, 0, arrived.length)).toMatchObject({ hops: 63, totalBytes: 60 })
  expect(arrived.subarray(20).equals(packet.subarray(20))).toBe(true)
  expect(sent[1]!.frame.readUIntBE(0, 6)).toBe(b.mac)
  expect(router.counts.forwarded).toBe(1)
})

test('RO2 at its last hop a packet ends, and its sender is told from the nearer address', () => {
  aIsKnown()
  const packet = datagram(b.ip, 40, 1)
  fromA(packet)
  expect(told()).toEqual(['out 0 icmp 11/0 172.30.0.1 > 172.30.0.11'])
  const message = packetOf().subarray(20)
  expect(internetChecksum(message, 0, message.length)).toBe(0)
  expect(message.subarray(8).equals(packet)).toBe(true)
  expect(router.counts).toMatchObject({ hopsUsedUp: 1, forwarded: 0 })
})

test('RO3 without a route the network is unreachable; a neighbour that is silent for three questions is unreachable itself', async () => {
  aIsKnown()
  fromA(datagram(address('10.9.9.9')))
  expect(told()).toEqual(['out 0 icmp 3/0 172.30.0.1 > 172.30.0.11'])
  sent = []
  fromA(datagram(b.ip))
  await clock.advance(2_999)
  expect(told()).toEqual(Array.from({ length: 3 }, () => 'out 1 arp who has 172.31.0.12'))
  await clock.advance(1)
  expect(told().at(-1)).toBe('out 0 icmp 3/1 172.30.0.1 > 172.30.0.11')
  expect(clock.pendingTimers).toBe(0)
})

test('RO2 the longest route wins, and leads over a neighbour', () => {
  fromA(datagram(address('192.168.7.7')))
  expect(told()).toEqual(['out 1 arp who has 172.31.0.99'])
})

test('RO4 what must not be cut is answered with the size that fits', () => {
  aIsKnown()
  bIsKnown()
  const packet = datagram(b.ip, 1_000)
  packet.writeUInt16BE(0x4000, 6)
  writeHeaderChecksum(packet, 20)
  fromA(packet)
  expect(told()).toEqual(['out 0 icmp 3/4 172.30.0.1 > 172.30.0.11'])
  expect(packetOf().readUInt16BE(26)).toBe(600)
  expect(packetOf().length).toBe(576)
})

test('RO4 what may be cut arrives in pieces that make the whole again', () => {
  bIsKnown()
  const packet = datagram(b.ip, 1_400)
  fromA(packet)
  const pieces = sent.map(({ frame }) => ({ header: readIpv4(frame, 14, frame.length)!, body: frame.subarray(34) }))
  expect(pieces.map(({ header }) => [header.totalBytes, header.fragmentOffset * 8, header.moreFragments])).toEqual([[596, 0, true], [596, 576, true], [268, 1_152, false]])
  expect(Buffer.concat(pieces.map(({ body }) => body)).equals(packet.subarray(20))).toBe(true)
})

test('RO5 it answers pings of any of its addresses and refuses what else is for itself', () => {
  aIsKnown()
  const ping = Buffer.from('0800000000070001616263', 'hex')
  fromA(ipv4Packet({ source: a.ip, destination: east.ip, protocol: 1, hops: 64 }, ping))
  fromA(datagram(west.ip))
  fromA(ipv4Packet({ source: a.ip, destination: west.ip, protocol: 47, hops: 64 }, Buffer.alloc(8)))
  expect(told()).toEqual(['out 0 icmp 0/0 172.31.0.1 > 172.30.0.11', 'out 0 icmp 3/3 172.30.0.1 > 172.30.0.11', 'out 0 icmp 3/2 172.30.0.1 > 172.30.0.11'])
  expect(packetOf().subarray(24).toString('hex')).toBe('00070001616263')
})

test('RO6 a flood of packets that cannot go on is not answered by a flood', async () => {
  aIsKnown()
  for (let count = 0; count < 500; count++) fromA(datagram(address('10.9.9.9')))
  expect([sent.length, router.counts.unreachable]).toEqual([100, 500])
  await clock.advance(1_000)
  fromA(datagram(address('10.9.9.9')))
  expect(sent.length).toBe(101)
})

test('RO7 broadcasts, foreign frames and broken packets go nowhere', () => {
  bIsKnown()
  aIsKnown()
  const broken = datagram(b.ip)
  broken[8] = 63
  fromA(broken)
  fromA(ipv4Packet({ source: a.ip, destination: address('224.0.0.5'), protocol: 17, hops: 64 }, udp(20)))
  give(0, ethernet(b.mac, a.mac, 0x0800, datagram(b.ip)))
  give(0, ethernet(everybody, a.mac, 0x0800, datagram(b.ip)))
  expect([sent, router.counts.malformed]).toEqual([[], 1])
})

test('IE1 nobody complains about complaints or later fragments', () => {
  aIsKnown()
  fromA(ipv4Packet({ source: a.ip, destination: address('10.9.9.9'), protocol: 1, hops: 64 }, Buffer.from('0300000000000000', 'hex')))
  const later = datagram(address('10.9.9.9'))
  later.writeUInt16BE(0x2010, 6)
  writeHeaderChecksum(later, 20)
  fromA(later)
  expect([sent, router.counts.unreachable]).toEqual([[], 2])
})

test('NB1 a stranger on the network is not remembered; NB3 only so many packets wait for one neighbour', async () => {
  give(1, arpFrame(1, b, address('172.31.0.77')))
  expect(router.neighbours).toEqual([])
  aIsKnown()
  for (let count = 0; count < 17; count++) fromA(datagram(b.ip))
  expect(told()).toEqual(['out 1 arp who has 172.31.0.12', 'out 0 icmp 3/1 172.30.0.1 > 172.30.0.11'])
  give(1, arpFrame(2, b, east.ip, east.mac))
  expect(told().slice(2)).toEqual(Array.from({ length: 16 }, () => 'out 1 ip 172.30.0.11 > 172.31.0.12'))
  expect(router.neighbours).toEqual([{ network: 'lan', address: '172.30.0.11', mac: '52:54:00:30:00:01' }, { network: 'east', address: '172.31.0.12', mac: '52:54:00:30:00:02' }])
})

test('NB4 a neighbour is asked for anew after five minutes', async () => {
  bIsKnown()
  await clock.advance(300_001)
  fromA(datagram(b.ip))
  expect(told()).toEqual(['out 1 arp who has 172.31.0.12'])
})
