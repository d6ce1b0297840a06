/**
 * What a new lab runs on where nothing was said about it: machines; simulated nodes where machines cannot be had, and then it is
 * said plainly. Pure.
 *
 *   FB1  Machines cannot be had when something they need is missing and nobody here may install it.
 *   FB2  Whoever asks for a provider, or writes a Lab file, gets that or an error.
 */
import type { DoctorFinding, Provider } from '../../contract/labs.ts'

export interface DefaultProvider {
  readonly provider: Provider
  /** For the user; null where the usual is done. */
  readonly notice: string | null
}

/** Checks that say nothing about machines. */
const notOfMachines = new Set(['node'])

export function defaultProvider(findings: readonly DoctorFinding[], mayInstall: boolean): DefaultProvider {
  const missing = findings.filter(({ check, state }) => state === 'missing' && !notOfMachines.has(check))
  if (missing.length === 0 || mayInstall) return { provider: 'qemu', notice: null } // FB1
  const remedies = missing.flatMap(({ remedy }) => (remedy === null ? [] : [remedy]))
  return {
    provider: 'simulated',
    notice: `Virtual machines cannot be had here: ${missing.map(({ text }) => text).join(' ')} This lab gets SIMULATED nodes: its control plane is real, its nodes and pods are only played, so nothing runs in them.${remedies.length === 0 ? '' : ` For real workers: ${remedies.join('; ')}; then: kubarium delete, and kubarium up.`}`,
  }
}
