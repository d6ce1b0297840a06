import type { Transport, TransportReply, TransportRequest, TransportStream } from '../../agents/machinery/transport.ts'

/** Answers from a function and keeps what was asked. A streamed answer's body is sent in the given pieces. */
export class FakeTransport implements Transport {
  readonly requests: TransportRequest[] = []
  readonly #answer: (request: TransportRequest) => { status?: number; headers?: Record<string, string>; body?: string | readonly string[] }

  constructor(answer: (request: TransportRequest) => { status?: number; headers?: Record<string, string>; body?: string | readonly string[] }) {
    this.#answer = answer
  }

  async request(request: TransportRequest): Promise<TransportReply> {
    this.requests.push(request)
    await Promise.resolve()
    const { status = 200, headers = {}, body = '{}' } = this.#answer(request)
    return { status, headers, body: typeof body === 'string' ? body : body.join('') }
  }

  async stream(request: TransportRequest): Promise<TransportStream> {
    this.requests.push(request)
    await Promise.resolve()
    const { status = 200, headers = {}, body = '' } = this.#answer(request)
    const pieces = typeof body === 'string' ? [body] : body
    return {
      status, headers,
      body: (async function* () {
        for (const piece of pieces) yield await Promise.resolve(Buffer.from(piece))
      })(),
    }
  }
}
