import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { connect as connectHttp2 } from 'node:http2'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { silentLog } from '../../../agents/base/log.ts'
import { renderFrame } from '../../../agents/wire/grpc/frames.ts'
import { decodeSpans } from '../../../agents/wire/otlp/otlp-json.ts'
import { exportTracesPath, exportTracesRequest } from '../../../agents/wire/otlp/otlp-protobuf.ts'
import { ReceivedSpans, TraceReceiver } from './trace-receiver.ts'

/** As an exporter of OpenTelemetry does: gRPC over the socket. Resolves to its grpc-status. */
async function exportTo(socket: string, body: Uint8Array): Promise<string> {
  const session = connectHttp2('http://localhost', { createConnection: () => connect(socket) })
  try {
    const stream = session.request({ ':method': 'POST', ':path': exportTracesPath, 'content-type': 'application/grpc', 'te': 'trailers' })
    let status = ''
    stream.on('response', headers => { status = String(headers['grpc-status'] ?? '') })
    stream.on('trailers', headers => { status = String(headers['grpc-status']) })
    stream.resume().end(renderFrame(body))
    await new Promise((resolve, reject) => { stream.on('close', resolve).on('error', reject) })
    return status
  } finally {
    session.destroy()
  }
}

const requestOf = (name: string): Uint8Array => exportTracesRequest.encode({ resourceSpans: [{ scopeSpans: [{ spans: [{ traceId: new Uint8Array(16).fill(1), spanId: new Uint8Array(8).fill(2), name, startTimeUnixNano: 1_000_000_000n, endTimeUnixNano: 2_000_000_000n }] }] }] })

test('TR1 what a program exports over the socket is answered to whoever reads on, and only its owner may come', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'kubarium-traces-'))
  try {
    const socket = join(folder, 'traces.sock')
    await using receiver = await TraceReceiver.listen(socket, silentLog)
    expect(statSync(socket).mode & 0o777).toBe(0o600)
    const { next } = receiver.received.read(null)
    expect(await exportTo(socket, requestOf('Create'))).toBe('0')
    const answer = receiver.received.read(next)
    expect(decodeSpans(answer).flatMap(({ spans }) => spans.map(({ name, startMs, endMs }) => [name, startMs, endMs]))).toEqual([['Create', 1_000, 2_000]])
    expect(receiver.received.read(answer.next).resourceSpans).toEqual([])
    expect(await exportTo(socket, Uint8Array.of(0x0a, 0xff))).not.toBe('0')
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('TR2 a new reader begins with what comes, and what was kept too long is gone', () => {
  const received = new ReceivedSpans()
  const one = { scopeSpans: [] }
  received.add({ resourceSpans: [one] })
  const { resourceSpans, next } = received.read(null)
  expect([resourceSpans, next]).toEqual([[], '1'])
  for (let count = 0; count < 2_500; count++) received.add({ resourceSpans: [one] })
  expect(received.read(next).resourceSpans).toHaveLength(2_000)
})
