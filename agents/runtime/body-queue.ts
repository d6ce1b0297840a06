import type { Readable } from 'node:stream'

const mostWaiting = 64

/**
 * Listens to a body from this moment on, so that nothing of it is lost before the reader comes; a reader that is slow
 * holds up the sender. A body that closes before its end is thrown as an error.
 */
export function bodyQueue(body: Readable): AsyncIterable<Uint8Array> {
  const waiting: Uint8Array[] = []
  let ending: { readonly error?: Error } | undefined
  let wake: (() => void) | undefined
  const end = (error?: Error): void => {
    ending ??= error === undefined ? {} : { error }
    wake?.()
  }
  body.on('data', (chunk: Uint8Array) => {
    waiting.push(chunk)
    if (waiting.length >= mostWaiting) body.pause()
    wake?.()
  })
  body.once('end', () => { end() })
  body.on('error', end)
  body.once('close', () => { end(Object.assign(new Error('the connection ended within the answer'), { code: 'ECONNRESET' })) })
  return {
    async* [Symbol.asyncIterator]() {
      try {
        for (;;) {
          for (let chunk = waiting.shift(); chunk !== undefined; chunk = waiting.shift()) yield chunk
          if (body.isPaused()) body.resume()
          if (ending?.error !== undefined) throw ending.error
          if (ending !== undefined) return
          await new Promise<void>(resolve => { wake = resolve })
        }
      } finally {
        body.destroy()
      }
    },
  }
}
