/**
 * Processors of a worker that says nothing of them.
 *
 *   UC1  An emulated machine has one: it boots faster with one, and each of its processors takes a whole one of the desktop's.
 *   UC2  With hardware acceleration a machine has half of the desktop's processors, at least two where the desktop has two,
 *        at most four: two workers then fill the desktop and do not crowd it.
 *   UC3  Where acceleration is not known (a document that is only read, QEMU not installed) it counts as emulation.
 *   UC4  A namespace machine has two: they are shares of the desktop's, not processors of its own.
 */
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import type { Clock } from '../../../agents/base/clock.ts'
import type { Provider } from '../../contract/labs.ts'
import { type AccelerationVerdict, findAcceleration, verdictFile } from '../machines/qemu/acceleration.ts'

export type UsualCpus = (provider: Provider) => number

const most = 4
const ofNamespaceMachine = 2

export function usualCpusOf(accelerator: AccelerationVerdict['accelerator'] | undefined, desktopCpus: number): UsualCpus {
  const ofVirtualMachine = accelerator === undefined || accelerator === 'tcg' ? 1 : Math.max(Math.min(2, desktopCpus), Math.min(most, Math.floor(desktopCpus / 2))) // UC1, UC2, UC3
  return provider => (provider === 'qemu' ? ofVirtualMachine : ofNamespaceMachine) // UC4
}

/** UC3 */
export const cautiousCpus: UsualCpus = usualCpusOf(undefined, 1)

/** What was found of the desktop, and what follows from it. The trial is made once for each boot of the desktop (AC3). */
export interface UsualMachine {
  readonly cpus: UsualCpus
  readonly isAccelerated: boolean
  /** One plain line for the user; null where QEMU does not work. */
  readonly text: string | null
}

export async function findUsualMachine(hostDir: string, clock: Clock): Promise<UsualMachine> {
  const verdict = await findAcceleration(join(hostDir, verdictFile), clock).catch((error: unknown) => ({ broken: String(error) }))
  const known = 'broken' in verdict ? undefined : verdict
  const cpus = usualCpusOf(known?.accelerator, availableParallelism())
  return { cpus, isAccelerated: known !== undefined && known.accelerator !== 'tcg', text: known === undefined ? null : `${known.text} A virtual machine has ${cpus('qemu') === 1 ? 'one processor' : `${cpus('qemu')} processors`} unless it says otherwise.` }
}
