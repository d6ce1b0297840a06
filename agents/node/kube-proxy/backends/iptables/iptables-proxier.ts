/**
 * Applies iptables rules: the built-in chains' jumps once, then what changed, in one iptables-restore a round.
 *
 *   IP1  A failed partial write is followed by a full one.
 *   IP2  The canary chain in mangle tells when somebody flushed the tables: then everything is written again.
 */
import type { Log } from '../../../../base/log.ts'
import { run, tryRun } from '../../../os/run.ts'
import type { ServicePort } from '../../model/service-port.ts'
import { chainsIn, renderRestore } from './restore.ts'
import { isServiceChain } from './chains.ts'
import type { RuleOptions, RuleSet } from './rules.ts'
import { renderRules } from './rules.ts'

interface Jump {
  readonly table: 'nat' | 'filter'
  readonly from: string
  readonly rule: readonly string[]
}

const jumps: readonly Jump[] = [
  { table: 'filter', from: 'INPUT', rule: ['-m', 'conntrack', '--ctstate', 'NEW', '-m', 'comment', '--comment', 'kubernetes externally-visible service portals', '-j', 'KUBE-EXTERNAL-SERVICES'] },
  { table: 'filter', from: 'FORWARD', rule: ['-m', 'conntrack', '--ctstate', 'NEW', '-m', 'comment', '--comment', 'kubernetes externally-visible service portals', '-j', 'KUBE-EXTERNAL-SERVICES'] },
  { table: 'filter', from: 'INPUT', rule: ['-m', 'comment', '--comment', 'kubernetes health check service ports', '-j', 'KUBE-NODEPORTS'] },
  { table: 'filter', from: 'FORWARD', rule: ['-m', 'conntrack', '--ctstate', 'NEW', '-m', 'comment', '--comment', 'kubernetes service portals', '-j', 'KUBE-SERVICES'] },
  { table: 'filter', from: 'OUTPUT', rule: ['-m', 'conntrack', '--ctstate', 'NEW', '-m', 'comment', '--comment', 'kubernetes service portals', '-j', 'KUBE-SERVICES'] },
  { table: 'filter', from: 'FORWARD', rule: ['-m', 'comment', '--comment', 'kubernetes forwarding rules', '-j', 'KUBE-FORWARD'] },
  { table: 'filter', from: 'INPUT', rule: ['-m', 'conntrack', '--ctstate', 'NEW', '-m', 'comment', '--comment', 'kubernetes load balancer firewall', '-j', 'KUBE-PROXY-FIREWALL'] },
  { table: 'filter', from: 'OUTPUT', rule: ['-m', 'conntrack', '--ctstate', 'NEW', '-m', 'comment', '--comment', 'kubernetes load balancer firewall', '-j', 'KUBE-PROXY-FIREWALL'] },
  { table: 'filter', from: 'FORWARD', rule: ['-m', 'conntrack', '--ctstate', 'NEW', '-m', 'comment', '--comment', 'kubernetes load balancer firewall', '-j', 'KUBE-PROXY-FIREWALL'] },
  { table: 'nat', from: 'OUTPUT', rule: ['-m', 'comment', '--comment', 'kubernetes service portals', '-j', 'KUBE-SERVICES'] },
  { table: 'nat', from: 'PREROUTING', rule: ['-m', 'comment', '--comment', 'kubernetes service portals', '-j', 'KUBE-SERVICES'] },
  { table: 'nat', from: 'POSTROUTING', rule: ['-m', 'comment', '--comment', 'kubernetes postrouting rules', '-j', 'KUBE-POSTROUTING'] },
]
const canary = 'KUBE-PROXY-CANARY'

export interface SyncResult {
  readonly wasFull: boolean
  readonly text: string
}

export class IptablesProxier {
  readonly #options: RuleOptions & { readonly log: Log }
  #known: RuleSet | null = null

  constructor(options: RuleOptions & { readonly log: Log }) {
    this.#options = options
  }

  async sync(ports: readonly ServicePort[], signal: AbortSignal): Promise<SyncResult> {
    const wasFull = this.#known === null
    const wanted = renderRules(ports, this.#options)
    const strays = wasFull ? await this.#strays(signal) : { nat: [], filter: [] }
    const text = renderRestore(wanted, this.#known, strays)
    if (text !== '') {
      try {
        await run('iptables-restore', ['-w', '5', '--noflush', '--counters'], { input: text, signal, timeoutMs: 60_000 })
      } catch (error) {
        this.#known = null // IP1
        throw error
      }
    }
    if (wasFull) await this.#ensureJumps(signal)
    this.#known = wanted
    return { wasFull, text }
  }

  /** IP2: false when the tables were flushed by somebody. */
  async isIntact(signal: AbortSignal): Promise<boolean> {
    const result = await tryRun('iptables', ['-w', '5', '-t', 'mangle', '-L', canary, '-n'], { signal })
    if (result.code === 0) return true
    this.#known = null
    return false
  }

  get rules(): RuleSet | null {
    return this.#known
  }

  async #strays(signal: AbortSignal): Promise<{ nat: string[]; filter: string[] }> {
    const read = async (table: string) => chainsIn(await run('iptables-save', ['-t', table], { signal })).filter(isServiceChain)
    return { nat: await read('nat'), filter: await read('filter') }
  }

  async #ensureJumps(signal: AbortSignal): Promise<void> {
    for (const { table, from, rule } of [...jumps].reverse()) {
      const found = await tryRun('iptables', ['-w', '5', '-t', table, '-C', from, ...rule], { signal })
      if (found.code !== 0) await run('iptables', ['-w', '5', '-t', table, '-I', from, ...rule], { signal })
    }
    const made = await tryRun('iptables', ['-w', '5', '-t', 'mangle', '-N', canary], { signal })
    if (made.code !== 0 && !made.stderr.includes('exists')) this.#options.log.warn('canary chain not made', { error: made.stderr.trim() })
  }
}
