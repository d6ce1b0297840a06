/** A rule of iptables in the parts that answer "which pod, and how likely?". */
export interface RuleParts {
  /** Of a choice among endpoints; null where a packet that comes here always takes it. */
  readonly probability: number | null
  /** Address and port that the packet is sent to. */
  readonly destination: string | null
  readonly comment: string
}

export function readRule(rule: string): RuleParts {
  const probability = /--probability (\S+)/.exec(rule)?.[1]
  return { probability: probability === undefined ? null : Number(probability), destination: /--to-destination (\S+)/.exec(rule)?.[1] ?? null, comment: /--comment (?:"([^"]*)"|(\S+))/.exec(rule)?.slice(1).find(part => part !== undefined) ?? '' }
}
