import { closeSync, openSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { basename, dirname } from 'node:path'

/** sun_path less its closing zero, of the smallest of the systems we run on. */
const longestPath = 103

/** Connects to a unix socket, also where its path is too long for a socket address (Linux: through the open folder). */
export function connectUnix(path: string): Promise<Socket> {
  const folder = Buffer.byteLength(path) > longestPath && process.platform === 'linux' ? openSync(dirname(path), 'r') : undefined
  const socket = connect({ path: folder === undefined ? path : `/proc/self/fd/${folder}/${basename(path)}` })
  return new Promise((resolve, reject) => {
    const done = (act: () => void) => {
      socket.removeAllListeners()
      if (folder !== undefined) closeSync(folder)
      act()
    }
    socket.once('connect', () => { done(() => { resolve(socket) }) })
    socket.once('error', error => { done(() => { reject(error) }) })
  })
}
