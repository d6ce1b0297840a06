/**
 * Standing by: a process is started ahead of its time in a machine that will be copied, and waits there for its command
 * line. What the two sides agree on; `agents/runtime` is the process, the lab is whoever makes the copies.
 *
 * Copies of a process share the state of its random generators (OpenSSL's, one for each thread). Such a generator takes
 * fresh entropy from the operating system before its next byte if more than an hour has passed since it last did
 * (OpenSSL 3, providers/implementations/rands/drbg.c: the primary one's reseed time interval; those below it have seven
 * minutes). So the clock of the machine is set back by `clockBehindMs` before processes are put on standby, and is set
 * right in each copy, whose kernel has been given fresh entropy, before they go on. What V8 drew at its start (hash seeds,
 * Math.random) stays alike in all copies: no secret may come of it, and nothing that draws bytes ahead (randomUUID,
 * randomInt) may be used before the process goes on.
 */
export const standbyVariable = 'KUBARIUM_STANDBY'

/** Names beside the path that the variable holds. */
export function standbyFiles(path: string): Readonly<Record<'rehearsal' | 'rehearsed' | 'ready' | 'words' | 'go', string>> {
  return { rehearsal: `${path}.rehearsal`, rehearsed: `${path}.rehearsed`, ready: `${path}.ready`, words: `${path}.json`, go: `${path}.go` }
}

export const clockBehindMs = 86_400_000
const reseedAfterMs = 3_600_000

/** Whether every generator that was last seeded by `stoodByMs` (wall clock) draws fresh entropy at `nowMs`. */
export function mustReseed(stoodByMs: number, nowMs: number): boolean {
  return nowMs - stoodByMs > reseedAfterMs + 1_000 // generators count in whole seconds
}
