/** Programs of others that this machine happens to have: looked for in PATH, and where distributions keep several versions. */
import { accessSync, constants, readdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'

const moreFolders = ['/usr/lib/google-cloud-sdk/bin', '/usr/local/bin', '/usr/bin']

/** Paths of the executable files whose name fits, those of PATH first, each with what the pattern caught. */
export function findPrograms(name: RegExp): { readonly path: string; readonly caught: string | undefined }[] {
  const folders = new Set([...(process.env['PATH'] ?? '').split(delimiter).filter(folder => folder !== ''), ...moreFolders])
  return [...folders].flatMap(folder => namesIn(folder).flatMap(each => {
    const found = name.exec(each)
    const path = join(folder, each)
    return found !== null && isExecutable(path) ? [{ path, caught: found[1] }] : []
  }))
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).sort()
  } catch {
    return [] // PATH may name folders that are not there
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
