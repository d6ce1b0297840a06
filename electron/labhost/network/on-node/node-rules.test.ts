import { expect, test } from 'vitest'
import { nftChains } from './nft-chains.ts'
import { doersOf, netemArguments, nodeRules, problemOnNode, readNodeCounters } from './node-rules.ts'

const nodes = [
  { name: 'a', mac: '52:54:00:30:00:01', isOwnKernel: true },
  { name: 'b', mac: '52:54:00:30:00:02', isOwnKernel: true },
  { name: 'vm', mac: '52:54:00:30:00:03', isOwnKernel: false },
]
const layer = (from: string, to: string, impairments: object) => ({ owner: 'user', link: { from, to }, impairments })
const chainsOf = (expression: string): string[] => nftChains(expression, 'c', 'drop').flatMap(({ name, rules }) => rules.map(rule => `${name}: ${rule}`))

test('NR1 a link is done at its receiver; at its sender where that is all that it sends, or the receiver is a machine of the switch', () => {
  const doers = (from: string, to: string): string => doersOf({ from, to }, nodes).join(' ')
  expect([doers('a', 'b'), doers('vm', 'b'), doers('*', 'b'), doers('a', '*'), doers('a', 'vm'), doers('vm', '*'), doers('*', '*')]).toEqual(['b', 'b', 'b', 'a', 'a', '', 'a b'])
})

test('NR2 a partition of one direction is one rule at the receiver, which knows the sender by its MAC', () => {
  expect(nodeRules('b', [layer('a', 'b', { down: true })], nodes)).toBe(`add table netdev kubarium_links
delete table netdev kubarium_links
table netdev kubarium_links {
  chain ingress {
    type filter hook ingress device "lan0" priority -300; policy accept;
    ether saddr 52:54:00:30:00:01 counter drop comment "0 down"
    ether saddr 52:54:00:30:00:01 counter comment "0 passed"
  }
  chain egress {
    type filter hook egress device "lan0" priority -300; policy accept;
  }
}
`)
  expect(nodeRules('a', [layer('a', 'b', { down: true })], nodes)).toBe('add table netdev kubarium_links\ndelete table netdev kubarium_links\n')
})

test('NR2 at the sender a machine of the switch is known by its MAC, and loss is random or every nth', () => {
  const rules = nodeRules('a', [layer('a', 'vm', { loss: { model: 'random', percent: 2.5 } }), layer('a', '*', { loss: { model: 'every', nth: 10 } })], nodes)
  expect(rules).toContain('    ether daddr 52:54:00:30:00:03 numgen random mod 10000 < 250 counter drop comment "0 loss"\n')
  expect(rules).toContain('    numgen inc mod 10 9 counter drop comment "1 loss"\n')
  expect(nodeRules('a', [layer('a', '*', { loss: { model: 'random', percent: 100 } })], nodes)).toContain('\n    counter drop comment "0 loss"\n')
  expect(rules.indexOf('chain egress')).toBeLessThan(rules.indexOf('numgen'))
})

test('NM1 an expression is asked of the packet on the wire and of those inside VXLAN and IPIP', () => {
  expect(chainsOf('tcp dst port 80')).toEqual([
    'c_0: meta protocol ip ip protocol 6 @nh,48,16 & 0x1fff == 0x0 @th,16,16 80 drop',
    'c_0: meta protocol ip6 ip6 nexthdr 6 @th,16,16 80 drop',
    'c_0: meta protocol ip ip protocol 17 @nh,48,16 & 0x1fff == 0x0 @th,16,16 { 8472, 4789 } @th,224,16 0x0800 @th,312,8 6 @th,240,8 0x45 @th,288,16 & 0x1fff == 0x0 @th,416,16 80 drop',
    'c_0: meta protocol ip ip protocol 4 @nh,48,16 & 0x1fff == 0x0 @th,72,8 6 @th,0,8 0x45 @th,48,16 & 0x1fff == 0x0 @th,176,16 80 drop',
  ])
  expect(chainsOf('outer (tcp dst port 80)')).toHaveLength(2)
  expect(chainsOf('outer src net 10.244.0.0/16')).toEqual(['c_0: meta protocol ip @nh,96,32 & 0xffff0000 == 0xaf40000 drop', 'c_0: meta protocol arp @nh,112,32 & 0xffff0000 == 0xaf40000 drop'])
})

