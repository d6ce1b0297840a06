/** What a worker is like here when nothing is said of it; a trial of QEMU's accelerators where none was made since the desktop booted. */
import { systemClock } from '../../agents/runtime/system.ts'
import { type UsualMachine, findUsualMachine } from '../labhost/lab/usual-cpus.ts'
import { localHome } from './reach-host.ts'

export function usualMachine(): Promise<UsualMachine> {
  return findUsualMachine(localHome().hostDir, systemClock)
}
