/**
 * The rules of the built-in chains that lead into kube-proxy's, in the order they stand there, and the canary chains by which
 * one sees that somebody flushed a table. Upstream: pkg/proxy/iptables/proxier.go, iptablesJumpChains; pkg/util/iptables/monitor.go.
 *
 *   JU1  A jump is there when its chain has a rule with its comment and its target; it is put in at the head otherwise, so
 *        that all of them keep their order.
 */
import type { SavedTables } from './saved-tables.ts'

export type Table = 'filter' | 'nat' | 'mangle'

export interface Jump {
  readonly table: Table
  readonly from: string
  /** Matches before the comment. */
  readonly match: string
  readonly comment: string
  readonly target: string
}

export const canaryChain = 'KUBE-PROXY-CANARY'
export const tables: readonly Table[] = ['filter', 'nat', 'mangle']

const newConnection = '-m conntrack --ctstate NEW'

export const jumps: readonly Jump[] = [
  { table: 'filter', from: 'INPUT', match: newConnection, comment: 'kubernetes externally-visible service portals', target: 'KUBE-EXTERNAL-SERVICES' },
  { table: 'filter', from: 'FORWARD', match: newConnection, comment: 'kubernetes externally-visible service portals', target: 'KUBE-EXTERNAL-SERVICES' },
  { table: 'filter', from: 'INPUT', match: '', comment: 'kubernetes health check service ports', target: 'KUBE-NODEPORTS' },
  { table: 'filter', from: 'FORWARD', match: newConnection, comment: 'kubernetes service portals', target: 'KUBE-SERVICES' },
  { table: 'filter', from: 'OUTPUT', match: newConnection, comment: 'kubernetes service portals', target: 'KUBE-SERVICES' },
  { table: 'filter', from: 'FORWARD', match: '', comment: 'kubernetes forwarding rules', target: 'KUBE-FORWARD' },
  { table: 'filter', from: 'INPUT', match: newConnection, comment: 'kubernetes load balancer firewall', target: 'KUBE-PROXY-FIREWALL' },
  { table: 'filter', from: 'OUTPUT', match: newConnection, comment: 'kubernetes load balancer firewall', target: 'KUBE-PROXY-FIREWALL' },
  { table: 'filter', from: 'FORWARD', match: newConnection, comment: 'kubernetes load balancer firewall', target: 'KUBE-PROXY-FIREWALL' },
  { table: 'nat', from: 'OUTPUT', match: '', comment: 'kubernetes service portals', target: 'KUBE-SERVICES' },
  { table: 'nat', from: 'PREROUTING', match: '', comment: 'kubernetes service portals', target: 'KUBE-SERVICES' },
  { table: 'nat', from: 'POSTROUTING', match: '', comment: 'kubernetes postrouting rules', target: 'KUBE-POSTROUTING' },
]

/** JU1 */
export function missingJumps(saved: SavedTables): readonly Jump[] {
  return jumps.filter(jump => !saved.rules(jump.table, jump.from).some(rule => rule.includes(`--comment "${jump.comment}"`) && rule.endsWith(`-j ${jump.target}`)))
}

/** Commands for iptables-restore, in the order that leaves the first of them at the head. */
export function insertions(missing: readonly Jump[], table: Table): readonly string[] {
  return missing.filter(jump => jump.table === table).map(({ from, match, comment, target }) => `-I ${from} ${match === '' ? '' : `${match} `}-m comment --comment "${comment}" -j ${target}`).reverse()
}
