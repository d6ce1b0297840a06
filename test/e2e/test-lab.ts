/**
 * A real lab for end-to-end tests, driven as a user drives it: through the command line and kubectl, in a home of its own.
 *
 * One lab is shared by the tests of a file. Images may be shared between homes through KUBARIUM_TEST_IMAGES, so that a
 * developer does not build them again for every run.
 */
import { execFile, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { cp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { resultsFolder } from '../summary-reporter.ts'

const root = join(import.meta.dirname, '..', '..')
const launcher = join(root, 'electron', 'cli', 'launch.mjs')

export type TestProvider = 'qemu' | 'namespace'

export interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Why labs of this provider cannot run here, or null. */
export function whyNoLab(provider: TestProvider): string | null {
  if (process.platform !== 'linux') return 'the tests drive Linux machines only'
  if (!existsSync('/usr/bin/mmdebstrap')) return 'mmdebstrap is missing, so the worker image cannot be built'
  if (provider === 'qemu' && !existsSync('/usr/bin/qemu-system-x86_64')) return 'qemu-system-x86_64 is missing'
  if (provider === 'namespace' && process.getuid?.() !== 0) return 'namespace machines need root'
  return null
}

/** Limits that only a test which has failed reaches, however busy the machine is. */
export const patience = { commandMs: 240_000, eventuallyMs: 240_000 } as const

export class TestLab {
  readonly home: string
  readonly name: string
  readonly provider: TestProvider
  readonly #started = new Set<ChildProcess>()

  constructor(provider: TestProvider, name = 'default') {
    this.provider = provider
    this.name = name
    this.home = mkdtempSync(join(tmpdir(), `kubarium-e2e-${provider}-`))
    const shared = process.env['KUBARIUM_TEST_IMAGES']
    if (shared === undefined) return
    mkdirSync(shared, { recursive: true })
    symlinkSync(shared, join(this.home, 'images'))
  }

  get environment(): Record<string, string> {
    return { ...(process.env as Record<string, string>), KUBARIUM_HOME: this.home, KUBARIUM_SKIP_BUILD: '1', KUBECONFIG: this.kubeconfig }
  }

  get kubeconfig(): string {
    return join(this.home, 'labs', this.name, 'kubeconfig')
  }

  /** `kubarium …`; never rejects for a status. */
  kubarium(argv: readonly string[], timeoutMs: number = patience.commandMs): Promise<Ended> {
    return run(process.execPath, [launcher, ...argv], this.environment, timeoutMs)
  }

  async up(nodes: number, ...more: readonly string[]): Promise<Ended> {
    const ended = await this.kubarium(['up', '--name', this.name, '--nodes', String(nodes), '--provider', this.provider, ...more], 880_000)
    if (ended.code !== 0) throw new Error(`kubarium up failed with status ${ended.code}\n${ended.stdout}\n${ended.stderr}`)
    return ended
  }

  kubectl(argv: readonly string[], timeoutMs: number = patience.commandMs, input = ''): Promise<Ended> {
    return run('kubectl', argv, this.environment, timeoutMs, input)
  }

  /** stdout of a kubectl that must succeed. */
  async must(argv: readonly string[], timeoutMs: number = patience.commandMs, input = ''): Promise<string> {
    const ended = await this.kubectl(argv, timeoutMs, input)
    if (ended.code !== 0) throw new Error(`kubectl ${argv.join(' ')} failed with status ${ended.code}: ${ended.stderr}`)
    return ended.stdout.trimEnd()
  }

  async json<T>(argv: readonly string[]): Promise<T> {
    return JSON.parse(await this.must([...argv, '-o', 'json'])) as T
  }

  /** A command that goes on beside the test; what still runs when the lab is removed is ended. */
  start(command: string, argv: readonly string[]): ChildProcess {
    const child = spawn(command, argv, { env: this.environment, stdio: ['pipe', 'pipe', 'pipe'] })
    this.#started.add(child)
    child.once('close', () => this.#started.delete(child))
    return child
  }

  /** A command on a node, through `kubarium ssh`. */
  async onNode(node: string, ...argv: string[]): Promise<string> {
    const ended = await this.kubarium(['ssh', '--name', this.name, node, '--', ...argv])
    if (ended.code !== 0) throw new Error(`on ${node}: ${argv.join(' ')} failed with status ${ended.code}: ${ended.stderr}`)
    return ended.stdout.trimEnd()
  }

  hostPid(): number {
    return (JSON.parse(readFileSync(join(this.home, 'host', 'host.json'), 'utf8')) as { pid: number }).pid
  }

  async componentPid(name: string): Promise<number> {
    const listed = JSON.parse((await this.kubarium(['component', 'list', '--name', this.name, '-o', 'json'])).stdout) as { name: string; pid: number | null }[]
    const pid = listed.find(one => one.name === name)?.pid
    if (pid === undefined || pid === null) throw new Error(`component ${name} has no process`)
    return pid
  }

  /** Deletes the lab, ends the lab host and what was started, and keeps the logs where a failed run can be looked into. */
  async remove(): Promise<void> {
    for (const child of this.#started) child.kill('SIGKILL')
    await cp(join(this.home, 'labs', this.name, 'logs'), join(root, resultsFolder, 'logs', `${this.provider}-${this.name}`), { recursive: true, force: true }).catch(() => {})
    await cp(join(this.home, 'host', 'host.log'), join(root, resultsFolder, 'logs', `${this.provider}-host.log`)).catch(() => {})
    await this.kubarium(['delete', '--name', this.name])
    await this.kubarium(['host', 'stop'])
    rmSync(this.home, { recursive: true, force: true })
  }
}

export function run(command: string, argv: readonly string[], environment: Record<string, string>, timeoutMs: number, input = ''): Promise<Ended> {
  return new Promise(resolve => {
    const child = execFile(command, argv, { env: environment, timeout: timeoutMs, killSignal: 'SIGKILL', maxBuffer: 64 << 20 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1
      resolve({ code, stdout, stderr: code === -1 ? `${stderr}\n${error!.message}` : stderr })
    })
    child.stdin?.on('error', () => {})
    child.stdin?.end(input)
  })
}

/** Asks until the answer is not undefined or false; fails with the last word of what it waited for. */
export async function eventually<T>(what: string, ask: () => Promise<T | undefined | false>, timeoutMs: number = patience.eventuallyMs, everyMs = 500): Promise<T> {
  const until = Date.now() + timeoutMs
  let last: unknown
  while (Date.now() < until) {
    try {
      const answer = await ask()
      if (answer !== undefined && answer !== false) return answer
    } catch (error) {
      last = error
    }
    await new Promise(resolve => setTimeout(resolve, everyMs))
  }
  throw new Error(`waited ${timeoutMs / 1_000} s in vain: ${what}${last instanceof Error ? ` (${last.message})` : ''}`)
}
