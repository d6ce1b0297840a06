/**
 * What processes spend their time on between two moments, asked over Node.js's inspector and written as .cpuprofile files, which
 * the developer tools of a browser open. A process must have been started with `inspectable` among its Node.js flags.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Any free port of this machine; the process says which in its log. */
export const inspectable: readonly string[] = ['--inspect=127.0.0.1:0']

const sampleEveryMicros = 500

export interface ProfiledProcess {
  readonly name: string
  log(): string
}

/** Starts at once; the result ends it and writes a file for each process. */
export async function profile(processes: readonly ProfiledProcess[], folder: string): Promise<() => Promise<void>> {
  mkdirSync(folder, { recursive: true })
  const sessions = await Promise.all(processes.map(async ({ name, log }) => {
    const address = /Debugger listening on (ws:\S+)/.exec(log())?.[1]
    if (address === undefined) throw new Error(`${name} was not started to be inspected`)
    return { name, session: await Inspection.open(address) }
  }))
  await Promise.all(sessions.map(async ({ session }) => {
    await session.ask('Profiler.enable')
    await session.ask('Profiler.setSamplingInterval', { interval: sampleEveryMicros })
    await session.ask('Profiler.start')
  }))
  return async () => {
    await Promise.all(sessions.map(async ({ name, session }) => {
      const { profile: found } = await session.ask('Profiler.stop') as { profile: unknown }
      writeFileSync(join(folder, `${name}.cpuprofile`), JSON.stringify(found))
      session[Symbol.dispose]()
    }))
  }
}

/** One connection of the Chrome DevTools protocol. */
class Inspection implements Disposable {
  readonly #socket: WebSocket
  readonly #asked = new Map<number, PromiseWithResolvers<unknown>>()
  #serial = 0

  private constructor(socket: WebSocket) {
    this.#socket = socket
    socket.addEventListener('message', ({ data }) => {
      const { id, result, error } = JSON.parse(String(data)) as { id?: number; result?: unknown; error?: { message: string } }
      const waiting = this.#asked.get(id ?? 0)
      this.#asked.delete(id ?? 0)
      if (error === undefined) waiting?.resolve(result)
      else waiting?.reject(new Error(error.message))
    })
    socket.addEventListener('close', () => {
      for (const { reject } of this.#asked.values()) reject(new Error('the inspected process ended'))
    })
  }

  static open(address: string): Promise<Inspection> {
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(address)
      const inspection = new Inspection(socket)
      socket.addEventListener('open', () => { resolve(inspection) })
      socket.addEventListener('error', () => { reject(new Error(`no inspector at ${address}`)) })
    })
  }

  ask(method: string, params: object = {}): Promise<unknown> {
    const id = ++this.#serial
    const waiting = Promise.withResolvers<unknown>()
    this.#asked.set(id, waiting)
    this.#socket.send(JSON.stringify({ id, method, params }))
    return waiting.promise
  }

  [Symbol.dispose](): void {
    this.#socket.close()
  }
}
