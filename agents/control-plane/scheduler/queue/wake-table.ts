/**
 * Which plugins of which profile hear which event. Looked up once for every kind of event.
 *
 *   WT1  A plugin that can reject and registers nothing is woken by everything; so is a name that no plugin of the profile has.
 *   WT2  The same event may be registered by a plugin on several lines; one hint that says Queue is enough.
 *   WT3  Every answer is told with the time it took; a line without a hint answers Queue in no time.
 */
import type { Pod } from '../../../api/groups/core-v1/types.ts'
import type { Clock } from '../../../base/clock.ts'
import type { ClusterEvent, HintOutcome, QueueingHint, WakeEvent } from '../framework/cluster-event.ts'
import { eventLabel, hears, wakesOnAnything } from '../framework/cluster-event.ts'
import type { Plugin } from '../framework/plugin.ts'
import type { Log } from '../../../base/log.ts'
import { errorText } from '../../../base/log.ts'

type Lines = readonly WakeEvent[]

/** WT3 */
export type HintWatcher = (plugin: string, event: string, outcome: HintOutcome, seconds: number) => void

export interface WakeTableOptions {
  readonly log: Log
  readonly clock: Clock
  readonly onHint?: HintWatcher
}

export class WakeTable {
  readonly #byProfile = new Map<string, Map<string, Lines>>()
  readonly #heard = new Map<string, ReadonlyMap<string, Lines>>()
  readonly #log: Log
  readonly #clock: Clock
  readonly #onHint: HintWatcher

  constructor(profiles: Iterable<readonly [profile: string, plugins: readonly Plugin[]]>, { log, clock, onHint = () => {} }: WakeTableOptions) {
    this.#log = log
    this.#clock = clock
    this.#onHint = onHint
    for (const [profile, plugins] of profiles) this.#byProfile.set(profile, new Map(plugins.map(plugin => [plugin.name, plugin.wakeOn ?? wakesOnAnything]))) // WT1
  }

  isHeard(event: ClusterEvent): boolean {
    for (const profile of this.#byProfile.keys()) if (this.#listeners(profile, event).size > 0) return true
    return false
  }

  /** Does the plugin listen to this kind of event at all? */
  listens(profile: string, plugin: string, event: ClusterEvent): boolean {
    return this.#listeners(profile, event).has(plugin) || this.#byProfile.get(profile)?.has(plugin) !== true
  }

  hint(profile: string, plugin: string, event: ClusterEvent, pod: Pod, before: unknown, after: unknown): QueueingHint {
    const lines = this.#listeners(profile, event).get(plugin)
    if (lines === undefined) return this.#byProfile.get(profile)?.has(plugin) === true ? 'Skip' : 'Queue' // WT1
    for (const { hint } of lines) {
      const startedAt = hint === undefined ? 0 : this.#clock.monotonic()
      const outcome = hint === undefined ? 'Queue' : this.#ask(hint, plugin, pod, before, after)
      this.#onHint(plugin, eventLabel(event), outcome, hint === undefined ? 0 : (this.#clock.monotonic() - startedAt) / 1_000) // WT3
      if (outcome !== 'QueueSkip') return 'Queue' // WT2 CE5
    }
    return 'Skip'
  }

  #ask(hint: NonNullable<WakeEvent['hint']>, plugin: string, pod: Pod, before: unknown, after: unknown): HintOutcome {
    try {
      return hint(pod, before, after) === 'Queue' ? 'Queue' : 'QueueSkip'
    } catch (error) {
      this.#log.error('queueing hint failed', { plugin, pod: `${pod.metadata.namespace}/${pod.metadata.name}`, error: errorText(error) })
      return 'Error'
    }
  }

  #listeners(profile: string, event: ClusterEvent): ReadonlyMap<string, Lines> {
    const key = `${profile}\n${eventLabel(event)}`
    const known = this.#heard.get(key)
    if (known !== undefined) return known
    const listeners = new Map<string, Lines>()
    for (const [plugin, lines] of this.#byProfile.get(profile) ?? []) {
      const heard = lines.filter(line => hears(line, event))
      if (heard.length > 0) listeners.set(plugin, heard)
    }
    this.#heard.set(key, listeners)
    return listeners
  }
}
