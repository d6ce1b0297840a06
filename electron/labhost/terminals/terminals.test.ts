import { expect, test } from 'vitest'
import { FakeClock } from '../../../agents/base/fake-clock.ts'
import { sshCommand } from './ssh-command.ts'
import { runOnTerminal } from './terminal-programs.ts'
import { type TerminalProgram, Terminals } from './terminals.ts'

function fakeProgram() {
  const listeners: { data: ((data: string) => void)[]; exit: ((code: number) => void)[] } = { data: [], exit: [] }
  const written: string[] = []
  const program: TerminalProgram = {
    write: data => { written.push(data) },
    resize: () => {},
    onData: listener => { listeners.data.push(listener) },
    onExit: listener => { listeners.exit.push(listener) },
    end: () => {},
  }
  return { program, written, say: (data: string) => { listeners.data.forEach(tell => { tell(data) }) }, exit: (code: number) => { listeners.exit.forEach(tell => { tell(code) }) } }
}

async function collect(feed: AsyncIterable<{ readonly data: string }>): Promise<string> {
  let all = ''
  for await (const { data } of feed) all += data
  return all
}

test('TE1 a follower that joins late gets what came before, and the end', async () => {
  const clock = new FakeClock()
  const terminals = new Terminals(clock)
  const fake = fakeProgram()
  const { id } = terminals.add('lab', { type: 'kubectl' }, fake.program)
  fake.say('one ')
  const early = collect(terminals.find(id)!.output(new AbortController().signal))
  await clock.advance(0)
  fake.say('two')
  fake.exit(7)
  expect(await early).toBe('one two')
  expect(await collect(terminals.find(id)!.output(new AbortController().signal))).toBe('one two')
  expect(terminals.list('lab')).toMatchObject([{ id, exitCode: 7 }])
  await clock.advance(6 * 60_000)
  expect(terminals.list(null)).toEqual([]) // TE2
})

test('TE1 the oldest output is dropped first', async () => {
  const terminals = new Terminals(new FakeClock())
  const fake = fakeProgram()
  const { id } = terminals.add('lab', { type: 'kubectl' }, fake.program)
  for (let turn = 0; turn < 40; turn++) fake.say(`${String(turn).padStart(2, '0')}${'x'.repeat(10_000)}`)
  fake.exit(0)
  const all = await collect(terminals.find(id)!.output(new AbortController().signal))
  expect(all.length).toBeLessThanOrEqual(256 * 1024)
  expect(all.slice(-10_002, -10_000)).toBe('39')
})

test('a follower that leaves ends its feed', async () => {
  const terminals = new Terminals(new FakeClock())
  const { id } = terminals.add('lab', { type: 'kubectl' }, fakeProgram().program)
  const leave = new AbortController()
  const feed = collect(terminals.find(id)!.output(leave.signal))
  leave.abort()
  expect(await feed).toBe('')
})

test('a real program has a size, input and an exit status', async () => {
  const terminals = new Terminals(new FakeClock())
  const program = runOnTerminal({ command: ['sh', '-c', 'stty size; read line; echo "got $line"; exit 3'], environment: {}, folder: '/', columns: 99, rows: 33 })
  const { id } = terminals.add('lab', { type: 'kubectl' }, program)
  terminals.find(id)!.input('hello\r')
  const output = await collect(terminals.find(id)!.output(new AbortController().signal))
  expect(output).toContain('33 99')
  expect(output).toContain('got hello')
  expect(terminals.find(id)!.info.exitCode).toBe(3)
})

test('ssh is told the pinned host key and how to get there', () => {
  const target = { user: 'root', host: 'node-1', port: null, identityFile: '/k', knownHostsFile: '/h', proxyCommand: ['nsenter', '-t', '5', "it's", '100%'] }
  expect(sshCommand(target, ['-t']).join(' ')).toBe(
    "ssh -F /dev/null -o IdentityFile=/k -o IdentitiesOnly=yes -o UserKnownHostsFile=/h -o GlobalKnownHostsFile=/dev/null -o StrictHostKeyChecking=yes -o PasswordAuthentication=no -o LogLevel=ERROR -o ProxyCommand=nsenter -t 5 'it'\\''s' 100%% -t root@node-1",
  )
})
