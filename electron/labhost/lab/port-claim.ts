/**
 * A claim on a port that is chosen and not bound yet. Between choosing it and the component's own `listen` lies half a second, in which
 * another lab host of this desktop (another `KUBARIUM_HOME`) would find the same port free.
 *
 * PC1 A claim is a lock in the desktop's temporary folder: of several lab hosts one has it, and a lab host that is gone has none.
 * PC2 Where no lock can be made the port is not to be had: any other port serves as well.
 */
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { releaseLock, takeLock } from '../files/process-lock.ts'

/** Dispose of it when the port is bound or not wanted any more; undefined when another lab host has claimed it. */
export function claimPort(port: number, folder = tmpdir()): Disposable | undefined {
  const path = join(folder, `kubarium-port-${port}`)
  try {
    if (!takeLock(path).taken) return undefined
  } catch {
    return undefined // PC2
  }
  return { [Symbol.dispose]: () => { releaseLock(path) } }
}
