/**
 * What iptables-restore has to be told so that the kernel has these rules. Pure.
 *
 *   RS1  With --noflush a chain that is declared is emptied and refilled; one that is not is left alone. So only chains
 *        whose rules changed are declared.
 *   RS2  A chain of a service that is gone is declared (emptied) and then deleted, after nothing jumps to it any more.
 *   RS3  Without knowledge of what is there (start, doubt) everything is written, and service chains found in the kernel
 *        but not wanted are deleted.
 */
import type { Chains, RuleSet } from './rules.ts'

export function renderRestore(wanted: RuleSet, known: RuleSet | null, strays: { readonly nat: readonly string[]; readonly filter: readonly string[] }): string {
  return ['filter', 'nat'].map(table => renderTable(table, wanted[table as 'nat' | 'filter'], known?.[table as 'nat' | 'filter'] ?? null, strays[table as 'nat' | 'filter'])).join('')
}

function renderTable(table: string, wanted: Chains, known: Chains | null, strays: readonly string[]): string {
  const changed = [...wanted].filter(([chain, rules]) => known === null || !sameRules(known.get(chain), rules))
  const gone = [...new Set([...(known?.keys() ?? []), ...strays])].filter(chain => !wanted.has(chain))
  if (changed.length === 0 && gone.length === 0) return ''
  const lines = [`*${table}`]
  for (const [chain] of changed) lines.push(`:${chain} - [0:0]`) // RS1
  for (const chain of gone) lines.push(`:${chain} - [0:0]`)
  for (const [chain, rules] of changed) for (const rule of rules) lines.push(`-A ${chain} ${rule}`)
  for (const chain of gone) lines.push(`-X ${chain}`) // RS2
  return `${[...lines, 'COMMIT'].join('\n')}\n`
}

function sameRules(a: readonly string[] | undefined, b: readonly string[]): boolean {
  return a !== undefined && a.length === b.length && a.every((rule, index) => rule === b[index])
}

/** Names of chains in the output of iptables-save. */
export function chainsIn(saved: string): string[] {
  return saved.split('\n').filter(line => line.startsWith(':')).map(line => line.slice(1, line.indexOf(' ')))
}
