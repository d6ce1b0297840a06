/**
 * Which frames are meant, as an expression; the language is a part of pcap-filter(7), so what people know works.
 *
 *   ip ip6 arp tcp udp icmp icmp6 vxlan geneve ipip wireguard        the frame has such a layer
 *   [src|dst] host ADDRESS     [src|dst] net CIDR     [tcp|udp] [src|dst] port NUMBER[-NUMBER]
 *   ether [src|dst] host MAC   proto NUMBER   vlan [NUMBER]   vni NUMBER   syn fin rst   less BYTES   greater BYTES
 *   not, and, or, parentheses; `inner` and `outer` before an expression
 *
 *   FI1  A packet inside a tunnel counts as well as the one around it: `port 80` is true of HTTP between pods on two nodes.
 *        `inner (…)` asks the packet inside the last tunnel alone, `outer (…)` the one around all of them.
 *   FI2  What a primitive asks is asked of one packet: `src host A and dst host B` may be true of two, `tcp src port 80` not.
 *   FI3  An expression that cannot be read is refused with the word that is wrong; an empty one means every frame.
 */
import { FilterError } from './filter-error.ts'
import { readMac } from './ethernet.ts'
import { type IpAddress, type IpRange, isInRange, readIpRange } from './ip-address.ts'
import { type Layer, innerLayers, readPacket } from './packet.ts'

/** The frame lies in bytes from at to end. */
export type FrameFilter = (bytes: Buffer, at: number, end: number) => boolean

interface Asked {
  readonly layers: readonly Layer[]
  readonly frameBytes: number
}
type Test = (asked: Asked) => boolean
type Side = 'src' | 'dst' | 'either'

const longest = 2_000

export function compileFilter(expression: string): FrameFilter {
  if (expression.length > longest) throw new FilterError(`a filter has at most ${longest} characters`)
  const words = expression.match(/\(|\)|!|&&|\|\||[^\s()!]+/g) ?? []
  if (words.length === 0) return () => true // FI3
  const reader = new Reader(words)
  const test = readOr(reader)
  if (reader.word !== undefined) throw reader.unexpected('`and`, `or` or the end')
  return (bytes, at, end) => test({ layers: readPacket(bytes, at, end), frameBytes: end - at })
}

class Reader {
  readonly #words: readonly string[]
  #index = 0
  depth = 0

  constructor(words: readonly string[]) {
    this.#words = words
  }

  get word(): string | undefined {
    return this.#words[this.#index]
  }

  take(...accepted: readonly string[]): boolean {
    if (this.word === undefined || !accepted.includes(this.word)) return false
    this.#index++
    return true
  }

  read<T>(wanted: string, read: (word: string) => T | undefined): T {
    const value = this.word === undefined ? undefined : read(this.word)
    if (value === undefined) throw this.unexpected(wanted)
    this.#index++
    return value
  }

  unexpected(wanted: string): FilterError {
    const place = this.word === undefined ? 'the filter ends' : `the filter has "${this.word}"`
    return new FilterError(`${place} where ${wanted} should be${this.#index === 0 ? '' : `, after "${this.#words.slice(Math.max(0, this.#index - 3), this.#index).join(' ')}"`}`)
  }
}

function readOr(reader: Reader): Test {
  let test = readAnd(reader)
  while (reader.take('or', '||')) {
    const [left, right] = [test, readAnd(reader)]
    test = asked => left(asked) || right(asked)
  }
  return test
}

function readAnd(reader: Reader): Test {
  let test = readNot(reader)
  while (reader.take('and', '&&')) {
    const [left, right] = [test, readNot(reader)]
    test = asked => left(asked) && right(asked)
  }
  return test
}

function readNot(reader: Reader): Test {
  if (++reader.depth > 100) throw new FilterError('the filter is nested too deeply')
  try {
    if (reader.take('not', '!')) {
      const test = readNot(reader)
      return asked => !test(asked)
    }
    if (reader.take('inner')) {
      const test = readNot(reader)
      return ({ layers, frameBytes }) => {
        const inner = innerLayers(layers)
        return inner.length > 0 && test({ layers: inner, frameBytes })
      }
    }
    if (reader.take('outer')) {
      const test = readNot(reader)
      return ({ layers, frameBytes }) => {
        const tunnel = layers.findIndex(({ kind }) => tunnels.has(kind))
        return test({ layers: tunnel < 0 ? layers : layers.slice(0, tunnel + 1), frameBytes })
      }
    }
    if (reader.take('(')) {
      const test = readOr(reader)
      if (!reader.take(')')) throw reader.unexpected('`)`')
      return test
    }
    return readPrimitive(reader)
  } finally {
    reader.depth--
  }
}

const tunnels: ReadonlySet<Layer['kind']> = new Set(['vxlan', 'geneve', 'ipip', 'wireguard'])
const tcpFlags: Readonly<Record<string, number>> = { fin: 0x01, syn: 0x02, rst: 0x04 }
const primitives = 'a protocol, host, net, port, ether, proto, vlan, vni, less or greater'

