import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { FakeClock } from '../../../../agents/base/fake-clock.ts'
import { QmpClient } from './qmp-client.ts'

interface Question {
  execute: string
  arguments: Record<string, unknown>
  id: number
}

let folder: string
let server: Server
let line: Socket
let answer: (question: Question) => string | undefined
const clock = new FakeClock()

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kubarium-qmp-'))
  answer = question => JSON.stringify({ return: {}, id: question.id })
  server = createServer(socket => {
    line = socket
    socket.on('error', () => {})
    socket.write('{"QMP": {"version": {}, "capabilities": []}}\r\n')
    createInterface({ input: socket }).on('line', text => {
      const reply = answer(JSON.parse(text) as Question)
      if (reply !== undefined) socket.write(`${reply}\r\n`)
    })
  })
  await new Promise<void>(resolve => server.listen(join(folder, 'qmp'), () => { resolve() }))
})

afterEach(() => {
  server.close()
  line?.destroy()
  rmSync(folder, { recursive: true })
})

const connect = () => QmpClient.connect(join(folder, 'qmp'), clock)

test('QM1 answers find whoever asked, in whatever order they come', async () => {
  const client = await connect()
  const held: string[] = []
  answer = question => {
    held.push(JSON.stringify({ return: question.execute, id: question.id }))
    return held.length === 2 ? held.reverse().join('\r\n') : undefined
  }
  expect(await Promise.all([client.ask('first'), client.ask('second')])).toEqual(['first', 'second'])
  client.close()
})

test('QM1 a refusal is told in QEMU\'s words', async () => {
  const client = await connect()
  answer = question => JSON.stringify({ error: { class: 'GenericError', desc: 'Device is locked' }, id: question.id })
  await expect(client.ask('eject')).rejects.toMatchObject({ reason: 'MonitorFailed', message: 'QEMU refused: Device is locked' })
  client.close()
})

test('events reach their listeners, also when a message is cut in the middle', async () => {
  const client = await connect()
  const events: string[] = []
  const arrived = new Promise<void>(resolve => client.onEvent(event => {
    events.push(`${event.event} ${String(event.data['guest'])}`)
    if (events.length === 2) resolve()
  }))
  line.write('{"event": "SHUTDOWN", "da')
  setTimeout(() => line.write('ta": {"guest": true}}\r\n{"event": "STOP"}\r\n'), 5)
  await arrived
  expect(events).toEqual(['SHUTDOWN true', 'STOP undefined'])
  client.close()
})

test('QM2 when the line ends open questions are rejected and the end is told once', async () => {
  const client = await connect()
  answer = () => undefined
  let ends = 0
  client.onClose(() => { ends++ })
  const asked = client.ask('query-status')
  line.destroy()
  await expect(asked).rejects.toThrow(/closed/)
  await expect(client.ask('query-status')).rejects.toThrow(/was not sent/)
  expect(ends).toBe(1)
})

test('QM3 a question without an answer is given up in time, and the line stays usable', async () => {
  const client = await connect()
  answer = () => undefined
  const asked = client.ask('migrate', {}, 1_000)
  const rejected = expect(asked).rejects.toThrow(/did not answer "migrate" within 1 s/)
  await clock.advance(1_000)
  await rejected
  answer = question => JSON.stringify({ return: 'here', id: question.id })
  expect(await client.ask('query-status')).toBe('here')
  client.close()
})
