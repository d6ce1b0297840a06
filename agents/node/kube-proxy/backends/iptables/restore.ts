/**
 * What iptables-restore has to be told so that the kernel has these rules. Pure.
 *
 *   RS1  With --noflush a chain that is declared is emptied and refilled; one that is not is left alone. So only chains
 *        whose rules changed are declared.
 *   RS2  A chain of a service that is gone is declared (emptied) and then deleted, after nothing jumps to it any more.
 *   RS3  Without knowledge of what is there (start, doubt) everything is written, and service chains found in the kernel
 *        but not wanted are deleted.
 *   RS4  Jumps from the built-in chains that are missing are put in after the chains they lead to.
 */
import { canaryChain, insertions, tables, type Jump } from './jumps.ts'
import type { Chains, RuleSet } from './rules.ts'

export interface Found {
  /** Service chains in the kernel that nobody knows of. */
  readonly strays: { readonly nat: readonly string[]; readonly filter: readonly string[] }
  readonly missingJumps: readonly Jump[]
  /** Whether a canary has to be put into every table. */
  readonly needsCanaries: boolean
}

export const nothingFound: Found = { strays: { nat: [], filter: [] }, missingJumps: [], needsCanaries: false }

export function renderRestore(wanted: RuleSet, known: RuleSet | null, found: Found): string {
  return tables.map(table => {
    const own = table !== 'mangle'
    const lines = own ? tableLines(wanted[table], known?.[table] ?? null, found.strays[table]) : []
    if (found.needsCanaries) lines.unshift(`:${canaryChain} - [0:0]`)
    lines.push(...insertions(found.missingJumps, table)) // RS4
    return lines.length === 0 ? '' : `${[`*${table}`, ...lines, 'COMMIT'].join('\n')}\n`
  }).join('')
}

function tableLines(wanted: Chains, known: Chains | null, strays: readonly string[]): string[] {
  const changed = [...wanted].filter(([chain, rules]) => known === null || !sameRules(known.get(chain), rules))
  const gone = [...new Set([...(known?.keys() ?? []), ...strays])].filter(chain => !wanted.has(chain))
  return [
    ...changed.map(([chain]) => `:${chain} - [0:0]`), // RS1
    ...gone.map(chain => `:${chain} - [0:0]`),
    ...changed.flatMap(([chain, rules]) => rules.map(rule => `-A ${chain} ${rule}`)),
    ...gone.map(chain => `-X ${chain}`), // RS2
  ]
}

function sameRules(a: readonly string[] | undefined, b: readonly string[]): boolean {
  return a !== undefined && a.length === b.length && a.every((rule, index) => rule === b[index])
}
