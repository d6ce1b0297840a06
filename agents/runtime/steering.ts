import type { ExtraPath } from './debug-server.ts'

/** A loop that can be held. `state` is what its inspection tells. */
export interface SteeredLoop {
  readonly state: unknown
  pause(): void
  resume(): void
  step(): void
}

/** POST /debug/controllers/<name>/pause, /resume and /step hold one loop, let it go, or let one of what waits for it through; the answer is its state. */
export function steering(loops: Pick<ReadonlyMap<string, SteeredLoop>, 'get'>): ExtraPath {
  return (request, response, url) => {
    const match = /^\/debug\/controllers\/([\w-]+)\/(pause|resume|step)$/.exec(url.pathname)
    if (match === null || request.method !== 'POST') return false
    const loop = loops.get(match[1]!)
    loop?.[match[2] as 'pause' | 'resume' | 'step']()
    response.writeHead(loop === undefined ? 404 : 200, { 'content-type': 'application/json' })
    response.end(`${JSON.stringify(loop === undefined ? { error: 'no such controller runs here' } : loop.state)}\n`)
    return true
  }
}