test('NM2 `and` is a chain behind, `or` the next rule, `not` a chain that is left where it does not hold', () => {
  expect(chainsOf('outer (arp or ip6)')).toEqual(['c_0: meta protocol arp drop', 'c_0: meta protocol ip6 drop'])
  expect(chainsOf('outer (ip and not proto 1)')).toEqual(['c_0: meta protocol ip jump c_1', 'c_1: jump c_2', 'c_2: meta protocol ip ip protocol 1 return', 'c_2: drop'])
  expect(chainsOf('outer not (arp or proto 1)')).toEqual(['c_0: jump c_2', 'c_1: jump c_3', 'c_2: meta protocol arp return', 'c_2: jump c_1', 'c_3: meta protocol ip ip protocol 1 return', 'c_3: drop'])
  expect(chainsOf('')).toEqual(['c_0: drop'])
})

test('NM2 what is in a tunnel and not so is asked behind the tunnel', () => {
  expect(chainsOf('not inner proto 1').map(rule => rule.replace(/meta protocol ip .*(?=jump|return)/, '… '))).toEqual([
    'c_0: jump c_1',
    'c_1: … jump c_2', 'c_1: … return', 'c_1: … jump c_4', 'c_1: … return', 'c_1: drop',
    'c_2: jump c_3', 'c_3: … return', 'c_3: drop',
    'c_4: jump c_5', 'c_5: … return', 'c_5: drop',
  ])
})

test('NM3 what the kernel of a node cannot be asked is refused by name', () => {
  for (const [expression, why] of [['less 100', /"less" cannot be asked on a node/], ['vlan 3', /"vlan"/], ['host fd00::1', /IPv6 addresses/], [Array.from({ length: 20 }, (_, port) => `port ${port}`).join(' and '), /nested too deeply/]] as const) expect(() => nftChains(expression, 'c', 'drop'), expression).toThrow(why)
})

test('NR3 what holds and changes packets is said in netem\'s words', () => {
  expect(netemArguments({ delay: { ms: 20, jitterMs: 5, distribution: 'pareto-normal', correlationPercent: 25 }, duplicatePercent: 1, corruptPercent: 2, reorderPercent: 30, rate: { megabitsPerSecond: 1.5, queueKiB: 64 } })?.join(' ')).toBe('delay 20ms 5ms 25% distribution paretonormal duplicate 1% corrupt 2% reorder 30% rate 1500kbit')
  expect(netemArguments({ loss: { model: 'gilbert-elliott', toBadPercent: 1, toGoodPercent: 20, lossInBadPercent: 90, lossInGoodPercent: 0 } })?.join(' ')).toBe('loss gemodel 1% 20% 90% 0%')
  expect(netemArguments({ down: true, loss: { model: 'random', percent: 5 } })).toBeNull()
})

test('NR4 what neither can do is refused by name', () => {
  expect(problemOnNode({ from: 'a', to: 'b' }, { delay: { ms: 5 } })).toBe('delay on a node is of everything that it sends: take the link a:*')
  expect(problemOnNode({ from: 'a', to: '*' }, { delay: { ms: 5 } })).toBeNull()
  expect(problemOnNode({ from: 'a', to: 'b' }, { flap: { upMs: 5, downMs: 5 } })).toContain('cannot flap')
  expect(problemOnNode({ from: 'a', to: 'b' }, { loss: { model: 'random', percent: 5, correlationPercent: 25 } })).toContain('loss with a correlation')
  expect(problemOnNode({ from: 'a', to: 'b' }, { loss: { model: 'random', percent: 5, correlationPercent: 0 } })).toBeNull()
  expect(problemOnNode({ from: 'a', to: 'b' }, { mtuBytes: 1_000 })).toContain('MTU black hole')
})

test('counters of all rules of one layer and one cause are one number', () => {
  const rule = (comment: string, packets: number) => ({ rule: { comment, expr: [{ match: {} }, { counter: { packets, bytes: 0 } }] } })
  expect([...readNodeCounters(JSON.stringify({ nftables: [{ metainfo: {} }, rule('0 block', 3), rule('0 block', 4), rule('0 passed', 9)] }))]).toEqual([['0 block', 7], ['0 passed', 9]])
})
