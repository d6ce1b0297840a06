/**
 * The other side of the API server's benchmark, a process of its own so that its work is not counted as the server's:
 * reads one task as JSON from standard input, does it, writes what it saw as JSON.
 *
 * Requests go over plain HTTP/1.1 connections that are kept open, one request at a time on each; watches over HTTP/2, many on
 * one connection, as client-go does. Answers are not parsed beyond where they end.
 */
import { connect as connectHttp2, type ClientHttp2Session } from 'node:http2'
import { setTimeout as pause } from 'node:timers/promises'
import { type Access, Connection, renderRequest, type RequestText } from './kept-connection.ts'

export interface RequestTask {
  readonly kind: 'requests'
  readonly access: Access
  readonly connections: number
  /** Asked in this order, over and over until count or durationMs is reached. */
  readonly requests: readonly RequestText[]
  readonly count: number
  readonly durationMs: number
  readonly expect: readonly number[]
}

export interface FanOutTask {
  readonly kind: 'fan-out'
  readonly access: Access
  readonly sessions: number
  readonly watchesEach: number
  readonly watchPath: string
  /** Written one after another by `writers` connections; each is seen by every watcher. */
  readonly writes: readonly { readonly method: string; readonly path: string; readonly body: string; readonly type: string }[]
  readonly writers: number
}

export interface LoadOutcome {
  readonly done: number
  readonly elapsedMs: number
  readonly bytes: number
  /** Milliseconds. */
  readonly p50: number
  readonly p99: number
  readonly worst: number
}

async function doRequests(task: RequestTask): Promise<LoadOutcome> {
  const requests = task.requests.map(request => renderRequest(task.access, request))
  const connections = await Promise.all(Array.from({ length: task.connections }, () => Connection.open(task.access)))
  const times: number[] = []
  let next = 0
  let bytes = 0
  const startedAt = performance.now()
  const deadline = startedAt + task.durationMs
  await Promise.all(connections.map(async connection => {
    while (next < task.count && performance.now() < deadline) {
      const request = requests[next++ % requests.length]!
      const askedAt = performance.now()
      const answer = await connection.ask(request)
      times.push(performance.now() - askedAt)
      bytes += answer.bytes
      if (!task.expect.includes(answer.status)) throw new Error(`${request.toString('latin1', 0, 120)} was answered with ${answer.status}`)
    }
  }))
  const elapsedMs = performance.now() - startedAt
  for (const connection of connections) connection.close()
  return { ...summary(times), elapsedMs, bytes }
}

async function doFanOut(task: FanOutTask): Promise<LoadOutcome> {
  const { access } = task
  const sessions: ClientHttp2Session[] = []
  const watchers = task.sessions * task.watchesEach
  let open = 0
  let refused: string | undefined
  let ended = 0
  let lines = 0
  let bytes = 0
  for (let at = 0; at < task.sessions; at++) {
    const session = connectHttp2(`https://localhost:${access.port}`, { ca: access.ca, cert: access.cert, key: access.key, settings: { initialWindowSize: 1 << 20 } })
    session.on('error', () => {})
    session.once('connect', () => { session.setLocalWindowSize(1 << 24) })
    sessions.push(session)
    for (let each = 0; each < task.watchesEach; each++) {
      const stream = session.request({ ':path': task.watchPath, accept: 'application/json' })
      stream.once('response', headers => {
        if (headers[':status'] === 200) open++
        else refused = `a watch was answered with ${headers[':status']}`
      })
      stream.on('data', (chunk: Buffer) => {
        bytes += chunk.length
        for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, end + 1)) lines++
      })
      stream.on('error', () => {})
      stream.once('close', () => { ended++ })
    }
    const wanted = (at + 1) * task.watchesEach // not all at once: priority and fairness would refuse what does not fit the user's queues
    await until(() => open === wanted || refused !== undefined, 60_000, () => `only ${open} of ${watchers} watches were opened`)
    if (refused !== undefined) throw new Error(refused)
  }
  const writers = await Promise.all(Array.from({ length: task.writers }, () => Connection.open(access)))
  const writes = task.writes.map(write => renderRequest(access, write))
  const times: number[] = []
  const startedAt = performance.now()
  let next = 0
  await Promise.all(writers.map(async writer => {
    for (let at = next++; at < writes.length; at = next++) {
      const before = performance.now()
      const { status } = await writer.ask(writes[at]!)
      if (status >= 300) throw new Error(`a write was answered with ${status}`)
      times.push(performance.now() - before)
    }
  }))
  await until(() => lines >= watchers * writes.length || ended > 0, 120_000, () => `only ${lines} of ${watchers * writes.length} events arrived`)
  if (ended > 0) throw new Error(`${ended} watches were ended by the server after ${lines} of ${watchers * writes.length} events`)
  const elapsedMs = performance.now() - startedAt
  for (const session of sessions) session.destroy()
  for (const writer of writers) writer.close()
  return { ...summary(times), done: lines, elapsedMs, bytes }
}

async function until(holds: () => boolean, timeoutMs: number, problem: () => string): Promise<void> {
  const deadline = performance.now() + timeoutMs
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(problem())
    await pause(2)
  }
}

function summary(times: number[]): Pick<LoadOutcome, 'done' | 'p50' | 'p99' | 'worst'> {
  times.sort((a, b) => a - b)
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0
  return { done: times.length, p50: at(0.5), p99: at(0.99), worst: times.at(-1) ?? 0 }
}

async function main(): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer)
  const task = JSON.parse(Buffer.concat(chunks).toString('utf8')) as RequestTask | FanOutTask
  process.stdout.write(JSON.stringify(task.kind === 'requests' ? await doRequests(task) : await doFanOut(task)))
}

if (process.argv[1] === import.meta.filename) await main()
