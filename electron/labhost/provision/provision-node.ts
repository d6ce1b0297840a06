/**
 * Makes a machine have these files and run these services: the generic part of turning a machine into a node. What the
 * files and services are is decided by whoever composes the lab.
 *
 *   PN1  Repeating it changes and restarts nothing.
 *   PN2  A service is restarted only when its own definition, or a file it names in restartOn, changed.
 *   PN3  A file that a service had and no longer has is the caller's to remove.
 */
import type { Clock } from '../../../agents/base/clock.ts'
import type { RemoteFile } from './remote-file.ts'
import type { Service } from './service.ts'
import { detectInit, type InitSystem, type ServiceLink, serviceManager } from './service-manager.ts'
import { runSteps, type Step, type StepProgress } from './steps.ts'
import { uploadFiles } from './upload.ts'

export interface NodeProvisioning {
  readonly link: ServiceLink
  /** Found out when not given. */
  readonly init?: InitSystem
  readonly files: readonly RemoteFile[]
  readonly services: readonly Service[]
  /** Steps before the files are brought, and after the services were started. */
  readonly before?: readonly Step<ServiceLink>[]
  readonly after?: readonly Step<ServiceLink>[]
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly onProgress?: (progress: StepProgress) => void
}

export interface ProvisioningResult {
  readonly changedFiles: readonly string[]
  readonly restartedServices: readonly string[]
}

export async function provisionNode(wanted: NodeProvisioning): Promise<ProvisioningResult> {
  const { link, signal } = wanted
  let changed: readonly string[] = []
  let restarted: readonly string[] = []
  const manager = serviceManager(link, wanted.init ?? await detectInit(link))
  const names = wanted.services.map(service => service.name)
  const steps: Step<ServiceLink>[] = [
    ...(wanted.before ?? []),
    {
      name: 'bring files',
      async apply() {
        const files = [...wanted.files, ...wanted.services.flatMap(service => manager.filesOf(service))]
        changed = (await uploadFiles(link, files, { signal })).changed
      },
    },
    {
      name: 'start services',
      async apply() {
        const asleepStates = ['absent', 'stopped']
        const states = new Map((await manager.status(names)).map(status => [status.name, status.state]))
        const asleep = names.filter(name => asleepStates.includes(states.get(name) ?? 'absent'))
        restarted = planRestarts(wanted.services, changed, service => pathsOf(manager.filesOf(service))).filter(name => !asleep.includes(name))
        const isRedefined = changed.some(path => wanted.services.some(service => pathsOf(manager.filesOf(service)).includes(path)))
        if (asleep.length > 0) await manager.enable(asleep)
        else if (isRedefined) await manager.reload()
        await manager.restart(restarted)
      },
    },
    ...(wanted.after ?? []),
  ]
  await runSteps(steps, link, { clock: wanted.clock, signal, ...(wanted.onProgress === undefined ? {} : { onProgress: wanted.onProgress }) })
  return { changedFiles: changed, restartedServices: restarted }
}

function pathsOf(files: readonly RemoteFile[]): readonly string[] {
  return files.map(file => file.path)
}

/** PN2 */
export function planRestarts(services: readonly Service[], changed: readonly string[], definitionOf: (service: Service) => readonly string[]): readonly string[] {
  return services
    .filter(service => changed.some(path => definitionOf(service).includes(path) || (service.restartOn ?? []).some(prefix => path.startsWith(prefix))))
    .map(service => service.name)
}
