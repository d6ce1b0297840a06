import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { FakeClock } from '../../../agents/base/fake-clock.ts'
import { shellStartFile } from './shell-start-file.ts'
import { sshCommand } from './ssh-command.ts'
import { linesOnTerminal, runOnTerminal } from './terminal-programs.ts'
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

test('TE4 of a flood a follower gets the newest that is kept once in two frames', async () => {
  const clock = new FakeClock()
  const terminals = new Terminals(clock)
  const fake = fakeProgram()
  const { id } = terminals.add('lab', { type: 'kubectl' }, fake.program)
  const parts: string[] = []
  const read = (async () => { for await (const { data } of terminals.find(id)!.output(new AbortController().signal)) parts.push(data) })()
  const flood = (): void => { for (let turn = 0; turn < 50; turn++) fake.say('y\r\n'.repeat(10_000)) }
  flood()
  await clock.advance(0)
  expect(parts.length).toBe(1)
  flood()
  flood()
  await clock.advance(32)
  expect(parts.length).toBe(1)
  await clock.advance(1)
  expect(parts.map(part => part.length <= 256 * 1024)).toEqual([true, true])
  fake.exit(0)
  await clock.advance(33)
  await read
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

test('a program that a signal ended has the status that shells give it', async () => {
  const terminals = new Terminals(new FakeClock())
  const { id } = terminals.add('lab', { type: 'kubectl' }, runOnTerminal({ command: ['sh', '-c', 'kill -9 $$'], environment: {}, folder: '/', columns: 80, rows: 24 }))
  await collect(terminals.find(id)!.output(new AbortController().signal))
  expect(terminals.find(id)!.info.exitCode).toBe(137)
})

test('lines of a log are a terminal: they come as they are written, and its source ends with it', async () => {
  const terminals = new Terminals(new FakeClock())
  let left = false
  const { id } = terminals.add('lab', { type: 'log', source: 'etcd' }, linesOnTerminal(async function* (signal) {
    yield { line: 'one' }
    yield { line: 'two' }
    await new Promise<void>(resolve => { signal.addEventListener('abort', () => { resolve() }) })
    left = true
  }))
  const all = collect(terminals.find(id)!.output(new AbortController().signal))
  await new Promise(resolve => setImmediate(() => setImmediate(resolve)))
  terminals.close(id)
  expect(await all).toBe('one\r\ntwo\r\n')
  await new Promise(resolve => setImmediate(resolve))
  expect(left).toBe(true)
})

test('a source of lines that fails says why and ends with 1', async () => {
  const terminals = new Terminals(new FakeClock())
  const { id } = terminals.add('lab', { type: 'log', source: 'none' }, linesOnTerminal(async function* () { // eslint-disable-line require-yield
    throw new Error('no such log')
  }))
  expect(await collect(terminals.find(id)!.output(new AbortController().signal))).toBe('no such log\r\n')
  expect(terminals.find(id)!.info.exitCode).toBe(1)
})

test.runIf(existsSync('/bin/bash'))('KS1 KS2 KS3 KS4 KS5 a kubectl shell names lab and namespace, completes, and writes no file of the user', async () => {
  const home = mkdtempSync(join(tmpdir(), 'ks-'))
  onTestFinished(() => { rmSync(home, { recursive: true }) })
  const kubectl = join(home, 'kubectl')
  writeFileSync(kubectl, `#!/bin/sh
case "$1" in
  config) cat "$KUBECONFIG.namespace" ;;
  completion) echo '__start_kubectl() { local cur prev words cword; _get_comp_words_by_ref -n "=:" cur prev words cword; COMPREPLY=("pod-$cword-$prev"); }; complete -F __start_kubectl kubectl' ;;
  *) echo "asked $* of $KUBECONFIG" ;;
esac
`, { mode: 0o700 })
  writeFileSync(join(home, '.bashrc'), 'KUBECONFIG=/wrong\nPS1=wrong\nmine=kept\n')
  writeFileSync(join(home, "it's"), 'first')
  writeFileSync(join(home, "it's.namespace"), 'shop')
  writeFileSync(join(home, 'rc'), shellStartFile({ lab: 'blue', kubeconfig: join(home, "it's"), kubectl, history: join(home, 'lab-history') }))
  const terminals = new Terminals(new FakeClock())
  const { id } = terminals.add('lab', { type: 'kubectl' }, runOnTerminal({ command: ['/bin/bash', '--rcfile', join(home, 'rc'), '-i'], environment: { HOME: home, HISTFILE: join(home, 'of-the-user') }, folder: home, columns: 200, rows: 33 }))
  const output = collect(terminals.find(id)!.output(new AbortController().signal))
  terminals.find(id)!.input('echo $mine; kubectl get po\t; k get po\t; kubectl config set; printf other > $KUBECONFIG.namespace; printf changed > "$KUBECONFIG"\rexit 5\r')
  const said = await output
  expect(said).toContain('kept')
  expect(said).toContain(`asked get pod-2-get of ${join(home, "it's")}`)
  expect(said.replaceAll(/\x1b\[[\d;?]*[a-z]/gi, '')).toMatch(/blue shop [$#] /)
  expect(said.replaceAll(/\x1b\[[\d;?]*[a-z]/gi, '')).toMatch(/blue other [$#] /)
  expect(said).toContain('\x1b]7799;other\x07')
  expect(terminals.find(id)!.info.exitCode).toBe(5)
  expect(existsSync(join(home, 'lab-history'))).toBe(true)
  expect(existsSync(join(home, '.bash_history')) || existsSync(join(home, 'of-the-user'))).toBe(false)
})

test('ssh is told the pinned host key and how to get there', () => {
  const target = { user: 'root', host: 'node-1', port: null, identityFile: '/k', knownHostsFile: '/h', proxyCommand: ['nsenter', '-t', '5', "it's", '100%'] }
  expect(sshCommand(target, ['-t']).join(' ')).toBe(
    "ssh -F /dev/null -o IdentityFile=/k -o IdentitiesOnly=yes -o UserKnownHostsFile=/h -o GlobalKnownHostsFile=/dev/null -o StrictHostKeyChecking=yes -o PasswordAuthentication=no -o LogLevel=ERROR -o ProxyCommand=nsenter -t 5 'it'\\''s' 100%% -t root@node-1",
  )
})