function readPrimitive(reader: Reader): Test {
  for (const [name, flag] of Object.entries(tcpFlags)) if (reader.take(name)) return any(layer => layer.kind === 'tcp' && (layer.flags & flag) !== 0)
  if (reader.take('less')) return lengthTest(reader, (bytes, limit) => bytes <= limit)
  if (reader.take('greater')) return lengthTest(reader, (bytes, limit) => bytes >= limit)
  if (reader.take('proto')) {
    const protocol = reader.read('a protocol number', whole(255))
    return any(layer => layer.kind === 'ip' && layer.protocol === protocol)
  }
  if (reader.take('vni')) {
    const network = reader.read('a network number', whole(0xffffff))
    return any(layer => (layer.kind === 'vxlan' || layer.kind === 'geneve') && layer.network === network)
  }
  if (reader.take('vlan')) {
    const number = reader.word !== undefined && /^\d+$/.test(reader.word) ? reader.read('a VLAN', whole(4_094)) : undefined
    return any(layer => layer.kind === 'ethernet' && layer.vlan !== null && (number === undefined || layer.vlan === number))
  }
  if (reader.take('ether')) {
    const side = readSide(reader)
    reader.take('host')
    const mac = reader.read('a MAC address', readMac)
    return any(layer => layer.kind === 'ethernet' && ((side !== 'dst' && layer.source === mac) || (side !== 'src' && layer.destination === mac)))
  }
  for (const transport of ['tcp', 'udp'] as const) {
    if (!reader.take(transport)) continue
    return reader.word === 'src' || reader.word === 'dst' || reader.word === 'port' ? portTest(reader, readSide(reader), transport) : any(layer => layer.kind === transport)
  }
  const named = namedLayers[reader.word ?? '']
  if (named !== undefined) {
    reader.take(reader.word!)
    return any(named)
  }
  const side = readSide(reader)
  if (reader.word === 'port') return portTest(reader, side, undefined)
  if (reader.take('host')) return addressTest(side, reader.read('an address', text => (text.includes('/') ? undefined : readIpRange(text))))
  if (reader.take('net')) return addressTest(side, reader.read('a network as CIDR', readIpRange))
  throw reader.unexpected(side === 'either' ? primitives : 'host, net or port')
}

const namedLayers: Readonly<Record<string, (layer: Layer) => boolean>> = {
  ip: layer => layer.kind === 'ip' && layer.version === 4,
  ip6: layer => layer.kind === 'ip' && layer.version === 6,
  icmp: layer => layer.kind === 'icmp' && layer.version === 4,
  icmp6: layer => layer.kind === 'icmp' && layer.version === 6,
  arp: layer => layer.kind === 'arp',
  vxlan: layer => layer.kind === 'vxlan',
  geneve: layer => layer.kind === 'geneve',
  ipip: layer => layer.kind === 'ipip',
  wireguard: layer => layer.kind === 'wireguard',
}

function any(holds: (layer: Layer) => boolean): Test {
  return ({ layers }) => layers.some(holds)
}

function readSide(reader: Reader): Side {
  if (reader.take('src')) return 'src'
  return reader.take('dst') ? 'dst' : 'either'
}

function portTest(reader: Reader, side: Side, transport: 'tcp' | 'udp' | undefined): Test {
  if (!reader.take('port')) throw reader.unexpected('`port`')
  const [first, last] = reader.read('a port, or two with a hyphen', text => {
    const found = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text)
    const range = found === null ? undefined : [Number(found[1]), Number(found[2] ?? found[1])] as const
    return range !== undefined && range[0] <= range[1] && range[1] <= 65_535 ? range : undefined
  })
  const isMeant = (port: number): boolean => port >= first && port <= last
  return any(layer => (transport === undefined ? layer.kind === 'tcp' || layer.kind === 'udp' : layer.kind === transport) && ((side !== 'dst' && isMeant((layer as { source: number }).source)) || (side !== 'src' && isMeant((layer as { destination: number }).destination))))
}

function addressTest(side: Side, range: IpRange): Test {
  const isMeant = (source: IpAddress, destination: IpAddress): boolean => (side !== 'dst' && isInRange(source, range)) || (side !== 'src' && isInRange(destination, range))
  return any(layer => (layer.kind === 'ip' && isMeant(layer.source, layer.destination)) || (layer.kind === 'arp' && isMeant(layer.sender, layer.target)))
}

function lengthTest(reader: Reader, holds: (bytes: number, limit: number) => boolean): Test {
  const limit = reader.read('a number of bytes', whole(65_535))
  return ({ frameBytes }) => holds(frameBytes, limit)
}

function whole(most: number): (text: string) => number | undefined {
  return text => (/^\d+$/.test(text) && Number(text) <= most ? Number(text) : undefined)
}
