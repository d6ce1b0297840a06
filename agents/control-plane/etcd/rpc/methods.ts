/**
 * What the services of this folder offer, apart from the server that carries them: a path and how it is answered.
 */
import type { MessageCodec } from '../../../wire/grpc/message-codec.ts'
import { refused } from '../mvcc/refusals.ts'
import type { Store } from '../store.ts'

export type Method = UnaryMethod | StreamMethod
export type Methods = readonly (readonly [path: string, method: Method])[]

export interface UnaryMethod {
  readonly kind: 'unary'
  call(request: Uint8Array): Uint8Array | Promise<Uint8Array>
}

export interface StreamMethod {
  readonly kind: 'stream'
  open(stream: CallStream): CallHandlers
}

/** A method's hold on one call. */
export interface CallStream {
  /** False when the reader is behind; `drained` is called when it is not any more. */
  send(response: Uint8Array): boolean
  end(error?: unknown): void
}

export interface CallHandlers {
  request(message: Uint8Array): void
  finished?(): void
  drained?(): void
  closed?(): void
}

/** etcd refuses larger requests; a message a little larger still reaches that refusal. Upstream: embed.DefaultMaxRequestBytes. */
export const maxRequestBytes = 1_572_864
export const maxMessageBytes = maxRequestBytes + 512 * 1024

export function unary<Q, R>(request: MessageCodec<Q>, response: MessageCodec<R>, answer: (request: Q) => R | Promise<R>): UnaryMethod {
  return {
    kind: 'unary',
    call(bytes) {
      if (bytes.length > maxRequestBytes) throw refused('requestTooLarge')
      const result = answer(request.decode(bytes))
      return result instanceof Promise ? result.then(value => response.encode(value)) : response.encode(result)
    },
  }
}

/** Refusals wait for the disk as answers do: they too tell of writes before them. */
export function afterDurable<R>(store: Store, answer: () => R | Promise<R>): R | Promise<R> {
  const refuse = async (error: unknown): Promise<never> => {
    await store.durable().catch(() => { throw refused('stopped') })
    throw error
  }
  try {
    const result = answer()
    return result instanceof Promise ? result.catch(refuse) : result
  } catch (error) {
    return refuse(error)
  }
}
