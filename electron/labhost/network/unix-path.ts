import { closeSync, openSync } from 'node:fs'
import { basename, dirname } from 'node:path'

/** sun_path less its closing zero, of the smallest of the systems we run on. */
const longestPath = 103

/**
 * A path by which a unix socket can be reached although its own path is too long for a socket address. On Linux the
 * folder is opened and named through /proc; elsewhere the path is given back as it is. `close` it after connecting.
 */
export function reachableSocketPath(path: string): { readonly path: string; close(): void } {
  if (Buffer.byteLength(path) <= longestPath || process.platform !== 'linux') return { path, close() {} }
  const folder = openSync(dirname(path), 'r')
  let open = true
  const close = () => {
    if (open) closeSync(folder)
    open = false
  }
  return { path: `/proc/self/fd/${folder}/${basename(path)}`, close }
}
