import type { Duplex } from 'node:stream'

/**
 * Lets two byte streams flow into each other. The end of one direction ends only that direction (a client may close its
 * sending half and still read); an error or an early close on either side closes both. `onClosed` is called once, when both are closed.
 */
export function joinStreams(a: Duplex, b: Duplex, onClosed: () => void = () => {}): void {
  let open = 2
  for (const [from, to] of [[a, b], [b, a]] as const) {
    from.on('error', () => { to.destroy() })
    from.on('close', () => {
      if (!to.writableEnded) to.end()
      if (!from.readableEnded) to.destroy()
      if (--open === 0) onClosed()
    })
    from.pipe(to)
  }
}
