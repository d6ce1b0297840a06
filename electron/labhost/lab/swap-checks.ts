/**
 * Looks at a program before it takes a component's place, and changes nothing.
 *
 *   SC1  Each check says what it found; those that build on one that failed are left out.
 *   SC2  A program that may be executed is asked for its version, with nothing of the lab in its environment; what it answers is
 *        told, and one that does not answer may still be swapped in: whether it becomes ready is what counts.
 */
import { execFile } from 'node:child_process'
import { accessSync, constants, statSync } from 'node:fs'
import { isAbsolute } from 'node:path'
import { promisify } from 'node:util'
import type { SwapCheck } from '../../contract/components.ts'

const answerMs = 10_000
const longestAnswer = 200

export async function checkProgram(binary: string): Promise<readonly SwapCheck[]> {
  const found: SwapCheck[] = [{ check: 'absolute', ok: isAbsolute(binary), detail: binary }]
  if (!found[0]!.ok) return found // SC1
  const type = typeOf(binary)
  found.push({ check: 'file', ok: type === 'file', detail: type })
  if (type !== 'file') return found
  const executable = mayExecute(binary)
  found.push({ check: 'executable', ok: executable, detail: `0${(statSync(binary).mode & 0o777).toString(8)}` })
  if (executable) found.push(await askVersion(binary))
  return found
}

function typeOf(path: string): 'file' | 'folder' | 'other' | 'missing' {
  const stats = statSync(path, { throwIfNoEntry: false })
  return stats === undefined ? 'missing' : stats.isFile() ? 'file' : stats.isDirectory() ? 'folder' : 'other'
}

function mayExecute(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** SC2 */
async function askVersion(binary: string): Promise<SwapCheck> {
  try {
    const { stdout } = await promisify(execFile)(binary, ['--version'], { timeout: answerMs, env: { PATH: process.env['PATH'] ?? '' }, maxBuffer: 1 << 20 })
    const line = stdout.trim().split('\n')[0] ?? ''
    return { check: 'version', ok: line !== '', detail: line.slice(0, longestAnswer) }
  } catch (error) {
    return { check: 'version', ok: false, detail: (error as Error).message.split('\n')[0]!.slice(0, longestAnswer) }
  }
}
