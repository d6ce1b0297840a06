/** Plays a conversation with one kubectl, in a namespace and a folder of its own. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { KubectlProgram } from '../integration/kubectl.ts'
import type { Answer, Command, Entry } from './conversation.ts'
import { covers } from './conversation.ts'
import { replaceUnstable } from './placeholders.ts'

export interface Player extends Disposable {
  readonly program: KubectlProgram
  readonly minor: number
  /** What all its conversations share: the folder with kubectl's caches. */
  readonly home: string
}

const commandLimitMs = 120_000
const settledMs = 400
/** A command in the background is given this long to say its first word. */
const startedMs = 3_000
/** What is still to come on a busy machine comes within this time. */
const laggedMs = 15_000

/** Seen by commands as KUBECONFIG, SERVER and CA_FILE. */
export interface Surroundings {
  readonly kubeconfig: string
  readonly server: string
  readonly caFile: string
}

export function createPlayer(program: KubectlProgram): Player {
  const home = mkdtempSync(join(tmpdir(), 'kubarium-talk-home-'))
  mkdirSync(join(home, 'bin'))
  symlinkSync(program.path, join(home, 'bin', 'kubectl'))
  return { program, minor: Number(program.version.slice(2)), home, [Symbol.dispose]: () => { rmSync(home, { recursive: true, force: true }) } }
}

/** One answer a command, in the order of the entries; undefined for those that this version is not asked. */
export async function playConversation(player: Player, entries: readonly Entry[], surroundings: Surroundings): Promise<(Answer | undefined)[]> {
  const folder = mkdtempSync(join(tmpdir(), 'kubarium-talk-'))
  const run = (command: Command) => startCommand(command, { PATH: `${join(player.home, 'bin')}:${process.env['PATH'] ?? ''}`, HOME: player.home, KUBECONFIG: surroundings.kubeconfig, SERVER: surroundings.server, CA_FILE: surroundings.caFile, TMPDIR: folder, LC_ALL: 'C' }, folder)
  const background: Started[] = []
  const answers: (Answer | undefined)[] = []
  try {
    for (const entry of entries) {
      if (entry.kind === 'file') {
        mkdirSync(dirname(join(folder, entry.name)), { recursive: true })
        writeFileSync(join(folder, entry.name), entry.lines.map(line => `${line}\n`).join(''))
      }
      if (entry.kind !== 'command') continue
      if (!covers(entry.only, player.minor)) {
        answers.push(undefined)
        continue
      }
      if (entry.mode === 'background') {
        const started = run(entry)
        background.push(started)
        await started.said(1, startedMs) // a watch has told its list by then
        answers.push({ stdout: '', stderr: '', code: 0 })
        continue
      }
      const started = entry.mode === 'run' ? run(entry) : background.shift()
      if (started === undefined) throw new Error(`%${entry.mode} without a command in the background`)
      if (entry.mode === 'stop') {
        await started.said(expectedLines(entry, player.minor), laggedMs)
        await started.quiet()
        started.interrupt()
      }
      const given = await started.ended
      const stable = (text: string) => replaceUnstable(text, [[folder, '<folder>']])
      answers.push({ stdout: stable(given.stdout), stderr: stable(given.stderr), code: entry.mode === 'stop' ? 0 : given.code })
    }
  } finally {
    for (const started of background) started.interrupt()
    rmSync(folder, { recursive: true, force: true })
  }
  return answers
}

/** How many lines the file says that this version prints. */
function expectedLines(command: Command, minor: number): number {
  const stdout = command.answers.find(({ range }) => covers(range, minor))?.answer.stdout ?? ''
  return stdout === '' ? 0 : stdout.split('\n').length
}

interface Started {
  readonly ended: Promise<Answer>
  /** Resolves when that many lines were printed, or the command ended, or the time is over. */
  said(lines: number, withinMs: number): Promise<void>
  /** Resolves when nothing was printed for a while. */
  quiet(): Promise<void>
  interrupt(): void
}

function startCommand(command: Command, env: Record<string, string>, cwd: string): Started {
  const child: ChildProcess = spawn('/bin/sh', ['-c', command.mode === 'background' ? `exec ${command.line}` : command.line], { env, cwd, stdio: ['pipe', 'pipe', 'pipe'] })
  const parts = { stdout: '', stderr: '' }
  let saidAt = Date.now()
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]!.setEncoding('utf8')
    child[name]!.on('data', (text: string) => {
      parts[name] += text
      saidAt = Date.now()
    })
  }
  child.stdin!.on('error', () => {}) // a command may end without reading all of it
  child.stdin!.end(command.stdin)
  const limit = setTimeout(() => child.kill('SIGKILL'), commandLimitMs)
  const ended = new Promise<Answer>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => {
      clearTimeout(limit)
      resolve({ ...parts, code: code ?? (signal === null ? 0 : 130) })
    })
  })
  return {
    ended,
    async said(lines, withinMs) {
      const deadline = Date.now() + withinMs
      while (parts.stdout.split('\n').length - 1 < lines && child.exitCode === null && Date.now() < deadline) await pause(50)
    },
    async quiet() {
      saidAt = Math.max(saidAt, Date.now() - settledMs / 2)
      while (Date.now() - saidAt < settledMs) await pause(50)
    },
    interrupt: () => child.kill('SIGINT'),
  }
}
