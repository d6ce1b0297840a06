/** Every kubectl on this machine, and a way to run one as a person would. */
import { execFile, spawnSync } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { findPrograms } from './programs.ts'

export interface KubectlProgram {
  /** "1.32" */
  readonly version: string
  readonly path: string
}

/** Oldest first. Named `kubectl.1.36`, `kubectl-1.36` or `kubectl1.36`; the version of a plain `kubectl` is asked of it. */
export function findKubectls(): KubectlProgram[] {
  const found = new Map<string, string>()
  for (const { path, caught } of [...findPrograms(/^kubectl[.-]?(1\.\d+)$/), ...findPrograms(/^kubectl$/)]) {
    const version = caught ?? versionOf(path)
    if (version !== undefined && !found.has(version)) found.set(version, path)
  }
  return [...found].map(([version, path]) => ({ version, path })).sort((a, b) => Number(a.version.slice(2)) - Number(b.version.slice(2)))
}

function versionOf(path: string): string | undefined {
  const { stdout } = spawnSync(path, ['version', '--client', '--output=json'], { encoding: 'utf8', timeout: 20_000 })
  return /"gitVersion": ?"v(1\.\d+)\./.exec(stdout ?? '')?.[1]
}

export interface CommandResult {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export type Kubectl = (line: string, options?: { stdin?: string; timeoutMs?: number; env?: Readonly<Record<string, string>> }) => Promise<CommandResult>

/** Words of the line are split at blanks; 'quoted parts' stay together. What kubectl leaves behind lies beside its kubeconfig, and goes with it. */
export function kubectlWith(program: KubectlProgram, kubeconfig: string): Kubectl {
  const home = mkdtempSync(join(dirname(kubeconfig), 'kubectl-')) // each has its own discovery cache
  return (line, options = {}) => new Promise(resolve => {
    const words = (line.match(/(?:[^\s']|'[^']*')+/g) ?? []).map(word => word.replaceAll("'", ''))
    const child = execFile(program.path, words, { env: { PATH: process.env['PATH'] ?? '', HOME: home, TMPDIR: home, KUBECONFIG: kubeconfig, ...options.env }, timeout: options.timeoutMs ?? 90_000 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1
      resolve({ code, stdout, stderr })
    })
    child.stdin?.end(options.stdin ?? '')
  })
}
