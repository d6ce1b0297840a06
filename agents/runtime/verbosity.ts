/**
 * How much the process logs: `--v`, changeable while it runs through PUT /debug/flags/v, as upstream's components have it.
 *
 *   VB1  The body is the level, a whole number; anything else is refused with 400 and changes nothing.
 *   VB2  Level 4 and above adds debug lines.
 */
import type { LogLevel } from '../base/log.ts'

export const verbosityPath = '/debug/flags/v'
export const verbositySubject = 'verbosity'
const mostVerbose = 10

export class Verbosity {
  #level: number

  constructor(level: number) {
    this.#level = level
  }

  get level(): number {
    return this.#level
  }

  /** VB2 */
  get logLevel(): LogLevel {
    return this.#level >= 4 ? 'debug' : 'info'
  }

  /** VB1 */
  set(text: string): { readonly status: 200 | 400; readonly text: string } {
    const wanted = text.trim()
    if (!/^\d{1,2}$/.test(wanted) || Number(wanted) > mostVerbose) return { status: 400, text: `failed set klog.logging.verbosity ${JSON.stringify(wanted.slice(0, 40))}: it must be a whole number from 0 to ${mostVerbose}\n` }
    this.#level = Number(wanted)
    return { status: 200, text: `successfully set klog.logging.verbosity to ${wanted}` }
  }
}
