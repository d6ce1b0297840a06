/**
 * Frames of a machine's network card, taken by tcpdump on the machine: for those whose frames do not pass the lab's switch.
 *
 *   CN1  Pieces are those of a capture at the switch (capture-tap.ts): the same filter, the same file, the same way to drop what
 *        is not read. Times are those that the machine's kernel noted.
 *   CN2  What bears the card's own MAC as its source was sent; all else was received.
 *   CN3  Ends with its signal, and tcpdump with it; a tcpdump that ends by itself is told of with its own words.
 */
import type { Clock } from '../../../agents/base/clock.ts'
import { type CaptureOptions, CaptureTap } from '../network/capture/capture-tap.ts'
import { PcapStream } from '../network/capture/pcap-stream.ts'
import type { CapturePiece } from '../network/switch/switch-thread.ts'
import type { SshLink } from '../provision/ssh-link.ts'
import { LabError } from './lab-error.ts'

const card = 'lan0'

export async function* captureOnNode(link: Pick<SshLink, 'open'>, node: { readonly name: string; readonly mac: string }, options: CaptureOptions, clock: Clock, signal: AbortSignal): AsyncGenerator<CapturePiece> {
  const pieces: CapturePiece[] = []
  let wake = (): void => {}
  let isOver = false
  let problem: Error | null = null
  let said = ''
  let atMs = 0
  /** Epoch itself is the zero of the tap's time. */
  const frameClock: Clock = { now: () => atMs, monotonic: () => atMs, after: (delayMs, callback) => clock.after(delayMs, callback) }
  const tap = new CaptureTap(options, frameClock, (bytes, dropped) => {
    pieces.push({ bytes, dropped })
    wake()
  })
  const remote = await link.open(['tcpdump', '-i', card, '-n', '-U', '--immediate-mode', '-s', String(options.snapBytes), '-w', '-'])
  const stream = new PcapStream()
  const own = Buffer.from(node.mac.replaceAll(':', ''), 'hex')
  const end = (): void => { remote.kill('KILL') }
  remote.stdout.on('data', (piece: Buffer) => {
    try {
      for (const { epochMs, bytes: frame } of stream.read(piece)) {
        atMs = epochMs
        if (frame.subarray(6, 12).equals(own)) tap.sent?.(node.name, frame, 0, frame.length, atMs) // CN2
        else tap.received?.('lan', node.name, frame, 0, frame.length)
      }
    } catch (error) {
      problem ??= error as Error
      end()
    }
  })
  remote.stderr.on('data', (piece: Buffer) => { said = `${said}${piece.toString()}`.slice(-500) })
  remote.exited.then(({ code }) => { if (!signal.aborted) problem ??= new LabError('failed', `tcpdump on ${node.name} ended with code ${code}: ${said.trim()}`) }, (error: unknown) => { if (!signal.aborted) problem ??= error as Error })
    .finally(() => {
      tap.close()
      isOver = true
      wake()
    })
  if (signal.aborted) end()
  else signal.addEventListener('abort', end, { once: true })
  try {
    for (;;) {
      const piece = pieces.shift()
      if (piece !== undefined) {
        yield piece
        tap.taken(Buffer.from(piece.bytes.buffer as ArrayBuffer))
      } else if (isOver) {
        if (problem !== null) throw problem as Error // CN3
        return
      } else await new Promise<void>(resolve => { wake = resolve })
    }
  } finally {
    signal.removeEventListener('abort', end)
    end()
  }
}
