/**
 * The end of a machine, whatever kind it is: wanted or not, known once, told to everyone who asked.
 *
 *   ME1  The first reason counts, both for why an end is wanted and for the end itself.
 *   ME2  Listeners are told after the record of the run is gone; who asks later is told at once, but never before the
 *        call returns.
 *   ME3  After `forget` nobody is told any more.
 */
import type { Log } from '../../../agents/base/log.ts'
import type { Machine, MachineExit } from './machine.ts'
import { MachineError } from './machine-error.ts'
import { removeRunRecord } from './machine-record.ts'

export class MachineEnd {
  readonly #machine: Machine
  readonly #log: Log
  readonly #listeners = new Set<(how: MachineExit) => void>()
  #wanted: string | undefined
  #exit: MachineExit | undefined

  constructor(machine: Machine, log: Log) {
    this.#machine = machine
    this.#log = log
  }

  get isReached(): boolean {
    return this.#exit !== undefined
  }

  get isWanted(): boolean {
    return this.#wanted !== undefined
  }

  /** Somebody has asked for it: `web-1 was powered off`. */
  want(reason: string): void {
    this.#wanted ??= reason
  }

  /** The machine is gone. @param unwanted why, if nobody asked for it */
  async reach(unwanted: string): Promise<void> {
    if (this.#exit !== undefined) return
    const exit = { wanted: this.#wanted !== undefined, reason: this.#wanted ?? unwanted }
    this.#exit = exit
    await removeRunRecord(this.#machine).catch(() => {})
    this.#log.info('machine ended', { reason: exit.reason })
    for (const callback of this.#listeners) callback(exit)
    this.#listeners.clear()
  }

  onExit(callback: (how: MachineExit) => void): Disposable {
    if (this.#exit !== undefined) {
      const how = this.#exit
      queueMicrotask(() => { callback(how) }) // ME2
      return { [Symbol.dispose]() {} }
    }
    this.#listeners.add(callback)
    return { [Symbol.dispose]: () => void this.#listeners.delete(callback) }
  }

  forget(): void {
    this.#listeners.clear()
  }

  requireNotReached(): void {
    if (this.#exit !== undefined) throw this.notRunning()
  }

  notRunning(): MachineError {
    return new MachineError('NotRunning', this.#exit?.reason ?? this.#wanted ?? `${this.#machine.spec.name} is not running`)
  }
}
