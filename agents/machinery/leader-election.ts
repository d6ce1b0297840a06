/**
 * Leader election on a Lease, with client-go's rules.
 *
 *   LE1  A lease is free when nobody holds it, or when it has not changed for its duration by OUR monotonic clock; the
 *        times written in it are never compared with our wall clock.
 *   LE2  A leader that could not renew for the renew deadline stops leading, before anyone else may start.
 *   LE3  Whoever finds its own identity in the lease goes on leading at once: an identity must be unique among the living.
 *   LE4  A leader that ends in order gives the lease back.
 */
import { leases } from '../api/resources.ts'
import type { Lease } from '../api/groups/coordination-v1/types.ts'
import type { Clock } from '../base/clock.ts'
import { microTimeText, sleep } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import { errorText, silentLog } from '../base/log.ts'
import type { Random } from '../base/random.ts'
import type { Client } from './client.ts'
import { isAlreadyExists, isConflict, isNotFound } from './status-error.ts'

export interface LeaderElectionOptions {
  readonly client: Client
  readonly leaseName: string
  readonly leaseNamespace: string
  readonly identity: string
  readonly leaseDurationMs?: number
  readonly renewDeadlineMs?: number
  readonly retryPeriodMs?: number
  readonly clock: Clock
  readonly random?: Random
  readonly log?: Log
  /** Its signal aborts when leading ends. */
  readonly onStartedLeading: (signal: AbortSignal) => void | Promise<void>
  readonly onStoppedLeading?: () => void
  readonly onNewLeader?: (identity: string) => void
}

/** Returns when leadership was lost, or the signal has aborted; it never takes the lease up again by itself. */
export async function runWithLeaderElection(options: LeaderElectionOptions, signal: AbortSignal): Promise<void> {
  const { clock, log = silentLog, retryPeriodMs = 2_000, renewDeadlineMs = 10_000 } = options
  const election = new Election(options)
  try {
    while (!(await election.tryToHold(signal).catch((error: unknown) => quietly(error, log)))) {
      await sleep(clock, retryPeriodMs * (1 + 1.2 * (options.random?.next() ?? 0)), signal)
    }
  } catch (error) {
    if (signal.aborted) return
    throw error
  }

  const leading = new AbortController()
  const ended = Promise.resolve(options.onStartedLeading(leading.signal))
  let renewedAt = clock.monotonic()
  try {
    while (!signal.aborted) {
      await sleep(clock, retryPeriodMs, signal)
      // A renewal that hangs must not outlive the deadline.
      const limit = new AbortController()
      using _timer = clock.after(Math.max(0, renewedAt + renewDeadlineMs - clock.monotonic()), () => { limit.abort(new Error('renew deadline passed')) })
      const held = await election.tryToHold(AbortSignal.any([signal, limit.signal])).catch((error: unknown) => quietly(error, log))
      if (held) renewedAt = clock.monotonic()
      else if (election.heldByOther || clock.monotonic() - renewedAt >= renewDeadlineMs) break // LE2
    }
  } catch (error) {
    if (!signal.aborted) throw error
  } finally {
    leading.abort(new DOMException('no longer the leader', 'AbortError'))
  }
  if (signal.aborted) await election.release().catch((error: unknown) => quietly(error, log)) // LE4
  options.onStoppedLeading?.()
  await ended.catch(() => {})
}

class Election {
  readonly #options: LeaderElectionOptions
  readonly #durationMs: number
  #observed: Lease | undefined
  #observedAt = 0
  #leader = ''

  constructor(options: LeaderElectionOptions) {
    this.#options = options
    this.#durationMs = options.leaseDurationMs ?? 15_000
  }

  get heldByOther(): boolean {
    const holder = this.#observed?.spec?.holderIdentity ?? ''
    return holder !== '' && holder !== this.#options.identity
  }

  async tryToHold(signal: AbortSignal): Promise<boolean> {
    const { client, clock, identity } = this.#options
    const now = microTimeText(clock.now())
    const spec = { holderIdentity: identity, leaseDurationSeconds: Math.round(this.#durationMs / 1_000), renewTime: now }
    try {
      const current = await client.get(leases, this.#key, signal)
      this.#observe(current)
      if (this.heldByOther && clock.monotonic() < this.#observedAt + this.#durationMs) return false // LE1
      const mine = current.spec?.holderIdentity === identity // LE3
      const transitions = current.spec?.leaseTransitions ?? 0
      this.#observe(await client.update(leases, {
        ...current,
        spec: { ...spec, acquireTime: mine ? (current.spec?.acquireTime ?? now) : now, leaseTransitions: mine ? transitions : transitions + 1 },
      }, {}, signal))
      return true
    } catch (error) {
      if (isConflict(error) || isAlreadyExists(error)) return false
      if (!isNotFound(error)) throw error
    }
    try {
      this.#observe(await client.create(leases, { metadata: { ...this.#key }, spec: { ...spec, acquireTime: now, leaseTransitions: 0 } }, {}, signal))
      return true
    } catch (error) {
      if (isConflict(error) || isAlreadyExists(error)) return false
      throw error
    }
  }

  async release(): Promise<void> {
    if (this.#observed === undefined || this.heldByOther) return
    const { client, clock } = this.#options
    const now = microTimeText(clock.now())
    const limit = new AbortController()
    using _timer = clock.after(2_000, () => { limit.abort(new Error('release took too long')) })
    await client.update(leases, { ...this.#observed, spec: { ...this.#observed.spec, holderIdentity: '', leaseDurationSeconds: 1, renewTime: now, acquireTime: now } }, {}, limit.signal)
  }

  #observe(lease: Lease): void {
    if (lease.metadata.resourceVersion !== this.#observed?.metadata.resourceVersion) this.#observedAt = this.#options.clock.monotonic()
    this.#observed = lease
    const leader = lease.spec?.holderIdentity ?? ''
    if (leader !== this.#leader && leader !== '') this.#options.onNewLeader?.(leader)
    this.#leader = leader
  }

  get #key(): { namespace: string; name: string } {
    return { namespace: this.#options.leaseNamespace, name: this.#options.leaseName }
  }
}

function quietly(error: unknown, log: Log): false {
  log.warn('lease could not be held', { error: errorText(error) })
  return false
}
