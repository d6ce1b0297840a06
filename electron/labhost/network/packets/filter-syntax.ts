/**
 * Reads a filter expression (filter.ts says what it means) into what it asks. Pure.
 *
 *   FI3  An expression that cannot be read is refused with the word that is wrong; an empty one means every frame.
 */
import { FilterError } from './filter-error.ts'
import { readMac } from './ethernet.ts'
import { type IpRange, readIpRange } from './ip-address.ts'

export type Side = 'src' | 'dst' | 'either'
export type Transport = 'tcp' | 'udp'
export const layerNames = ['ip', 'ip6', 'arp', 'tcp', 'udp', 'icmp', 'icmp6', 'vxlan', 'geneve', 'ipip', 'wireguard'] as const
export type LayerName = (typeof layerNames)[number]
export const tcpFlags = { fin: 0x01, syn: 0x02, rst: 0x04 } as const

export type Primitive =
  | { readonly ask: 'layer'; readonly name: LayerName }
  | { readonly ask: 'flag'; readonly name: keyof typeof tcpFlags }
  | { readonly ask: 'protocol'; readonly number: number }
  | { readonly ask: 'port'; readonly side: Side; readonly transport: Transport | null; readonly first: number; readonly last: number }
  | { readonly ask: 'address'; readonly side: Side; readonly range: IpRange }
  | { readonly ask: 'mac'; readonly side: Side; readonly mac: number }
  | { readonly ask: 'vni'; readonly number: number }
  | { readonly ask: 'vlan'; readonly number: number | null }
  | { readonly ask: 'length'; readonly compare: 'less' | 'greater'; readonly bytes: number }

export type Expression =
  | Primitive
  | { readonly ask: 'and' | 'or'; readonly left: Expression; readonly right: Expression }
  | { readonly ask: 'not' | 'inner' | 'outer'; readonly of: Expression }

const longest = 2_000

/** null: every frame. Throws FilterError. */
export function readFilter(expression: string): Expression | null {
  if (expression.length > longest) throw new FilterError(`a filter has at most ${longest} characters`)
  const words = expression.match(/\(|\)|!|&&|\|\||[^\s()!]+/g) ?? []
  if (words.length === 0) return null // FI3
  const reader = new Reader(words)
  const read = readOr(reader)
  if (reader.word !== undefined) throw reader.unexpected('`and`, `or` or the end')
  return read
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

function readOr(reader: Reader): Expression {
  let left = readAnd(reader)
  while (reader.take('or', '||')) left = { ask: 'or', left, right: readAnd(reader) }
  return left
}

function readAnd(reader: Reader): Expression {
  let left = readNot(reader)
  while (reader.take('and', '&&')) left = { ask: 'and', left, right: readNot(reader) }
  return left
}

function readNot(reader: Reader): Expression {
  if (++reader.depth > 100) throw new FilterError('the filter is nested too deeply')
  try {
    if (reader.take('not', '!')) return { ask: 'not', of: readNot(reader) }
    if (reader.take('inner')) return { ask: 'inner', of: readNot(reader) }
    if (reader.take('outer')) return { ask: 'outer', of: readNot(reader) }
    if (!reader.take('(')) return readPrimitive(reader)
    const within = readOr(reader)
    if (!reader.take(')')) throw reader.unexpected('`)`')
    return within
  } finally {
    reader.depth--
  }
}

const primitives = 'a protocol, host, net, port, ether, proto, vlan, vni, less or greater'

function readPrimitive(reader: Reader): Primitive {
  for (const name of ['fin', 'syn', 'rst'] as const) if (reader.take(name)) return { ask: 'flag', name }
  for (const compare of ['less', 'greater'] as const) if (reader.take(compare)) return { ask: 'length', compare, bytes: reader.read('a number of bytes', whole(65_535)) }
  if (reader.take('proto')) return { ask: 'protocol', number: reader.read('a protocol number', whole(255)) }
  if (reader.take('vni')) return { ask: 'vni', number: reader.read('a network number', whole(0xffffff)) }
  if (reader.take('vlan')) return { ask: 'vlan', number: reader.word !== undefined && /^\d+$/.test(reader.word) ? reader.read('a VLAN', whole(4_094)) : null }
  if (reader.take('ether')) {
    const side = readSide(reader)
    reader.take('host')
    return { ask: 'mac', side, mac: reader.read('a MAC address', readMac) }
  }
  for (const transport of ['tcp', 'udp'] as const) {
    if (!reader.take(transport)) continue
    return reader.word === 'src' || reader.word === 'dst' || reader.word === 'port' ? readPort(reader, readSide(reader), transport) : { ask: 'layer', name: transport }
  }
  for (const name of layerNames) if (reader.take(name)) return { ask: 'layer', name }
  const side = readSide(reader)
  if (reader.word === 'port') return readPort(reader, side, null)
  if (reader.take('host')) return { ask: 'address', side, range: reader.read('an address', text => (text.includes('/') ? undefined : readIpRange(text))) }
  if (reader.take('net')) return { ask: 'address', side, range: reader.read('a network as CIDR', readIpRange) }
  throw reader.unexpected(side === 'either' ? primitives : 'host, net or port')
}

function readSide(reader: Reader): Side {
  if (reader.take('src')) return 'src'
  return reader.take('dst') ? 'dst' : 'either'
}

function readPort(reader: Reader, side: Side, transport: Transport | null): Primitive {
  if (!reader.take('port')) throw reader.unexpected('`port`')
  const [first, last] = reader.read('a port, or two with a hyphen', text => {
    const found = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text)
    const range = found === null ? undefined : [Number(found[1]), Number(found[2] ?? found[1])] as const
    return range !== undefined && range[0] <= range[1] && range[1] <= 65_535 ? range : undefined
  })
  return { ask: 'port', side, transport, first, last }
}

function whole(most: number): (text: string) => number | undefined {
  return text => (/^\d+$/.test(text) && Number(text) <= most ? Number(text) : undefined)
}
