/** Every kubectl on this machine, and a way to run one as a person would. */
import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface KubectlProgram {
  /** "1.32" */
  readonly version: string
  readonly path: string
}

const siblingFolders = ['/usr/lib/google-cloud-sdk/bin', '/usr/local/bin', '/usr/bin']

/** Oldest first. */
export function findKubectls(): KubectlProgram[] {
  const found = new Map<string, string>()
  for (const folder of siblingFolders) {
    if (!existsSync(folder)) continue
    for (const name of readdirSync(folder)) {
      const version = /^kubectl\.(1\.\d+)$/.exec(name)?.[1]
      if (version !== undefined && !found.has(version)) found.set(version, join(folder, name))
    }
  }
  return [...found].map(([version, path]) => ({ version, path })).sort((a, b) => Number(a.version.slice(2)) - Number(b.version.slice(2)))
}

export interface CommandResult {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export type Kubectl = (line: string, options?: { stdin?: string; timeoutMs?: number; env?: Readonly<Record<string, string>> }) => Promise<CommandResult>

/** Words of the line are split at blanks; 'quoted parts' stay together. */
export function kubectlWith(program: KubectlProgram, kubeconfig: string): Kubectl {
  const home = mkdtempSync(join(tmpdir(), 'kubarium-kubectl-')) // each has its own discovery cache
  return (line, options = {}) => new Promise(resolve => {
    const words = (line.match(/(?:[^\s']|'[^']*')+/g) ?? []).map(word => word.replaceAll("'", ''))
    const child = execFile(program.path, words, { env: { PATH: process.env['PATH'] ?? '', HOME: home, KUBECONFIG: kubeconfig, ...options.env }, timeout: options.timeoutMs ?? 90_000 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1
      resolve({ code, stdout, stderr })
    })
    child.stdin?.end(options.stdin ?? '')
  })
}
