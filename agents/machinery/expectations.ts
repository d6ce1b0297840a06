/**
 * Expectations: what a controller has written and not yet seen come back through its cache.
 *
 *   EX1  Nothing more is planned for an owner until every create and delete of its last round was seen, or 5 minutes passed.
 *   EX2  Deletes are remembered by uid: an object that is deleted by someone else counts once, and only if it was ours.
 *   EX3  A write that failed is forgone, since its event will never come.
 *   EX4  An object that we wrote ourselves is not judged by an older version of it: its cache must have that write, or a later
 *        one. Resource versions of one type are ordered as numbers. Upstream: KEP-5647, stale controller handling.
 */
import type { KubernetesObject } from '../api/resources.ts'
import type { Clock } from '../base/clock.ts'

const patienceMs = 5 * 60_000

interface Expected {
  creates: number
  readonly deletes: Set<string>
  readonly since: number
}

export class Expectations {
  readonly #clock: Clock
  readonly #expected = new Map<string, Expected>()
  readonly #written = new Map<string, { readonly version: string; readonly since: number }>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  expect(owner: string, creates: number, deleteUids: readonly string[]): void {
    this.#expected.set(owner, { creates, deletes: new Set(deleteUids), since: this.#clock.monotonic() })
  }

  createSeen(owner: string): void {
    const expected = this.#expected.get(owner)
    if (expected !== undefined && expected.creates > 0) expected.creates--
  }

  deleteSeen(owner: string, uid: string): void {
    this.#expected.get(owner)?.deletes.delete(uid) // EX2
  }

  /** Of so many creates the answer was a failure, or they were never sent. */
  forgoCreates(owner: string, count: number): void {
    const expected = this.#expected.get(owner)
    if (expected !== undefined) expected.creates = Math.max(0, expected.creates - count) // EX3
  }

  forgoDelete(owner: string, uid: string): void {
    this.deleteSeen(owner, uid)
  }

  settled(owner: string): boolean {
    const expected = this.#expected.get(owner)
    if (expected === undefined || (expected.creates === 0 && expected.deletes.size === 0)) return true
    return this.#clock.monotonic() - expected.since >= patienceMs // EX1
  }

  /** What the answer to our write of an object was. */
  wrote({ metadata }: KubernetesObject): void {
    this.#written.set(metadata.uid, { version: metadata.resourceVersion, since: this.#clock.monotonic() })
  }

  /** EX4 */
  isCurrent({ metadata }: KubernetesObject): boolean {
    const written = this.#written.get(metadata.uid)
    if (written === undefined) return true
    if (isOlder(metadata.resourceVersion, written.version) && this.#clock.monotonic() - written.since < patienceMs) return false
    this.#written.delete(metadata.uid)
    return true
  }

  forget(owner: string): void {
    this.#expected.delete(owner)
    this.#written.delete(owner)
  }

  /** What is expected now, to be asked and changed without consequence. */
  copy(): Expectations {
    const copied = new Expectations(this.#clock)
    for (const [owner, { creates, deletes, since }] of this.#expected) copied.#expected.set(owner, { creates, deletes: new Set(deletes), since })
    for (const [uid, written] of this.#written) copied.#written.set(uid, written)
    return copied
  }

  get pending(): readonly { readonly owner: string; readonly creates: number; readonly deletes: number }[] {
    return [...this.#expected].filter(([, { creates, deletes }]) => creates > 0 || deletes.size > 0).map(([owner, { creates, deletes }]) => ({ owner, creates, deletes: deletes.size }))
  }
}

function isOlder(version: string, than: string): boolean {
  const decimal = /^\d+$/
  return decimal.test(version) && decimal.test(than) ? BigInt(version) < BigInt(than) : version !== than
}
