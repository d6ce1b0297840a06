/**
 * What faults in the kernel of a node share: an nftables table of the fault's own, before everybody else's rules. It works
 * on every machine, whatever its LAN is made of; a machine that starts again does not have it.
 */
import type { FaultParameter } from '../../../contract/faults.ts'
import type { Fault, FaultOrder } from '../fault.ts'

export interface NodeFilter {
  readonly name: string
  readonly title: string
  readonly parameters: readonly FaultParameter[]
  readonly effect: string
  readonly evidence: string
  /** What becomes of it; dropped unless it says. */
  readonly verdict?: string
  /** Statements that match what it is about, for packets in, out and through. */
  rules(order: FaultOrder<'node'>): { readonly input: readonly string[]; readonly output: readonly string[]; readonly forward: readonly string[] }
}

export function nodeFilter({ name, title, parameters, effect, evidence, verdict = 'drop', rules }: NodeFilter): Fault<'node'> {
  return {
    kind: { name, title, group: 'network', target: 'node', resource: null, parameters, lasts: true, providers: ['qemu', 'namespace'], effect, evidence, healing: 'The rules are taken out of the kernel of the node.' },
    claims: () => [],
    async inject(world, order) {
      await world.run(order.target.name, ['nft', '-f', '-'], tableText(tableOf(order.id), rules(order), verdict))
    },
    async heal(world, { id, target }) {
      await world.run(target.name, ['nft', '-f', '-'], `add table ${tableOf(id)}\ndelete table ${tableOf(id)}\n`) // added first, so that it can be deleted twice
    },
  }
}

/** The LAN interface of every machine. */
export const lanDevice = 'lan0'

function tableOf(id: string): string {
  return `inet kubarium_fault_${id.replaceAll('-', '_')}`
}

function tableText(table: string, rules: ReturnType<NodeFilter['rules']>, verdict: string): string {
  const chains = (['input', 'output', 'forward'] as const).map(hook => `  chain ${hook} {\n    type filter hook ${hook} priority -300; policy accept;\n${rules[hook].map(rule => `    ${rule} counter ${verdict}\n`).join('')}  }\n`)
  return `table ${table} {\n${chains.join('')}}\n`
}
