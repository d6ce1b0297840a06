/**
 * What the kernel counted at each rule, from `iptables-save -c`.
 *
 *   CO1  Of one chain: its rules, and those of the chains its rules jump to, as far as they are ours.
 */
import { isServiceChain } from './chains.ts'

export interface CountedRule {
  readonly chain: string
  readonly packets: number
  readonly bytes: number
  /** As iptables takes it, without the chain. */
  readonly rule: string
  readonly target: string | null
}

/** All of kube-proxy's chains where none is named. */
export function readCounters(saved: string, chain: string | undefined): readonly CountedRule[] {
  const rules = saved.split('\n').flatMap((line): CountedRule[] => {
    const found = /^\[(\d+):(\d+)\] -A (KUBE-\S+) ?(.*)$/.exec(line)
    if (found === null) return []
    const [, packets, bytes, name, rule] = found as unknown as [string, string, string, string, string]
    return [{ chain: name, packets: Number(packets), bytes: Number(bytes), rule, target: /(?:-j|-g) (\S+)/.exec(rule)?.[1] ?? null }]
  })
  if (chain === undefined) return rules
  const wanted = new Set([chain])
  for (const name of wanted) { // CO1: grows while it is walked
    for (const { target } of rules.filter(rule => rule.chain === name)) if (target !== null && isServiceChain(target)) wanted.add(target)
  }
  return [...wanted].flatMap(name => rules.filter(rule => rule.chain === name))
}
