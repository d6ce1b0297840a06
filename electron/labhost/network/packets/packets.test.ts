import { encode } from 'dns-packet'
import { expect, test } from 'vitest'
import { describeFrame } from './describe.ts'
import { encapsulationOf } from './encapsulation.ts'
import { isGroupMac, macAt, macText } from './ethernet.ts'
import { FilterError } from './filter-error.ts'
import { compileFilter } from './filter.ts'

const hex = (value: number, bytes: number) => value.toString(16).padStart(bytes * 2, '0')
const address = (text: string) => text.split('.').map(part => hex(Number(part), 1)).join('')
const bytesOf = (text: string) => Buffer.from(text, 'hex').length

function ethernet(type: string, payload: string, vlan = ''): string {
  return `525400300002525400300001${vlan}${type}${payload}`
}
function ipv4(from: string, to: string, protocol: number, payload: string, fragment = 0): string {
  return `4500${hex(20 + bytesOf(payload), 2)}0000${hex(fragment, 2)}40${hex(protocol, 1)}0000${address(from)}${address(to)}${payload}`
}
function udp(from: number, to: number, payload: string): string {
  return `${hex(from, 2)}${hex(to, 2)}${hex(8 + bytesOf(payload), 2)}0000${payload}`
}
function tcp(from: number, to: number, flags: number, payload = ''): string {
  return `${hex(from, 2)}${hex(to, 2)}${hex(1_000, 4)}${hex(0, 4)}50${hex(flags, 1)}${hex(512, 2)}00000000${payload}`
}
function frame(payload: string): Buffer {
  return Buffer.from(ethernet('0800', payload), 'hex')
}

const get = Buffer.from('GET /healthz HTTP/1.1\r\nHost: web.default.svc\r\nAccept: */*\r\n\r\n').toString('hex')
const podHttp = ipv4('10.244.1.5', '10.244.2.7', 6, tcp(40_000, 80, 0x18, get))
const vxlan = frame(ipv4('172.30.0.11', '172.30.0.12', 17, udp(51_000, 8472, `0800000000000100${ethernet('0800', podHttp)}`)))
const ipip = frame(ipv4('172.30.0.11', '172.30.0.12', 4, podHttp))
const geneve = frame(ipv4('172.30.0.11', '172.30.0.12', 17, udp(51_000, 6081, `0100655800000700${hex(0xdeadbeef, 4)}${ethernet('0800', podHttp)}`)))
const wireguard = frame(ipv4('172.30.0.11', '172.30.0.12', 17, udp(51_820, 51_820, '0400000000000000')))
const arp = Buffer.from(`ffffffffffff52540030000108060001080006040001525400300001${address('172.30.0.11')}000000000000${address('172.30.0.12')}`, 'hex')
const icmp = frame(ipv4('10.244.1.1', '10.244.1.5', 1, '0304000000000' + '5aa'))
const v6 = Buffer.from(ethernet('86dd', `600000000014063f${'fd00'.padEnd(31, '0')}1${'fd00'.padEnd(31, '0')}2${tcp(443, 5_000, 0x12)}`), 'hex')

function clientHello(name: string): string {
  const host = Buffer.from(name).toString('hex')
  const extension = `0000${hex(bytesOf(host) + 5, 2)}${hex(bytesOf(host) + 3, 2)}00${hex(bytesOf(host), 2)}${host}`
  const extensions = `000a0004000200${'1d'}${extension}`
  const body = `0303${'11'.repeat(32)}00${'0002130101' + '00'}${hex(bytesOf(extensions), 2)}${extensions}`
  return `160301${hex(bytesOf(body) + 4, 2)}01${hex(bytesOf(body), 3)}${body}`
}

const names = (bytes: Buffer) => describeFrame(bytes).layers.map(({ name }) => name)

test('a packet is read down to the one inside its tunnel, and to what it says', () => {
  expect(names(vxlan)).toEqual(['ethernet', 'ip', 'udp', 'vxlan', 'ethernet', 'ip', 'tcp', 'http'])
  expect(names(ipip)).toEqual(['ethernet', 'ip', 'ipip', 'ip', 'tcp', 'http'])
  expect(names(geneve)).toEqual(['ethernet', 'ip', 'udp', 'geneve', 'ethernet', 'ip', 'tcp', 'http'])
  for (const tunnel of [vxlan, ipip, geneve]) expect(describeFrame(tunnel).summary).toBe('10.244.1.5:40000 > 10.244.2.7:80 tcp ACK,PSH http GET /healthz (web.default.svc)')
  expect(describeFrame(geneve).layers[3]).toEqual({ name: 'geneve', text: 'network 7' })
})

test('ARP, ICMP, IPv6 and WireGuard in words', () => {
  expect(describeFrame(arp).summary).toBe('arp who has 172.30.0.12? tell 172.30.0.11')
  expect(describeFrame(icmp).summary).toBe('10.244.1.1 > 10.244.1.5 icmp fragmentation needed, mtu 1450')
  expect(describeFrame(v6).summary).toBe('[fd00::1]:443 > [fd00::2]:5000 tcp SYN,ACK')
  expect(describeFrame(wireguard).summary).toBe('172.30.0.11:51820 > 172.30.0.12:51820 udp wireguard data')
})

