/**
 * Keeps services running by the machine's own init: systemd in virtual machines, runit in namespace machines.
 *
 *   SM1  A service is restarted for ever, whatever ends it; only `stop` keeps it down, until `start` or the next boot.
 *   SM2  Everything here can be repeated.
 */
import { ProvisionError } from './provision-error.ts'
import type { RemoteFile } from './remote-file.ts'
import type { RemoteProcess } from './remote-process.ts'
import { runitManager } from './runit.ts'
import type { Service, ServiceStatus } from './service.ts'
import { systemdManager } from './systemd.ts'
import type { CommandRunner } from './upload.ts'

export type InitSystem = 'systemd' | 'runit'

/** What service managers need of a link. */
export interface ServiceLink extends CommandRunner {
  run(argv: readonly string[], options?: { readonly timeoutMs?: number; readonly signal?: AbortSignal }): Promise<string>
  open(argv: readonly string[]): Promise<RemoteProcess>
}

export interface ServiceManager {
  readonly init: InitSystem
  /** The files that make the init know the service. */
  filesOf(service: Service): readonly RemoteFile[]
  /** After files of services changed; `enable` includes it. */
  reload(): Promise<void>
  /** Starts it now and at every boot. Does nothing to one that runs. */
  enable(names: readonly string[]): Promise<void>
  start(name: string): Promise<void>
  stop(name: string): Promise<void>
  restart(names: readonly string[]): Promise<void>
  /** signal without the SIG; the init will start it again. */
  kill(name: string, signal: string): Promise<void>
  status(names: readonly string[]): Promise<readonly ServiceStatus[]>
  /** Its output, oldest first; with follow it goes on until closed. */
  logs(name: string, options: { readonly tail: number; readonly follow: boolean }): Promise<RemoteProcess>
  /** Stops it for good and removes its files. */
  remove(name: string): Promise<void>
}

export function serviceManager(link: ServiceLink, init: InitSystem): ServiceManager {
  return init === 'systemd' ? systemdManager(link) : runitManager(link)
}

export async function detectInit(link: ServiceLink): Promise<InitSystem> {
  const name = (await link.run(['cat', '/proc/1/comm'], { timeoutMs: 15_000 })).trim()
  if (name === 'systemd') return 'systemd'
  if (name === 'runsvdir') return 'runit'
  throw new ProvisionError('InitUnknown', `${link.name} runs "${name}" as its first process; systemd or runit is needed`)
}
