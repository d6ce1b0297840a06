/**
 * A packet on its way through one built-in chain and all that it jumps to. Pure.
 *
 *   WC1  Rules are tried in the kernel's order; a chain that ends returns to where it was jumped from, a built-in one to its policy.
 *   WC2  Where chance decides it is decided for the wanted endpoint, as far as a rule leads there; else for the first.
 *   WC3  Only what has an effect or leads on is told: a rule whose chain returned without effect is not.
 */
import type { NodeFacts } from './node-facts.ts'
import type { Packet, Rule, Surroundings } from './rule.ts'

export type Effect =
  | { readonly type: 'jumped'; readonly rule: Rule; readonly share: number | null }
  | { readonly type: 'marked'; readonly rule: Rule; readonly packet: Packet }
  | { readonly type: 'translated'; readonly rule: Rule; readonly packet: Packet }
  | { readonly type: 'masqueraded'; readonly rule: Rule }
  | { readonly type: 'accepted'; readonly rule: Rule }

export interface Walked {
  readonly verdict: 'accepted' | 'rejected' | 'dropped'
  /** Of a verdict that is no acceptance. */
  readonly by: string
  readonly packet: Packet
  readonly effects: readonly Effect[]
  /** Endpoints that chance could have chosen. */
  readonly endpoints: readonly { readonly address: string; readonly share: number }[]
  readonly unjudged: readonly string[]
}

type Ended = 'accepted' | 'rejected' | 'dropped' | 'returned'

export function walkChain(facts: NodeFacts, table: string, chain: string, start: Packet, around: Surroundings, wanted: string | null): Walked {
  const chains = facts.tables.get(table) ?? new Map<string, readonly Rule[]>()
  const effects: Effect[] = []
  const unjudged: string[] = []
  let endpoints: Walked['endpoints'] = []
  let packet = start
  let by = ''

  const walk = (name: string): Ended => {
    const rules = chains.get(name) ?? []
    const chances = chancesOf(rules)
    const hasChance = rules.some(({ probability }) => probability !== null)
    const goal = hasChance ? rules.find(rule => wanted !== null && leadsTo(rule, wanted)) ?? rules.find(({ probability }) => probability !== null)! : null
    for (const rule of rules) {
      if (rule.unknown !== null) {
        unjudged.push(rule.text) // RU1
        continue
      }
      if (!rule.matches(packet, around)) continue
      if (goal !== null && rule.probability !== null && rule !== goal) continue // WC2
      const ended = take(rule, hasChance || isEndpointRule(rule) ? chances.get(rule) ?? null : null)
      if (ended !== 'returned') return ended
      if (rule.target === 'RETURN' || rule.isGoto) return 'returned'
    }
    return 'returned'
  }

  const take = (rule: Rule, share: number | null): Ended => {
    const option = (name: string): string | undefined => rule.targetOptions[rule.targetOptions.indexOf(name) + 1]
    switch (rule.target) {
      case 'ACCEPT':
        effects.push({ type: 'accepted', rule })
        return 'accepted'
      case 'DROP':
        by = rule.text
        return 'dropped'
      case 'REJECT':
        by = rule.text
        return 'rejected'
      case 'RETURN':
      case '':
        return 'returned'
      case 'MARK': {
        const [value = 0, mask = 0xffffffff] = (option('--set-xmark') ?? '0').split('/').map(Number)
        packet = { ...packet, mark: ((packet.mark & ~mask) ^ value) >>> 0 }
        effects.push({ type: 'marked', rule, packet })
        return 'returned'
      }
      case 'DNAT': {
        const [address = '', port] = (option('--to-destination') ?? '').split(':')
        packet = { ...packet, destination: address, ...(port === undefined ? {} : { destinationPort: Number(port) }) }
        effects.push({ type: 'translated', rule, packet })
        return 'accepted'
      }
      case 'MASQUERADE':
        effects.push({ type: 'masqueraded', rule })
        return 'accepted'
      default: {
        if (!chains.has(rule.target)) {
          unjudged.push(rule.text)
          return 'returned'
        }
        const before = effects.length
        effects.push({ type: 'jumped', rule, share })
        if (share !== null) endpoints = endpointsOf(chains.get(rule.chain)!)
        const ended = walk(rule.target)
        if (ended === 'returned' && effects.length === before + 1) effects.pop() // WC3
        return ended
      }
    }
  }

  const isEndpointRule = (rule: Rule): boolean => endpointOf(rule) !== null
  const endpointOf = (rule: Rule): string | null => {
    const translating = chains.get(rule.target)?.find(({ target }) => target === 'DNAT')
    return translating === undefined ? null : translating.targetOptions[translating.targetOptions.indexOf('--to-destination') + 1] ?? null
  }
  const leadsTo = (rule: Rule, endpoint: string): boolean => endpointOf(rule) === endpoint
  const chancesOf = (rules: readonly Rule[]): ReadonlyMap<Rule, number> => {
    let left = 1
    return new Map(rules.filter(isEndpointRule).map(rule => {
      const share = left * (rule.probability ?? 1)
      left -= share
      return [rule, share]
    }))
  }
  const endpointsOf = (rules: readonly Rule[]): Walked['endpoints'] => [...chancesOf(rules)].map(([rule, share]) => ({ address: endpointOf(rule)!, share }))

  const ended = walk(chain)
  const policy = facts.policies.get(`${table} ${chain}`)
  const verdict = ended !== 'returned' ? ended : policy === 'DROP' ? 'dropped' : 'accepted' // WC1
  if (ended === 'returned' && policy === 'DROP') by = `-P ${chain} DROP`
  return { verdict, by, packet, effects, endpoints, unjudged }
}