test('DNS is told as question and answer', () => {
  const said = (message: Parameters<typeof encode>[0]) => describeFrame(frame(ipv4('10.244.1.5', '10.96.0.10', 17, udp(40_000, 53, encode(message).toString('hex'))))).summary
  const question = { type: 'A' as const, name: 'web.default.svc.cluster.local' }
  expect(said({ type: 'query', questions: [question] })).toBe('10.244.1.5:40000 > 10.96.0.10:53 udp dns asks A web.default.svc.cluster.local')
  expect(said({ type: 'response', questions: [question], answers: [{ ...question, data: '10.96.3.4' }] })).toContain('answers A web.default.svc.cluster.local: 10.96.3.4')
  expect(said({ type: 'response', flags: 3, questions: [question] })).toContain(': NXDOMAIN')
})

test('the server name of a TLS client hello', () => {
  expect(describeFrame(frame(ipv4('10.0.0.1', '10.0.0.2', 6, tcp(1, 6443, 0x18, clientHello('kubernetes.default'))))).summary).toContain('tls client hello for kubernetes.default')
})

test('an HTTP answer by its status line', () => {
  const answer = Buffer.from('HTTP/1.1 503 Service Unavailable\r\n\r\n').toString('hex')
  expect(describeFrame(frame(ipv4('10.0.0.2', '10.0.0.1', 6, tcp(80, 1, 0x18, answer)))).summary).toContain('http 503 Service Unavailable')
})

test('DE1 no cut of a frame, and no wrong byte in it, makes anything throw', () => {
  const hello = frame(ipv4('10.0.0.1', '10.0.0.2', 6, tcp(1, 443, 0x18, clientHello('a.b'))))
  const filter = compileFilter('inner port 80 or host 10.0.0.1 or arp')
  for (const whole of [vxlan, ipip, geneve, arp, icmp, v6, hello]) {
    for (let length = 0; length <= whole.length; length++) {
      const cut = whole.subarray(0, length)
      expect(() => [describeFrame(cut), filter(cut, 0, length), encapsulationOf(cut, 0, length)]).not.toThrow()
      const odd = Buffer.from(whole)
      if (length < whole.length) odd[length] = 0xff
      expect(() => describeFrame(odd)).not.toThrow()
    }
  }
})

test('EN1 the outer header tells what is carried; EN2 a later fragment has no ports', () => {
  const of = (bytes: Buffer) => encapsulationOf(bytes, 0, bytes.length)
  expect([vxlan, ipip, geneve, wireguard, arp, frame(podHttp)].map(of)).toEqual(['vxlan', 'ipip', 'geneve', 'wireguard', undefined, undefined])
  expect(of(frame(ipv4('172.30.0.11', '172.30.0.12', 17, udp(51_000, 8472, '00'), 185)))).toBeUndefined()
  const tagged = Buffer.from(ethernet('0800', vxlan.toString('hex').slice(28), '81000005'), 'hex')
  expect(of(tagged)).toBe('vxlan')
})

test('MACs keep all their bits', () => {
  const bytes = Buffer.from('fedcba987654525400300001', 'hex')
  expect(macText(macAt(bytes, 0))).toBe('fe:dc:ba:98:76:54')
  expect([0xffffffffffff, 0x01005e000001, 0x525400300001, 0xfedcba987654].map(isGroupMac)).toEqual([true, true, false, false])
})

const packets = { vxlan, ipip, geneve, wireguard, arp, icmp, v6, plain: frame(podHttp) }
const matching = (expression: string) => {
  const filter = compileFilter(expression)
  return Object.entries(packets).filter(([, bytes]) => filter(bytes, 0, bytes.length)).map(([name]) => name)
}

test('FI1 a packet in a tunnel counts as well; inner and outer ask one of the two', () => {
  expect(matching('tcp port 80')).toEqual(['vxlan', 'ipip', 'geneve', 'plain'])
  expect(matching('inner tcp')).toEqual(['vxlan', 'ipip', 'geneve'])
  expect(matching('outer tcp')).toEqual(['v6', 'plain'])
  expect(matching('outer (host 172.30.0.11 and udp)')).toEqual(['vxlan', 'geneve', 'wireguard'])
})

test('primitives', () => {
  expect(matching('arp')).toEqual(['arp'])
  expect(matching('icmp')).toEqual(['icmp'])
  expect(matching('ip6')).toEqual(['v6'])
  expect(matching('host fd00::2')).toEqual(['v6'])
  expect(matching('src net 10.244.2.0/24')).toEqual([])
  expect(matching('dst net 10.244.2.0/24')).toEqual(['vxlan', 'ipip', 'geneve', 'plain'])
  expect(matching('host 172.30.0.12 and arp')).toEqual(['arp'])
  expect(matching('udp dst port 6000-6100 or vni 1')).toEqual(['vxlan', 'geneve'])
  expect(matching('proto 4')).toEqual(['ipip'])
  expect(matching('syn')).toEqual(['v6'])
  expect(matching('ether src 52:54:00:30:00:01 and not (tcp or udp)')).toEqual(['arp', 'icmp'])
  expect(matching('less 42')).toEqual(['arp', 'icmp'])
  expect(matching('greater 51 and wireguard')).toEqual([])
  expect(matching('')).toHaveLength(8)
})

test('FI3 what cannot be read is refused with the word that is wrong', () => {
  const refused = (expression: string) => {
    try {
      compileFilter(expression)
      return 'accepted'
    } catch (error) {
      expect(error).toBeInstanceOf(FilterError)
      return (error as Error).message
    }
  }
  expect(refused('tcp prot 80')).toBe('the filter has "prot" where `and`, `or` or the end should be, after "tcp"')
  expect(refused('port 80 and')).toContain('the filter ends where')
  expect(refused('host 10.0.0.256')).toContain('an address should be')
  expect(refused('(tcp')).toContain('`)` should be')
  expect(refused('port 70000')).toContain('a port')
  expect(refused('('.repeat(200))).toContain('nested too deeply')
})
