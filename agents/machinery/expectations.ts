/**
 * Expectations: what a controller has written and not yet seen come back through its cache.
 *
 *   EX1  Nothing more is planned for an owner until every create and delete of its last round was seen, or 5 minutes passed.
 *   EX2  Deletes are remembered by uid: an object that is deleted by someone else counts once, and only if it was ours.
 *   EX3  A write that failed is forgone, since its event will never come.
 */
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

  forget(owner: string): void {
    this.#expected.delete(owner)
  }

  get pending(): readonly { readonly owner: string; readonly creates: number; readonly deletes: number }[] {
    return [...this.#expected].filter(([, { creates, deletes }]) => creates > 0 || deletes.size > 0).map(([owner, { creates, deletes }]) => ({ owner, creates, deletes: deletes.size }))
  }
}
