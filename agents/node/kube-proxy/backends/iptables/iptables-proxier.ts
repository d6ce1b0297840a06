/**
 * Applies iptables rules, each time by one iptables-restore: everything at first, with the jumps from the built-in chains,
 * then what changed. Each program more would cost an emulated machine a third of a second.
 *
 *   IP1  A failed partial write is followed by a full one.
 *   IP2  A canary chain in each table tells when somebody flushed it: then everything is written again, as when a jump is gone.
 */
import { run } from '../../../os/run.ts'
import type { ServicePort } from '../../model/service-port.ts'
import { isServiceChain } from './chains.ts'
import { canaryChain, missingJumps, tables } from './jumps.ts'
import { nothingFound, renderRestore, type Found } from './restore.ts'
import type { RuleOptions, RuleSet } from './rules.ts'
import { renderRules } from './rules.ts'
import { SavedTables } from './saved-tables.ts'

export interface SyncResult {
  readonly wasFull: boolean
  readonly text: string
}

export class IptablesProxier {
  readonly #options: Omit<RuleOptions, 'nodeIp'>
  #known: RuleSet | null = null

  constructor(options: Omit<RuleOptions, 'nodeIp'>) {
    this.#options = options
  }

  async sync(ports: readonly ServicePort[], nodeIp: string | null, signal: AbortSignal): Promise<SyncResult> {
    const wasFull = this.#known === null
    const wanted = renderRules(ports, { ...this.#options, nodeIp })
    const text = renderRestore(wanted, this.#known, wasFull ? await this.#look(signal) : nothingFound)
    if (text !== '') {
      try {
        await run('iptables-restore', ['-w', '5', '--noflush', '--counters'], { input: text, signal, timeoutMs: 60_000 })
      } catch (error) {
        this.#known = null // IP1
        throw error
      }
    }
    this.#known = wanted
    return { wasFull, text }
  }

  /** IP2: false when somebody took away what leads to our rules. */
  async isIntact(signal: AbortSignal): Promise<boolean> {
    const found = await this.#look(signal)
    if (!found.needsCanaries && found.missingJumps.length === 0) return true
    this.#known = null
    return false
  }

  get rules(): RuleSet | null {
    return this.#known
  }

  async #look(signal: AbortSignal): Promise<Found> {
    const saved = new SavedTables(await run('iptables-save', [], { signal }))
    const strays = (table: 'nat' | 'filter') => saved.chains(table).filter(isServiceChain)
    return { strays: { nat: strays('nat'), filter: strays('filter') }, missingJumps: missingJumps(saved), needsCanaries: !tables.every(table => saved.has(table, canaryChain)) }
  }
}
