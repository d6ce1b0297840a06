import type { Duplex } from 'node:stream'

/**
 * Lets two byte streams flow into each other. The end of one direction ends only that direction; an error or an early
 * close on either side closes both.
 */
export function joinStreams(a: Duplex, b: Duplex): void {
  for (const [from, to] of [[a, b], [b, a]] as const) {
    from.on('error', () => { to.destroy() })
    from.on('close', () => {
      if (!to.writableEnded) to.end()
      if (!from.readableEnded) to.destroy()
    })
    from.pipe(to)
  }
}
