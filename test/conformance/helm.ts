/** Every Helm on this machine, and a way to run one as a person would. */
import { execFile, spawnSync } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CommandResult } from '../integration/kubectl.ts'
import { findPrograms } from '../integration/programs.ts'

export interface HelmProgram {
  /** 3 or 4 */
  readonly major: number
  readonly path: string
}

export type Helm = (...words: readonly string[]) => Promise<CommandResult>

/** One a major version, oldest first. Named `helm`, `helm3`, `helm4`; the version is asked of it. */
export function findHelms(): HelmProgram[] {
  const found = new Map<number, string>()
  for (const { path } of findPrograms(/^helm(?:[.-]?v?[34][\d.]*)?$/)) {
    const major = majorOf(path)
    if (major !== undefined && !found.has(major)) found.set(major, path)
  }
  return [...found].map(([major, path]) => ({ major, path })).sort((a, b) => a.major - b.major)
}

function majorOf(path: string): number | undefined {
  const { stdout } = spawnSync(path, ['version', '--short'], { encoding: 'utf8', timeout: 20_000 })
  const major = /^v(\d+)\./.exec(stdout ?? '')?.[1]
  return major === undefined ? undefined : Number(major)
}

/** Its caches and plugins lie in a folder of its own. */
export function helmWith(program: HelmProgram, kubeconfig: string): Helm {
  const home = mkdtempSync(join(tmpdir(), 'kubarium-helm-'))
  return (...words) => new Promise(resolve => {
    execFile(program.path, words, { env: { PATH: process.env['PATH'] ?? '', HOME: home, KUBECONFIG: kubeconfig }, timeout: 180_000 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1
      resolve({ code, stdout, stderr })
    })
  })
}
