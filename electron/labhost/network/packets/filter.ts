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
import { type Expression, type LayerName, type Primitive, readFilter, tcpFlags } from './filter-syntax.ts'
import { isInRange } from './ip-address.ts'
import { type Layer, innerLayers, readPacket } from './packet.ts'

/** The frame lies in bytes from at to end. */
export type FrameFilter = (bytes: Buffer, at: number, end: number) => boolean

interface Asked {
  readonly layers: readonly Layer[]
  readonly frameBytes: number
}
type Test = (asked: Asked) => boolean

/** Throws FilterError. */
export function compileFilter(expression: string): FrameFilter {
  const read = readFilter(expression)
  if (read === null) return () => true // FI3
  const test = testOf(read)
  return (bytes, at, end) => test({ layers: readPacket(bytes, at, end), frameBytes: end - at })
}

const tunnels: ReadonlySet<Layer['kind']> = new Set(['vxlan', 'geneve', 'ipip', 'wireguard'])

function testOf(expression: Expression): Test {
  switch (expression.ask) {
    case 'and': {
      const [left, right] = [testOf(expression.left), testOf(expression.right)]
      return asked => left(asked) && right(asked)
    }
    case 'or': {
      const [left, right] = [testOf(expression.left), testOf(expression.right)]
      return asked => left(asked) || right(asked)
    }
    case 'not': {
      const test = testOf(expression.of)
      return asked => !test(asked)
    }
    case 'inner': {
      const test = testOf(expression.of)
      return ({ layers, frameBytes }) => {
        const inner = innerLayers(layers)
        return inner.length > 0 && test({ layers: inner, frameBytes })
      }
    }
    case 'outer': {
      const test = testOf(expression.of)
      return ({ layers, frameBytes }) => {
        const tunnel = layers.findIndex(({ kind }) => tunnels.has(kind))
        return test({ layers: tunnel < 0 ? layers : layers.slice(0, tunnel + 1), frameBytes })
      }
    }
    case 'length': {
      const { compare, bytes } = expression
      return ({ frameBytes }) => (compare === 'less' ? frameBytes <= bytes : frameBytes >= bytes)
    }
    default: {
      const holds = layerTest(expression)
      return ({ layers }) => layers.some(holds)
    }
  }
}

function layerTest(asked: Exclude<Primitive, { readonly ask: 'length' }>): (layer: Layer) => boolean {
  switch (asked.ask) {
    case 'layer':
      return layersNamed[asked.name]
    case 'flag':
      return layer => layer.kind === 'tcp' && (layer.flags & tcpFlags[asked.name]) !== 0
    case 'protocol':
      return layer => layer.kind === 'ip' && layer.protocol === asked.number
    case 'vni':
      return layer => (layer.kind === 'vxlan' || layer.kind === 'geneve') && layer.network === asked.number
    case 'vlan':
      return layer => layer.kind === 'ethernet' && layer.vlan !== null && (asked.number === null || layer.vlan === asked.number)
    case 'mac':
      return layer => layer.kind === 'ethernet' && ((asked.side !== 'dst' && layer.source === asked.mac) || (asked.side !== 'src' && layer.destination === asked.mac))
    case 'port': {
      const isMeant = (port: number): boolean => port >= asked.first && port <= asked.last
      return layer => (layer.kind === 'tcp' || layer.kind === 'udp') && (asked.transport === null || layer.kind === asked.transport) && ((asked.side !== 'dst' && isMeant(layer.source)) || (asked.side !== 'src' && isMeant(layer.destination)))
    }
    case 'address':
      return layer => (layer.kind === 'ip' && ((asked.side !== 'dst' && isInRange(layer.source, asked.range)) || (asked.side !== 'src' && isInRange(layer.destination, asked.range))))
        || (layer.kind === 'arp' && ((asked.side !== 'dst' && isInRange(layer.sender, asked.range)) || (asked.side !== 'src' && isInRange(layer.target, asked.range))))
  }
}

const layersNamed: Readonly<Record<LayerName, (layer: Layer) => boolean>> = {
  ip: layer => layer.kind === 'ip' && layer.version === 4,
  ip6: layer => layer.kind === 'ip' && layer.version === 6,
  tcp: layer => layer.kind === 'tcp',
  udp: layer => layer.kind === 'udp',
  icmp: layer => layer.kind === 'icmp' && layer.version === 4,
  icmp6: layer => layer.kind === 'icmp' && layer.version === 6,
  arp: layer => layer.kind === 'arp',
  vxlan: layer => layer.kind === 'vxlan',
  geneve: layer => layer.kind === 'geneve',
  ipip: layer => layer.kind === 'ipip',
  wireguard: layer => layer.kind === 'wireguard',
}
