/**
 * One rule as iptables-save prints it, read so far that it can be said whether a packet is meant.
 *
 *   RU1  A match that is not known here is named, and the rule counts as not matching.
 *   RU2  `recent` remembers clients in the kernel, which cannot be asked without changing it: a rule that asks it is not judged;
 *        one that only remembers holds always.
 */
import { cidrContains, readCidr } from '../../../../agents/base/ip.ts'

export interface Packet {
  readonly protocol: 'tcp' | 'udp'
  readonly source: string
  readonly sourcePort: number
  readonly destination: string
  readonly destinationPort: number
  readonly mark: number
}

export interface Surroundings {
  /** Addresses of the node itself. */
  readonly local: ReadonlySet<string>
  readonly inDevice: string
  /** null before it is routed. */
  readonly outDevice: string | null
  readonly isNew: boolean
}

type Test = (packet: Packet, around: Surroundings) => boolean

export interface Rule {
  readonly chain: string
  /** The whole line, without counters. */
  readonly text: string
  readonly packets: number
  readonly target: string
  readonly isGoto: boolean
  readonly targetOptions: readonly string[]
  /** Of the statistic match; null: no chance in it. */
  readonly probability: number | null
  readonly unknown: string | null
  readonly matches: Test
}

const quietModules = new Set(['comment', 'tcp', 'udp', 'mark', 'statistic', 'addrtype', 'conntrack', 'multiport'])

export function readRule(line: string): Rule | null {
  const found = /^(?:\[(\d+):\d+\] )?(-A (\S+) ?(.*))$/.exec(line)
  if (found === null) return null
  const words = [...found[4]!.matchAll(/"((?:\\.|[^"])*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain!)
  const tests: Test[] = []
  let rule = { target: '', isGoto: false, targetOptions: [] as string[], probability: null as number | null, unknown: null as string | null }
  let isNot = false
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!
    if (word === '!') {
      isNot = true
      continue
    }
    if (word === '-j' || word === '-g') {
      rule = { ...rule, target: words[at + 1] ?? '', isGoto: word === '-g', targetOptions: words.slice(at + 2) }
      break
    }
    const value = words[at + 1] ?? ''
    if (word === '-m') {
      if (!quietModules.has(value)) rule.unknown ??= value // RU1, RU2
    } else if (word === '--probability') rule.probability = Number(value)
    else if (word !== '--comment' && word !== '--mode') {
      const test = testOf(word, value)
      if (test === null) rule.unknown ??= word
      else tests.push(isNot ? (packet, around) => !test(packet, around) : test)
    }
    isNot = false
    if (!(words[at + 1] ?? '-').startsWith('-') && words[at + 1] !== '!') at++
    else if (word === '-m' || word === '--comment') at++
  }
  if (rule.unknown === 'recent' && words.includes('--set')) rule.unknown = null // it remembers, and holds always
  return { chain: found[3]!, text: found[2]!, packets: Number(found[1] ?? 0), ...rule, matches: (packet, around) => tests.every(test => test(packet, around)) }
}

function testOf(option: string, value: string): Test | null {
  switch (option) {
    case '-s':
      return packet => isWithin(packet.source, value)
    case '-d':
      return packet => isWithin(packet.destination, value)
    case '-p':
      return packet => packet.protocol === value
    case '-i':
      return (_, { inDevice }) => isDevice(inDevice, value)
    case '-o':
      return (_, { outDevice }) => outDevice !== null && isDevice(outDevice, value)
    case '--dport':
    case '--dports':
      return packet => isPort(packet.destinationPort, value)
    case '--sport':
    case '--sports':
      return packet => isPort(packet.sourcePort, value)
    case '--mark': {
      const [wanted = 0, mask = 0xffffffff] = value.split('/').map(Number)
      return packet => ((packet.mark & mask) >>> 0) === wanted
    }
    case '--dst-type':
      return value === 'LOCAL' ? (packet, { local }) => local.has(packet.destination) : null
    case '--src-type':
      return value === 'LOCAL' ? (packet, { local }) => local.has(packet.source) : null
    case '--ctstate':
      return (_, { isNew }) => value.split(',').includes(isNew ? 'NEW' : 'ESTABLISHED')
    default:
      return null
  }
}

export function isWithin(address: string, network: string): boolean {
  const range = readCidr(network.includes('/') ? network : `${network}/32`)
  return range === undefined ? address === network : cidrContains(range, address)
}

function isDevice(name: string, wanted: string): boolean {
  return wanted.endsWith('+') ? name.startsWith(wanted.slice(0, -1)) : name === wanted
}

function isPort(port: number, wanted: string): boolean {
  return wanted.split(',').some(range => {
    const [from, to = from] = range.split(':').map(Number) as [number, number?]
    return port >= from && port <= to
  })
}
