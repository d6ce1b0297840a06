/**
 * APIServices for the groups and versions that this server answers itself, so that all are listed in one place.
 * Upstream: pkg/controlplane/apiserver/aggregator.go, kube-aggregator/pkg/controllers/autoregister.
 *
 *   LS1  Built-in ones are made at the start and put right then; those of custom resources follow their definitions.
 *   LS2  One whose group version is gone is removed, if this server made it.
 *   LS3  One that somebody else made, or took over by removing the label, is left alone.
 */
import { errorText } from '../../../base/log.ts'
import { ensureObject, serverContext } from '../bootstrap/ensure-objects.ts'
import type { BootstrapDeps, WantedObject } from '../bootstrap/ensure-objects.ts'
import { ApiError } from '../http/api-error.ts'
import { groupPriorityOf, isBuiltInGroup } from '../discovery/group-priority.ts'
import { sameValue } from '../registry/object-equality.ts'

const apiServices = { group: 'apiregistration.k8s.io', resource: 'apiservices' }
const managedLabel = 'kube-aggregator.kubernetes.io/automanaged'
const versionPriorities: Readonly<Record<string, number>> = { '/v1': 1, 'events.k8s.io/v1': 5, 'autoscaling/v2': 30, 'flowcontrol.apiserver.k8s.io/v1': 21 }
const customVersionPriority = 100
const builtInVersionPriority = 15

/** Brings the objects in line with what the table serves now. */
export async function keepLocalServices(deps: BootstrapDeps, signal: AbortSignal): Promise<void> {
  const wanted = wantedServices(deps)
  await Promise.all(wanted.map(object => ensureObject(object, deps, signal)))
  const names = new Set(wanted.map(({ object }) => object.metadata.name))
  for (const { metadata } of deps.table.list(apiServices)) {
    if (metadata.labels?.[managedLabel] === undefined || names.has(metadata.name!)) continue
    await deps.writer.delete({ resource: deps.table.stored(apiServices)!, namespace: '', name: metadata.name! }, {}, serverContext(signal)).catch((error: unknown) => { // LS2
      if (!(error instanceof ApiError && error.reason === 'NotFound')) deps.log.warn('api service could not be removed', { apiService: metadata.name, error: errorText(error) })
    })
  }
}

function wantedServices({ table }: BootstrapDeps): WantedObject[] {
  const versions = new Map(table.resources.map(({ group, version }) => [`${group}/${version}`, { group, version }]))
  return [...versions.values()].filter(({ group }) => group !== apiServices.group).map(({ group, version }) => {
    const isBuiltIn = isBuiltInGroup(group)
    const spec = {
      ...(group === '' ? {} : { group }), version, groupPriorityMinimum: groupPriorityOf(group),
      versionPriority: versionPriorities[`${group}/${version}`] ?? (isBuiltIn ? builtInVersionPriority : customVersionPriority),
    }
    const labels = { [managedLabel]: isBuiltIn ? 'onstart' : 'true' }
    return {
      ...apiServices,
      namespace: '',
      object: { metadata: { name: `${version}.${group}`, labels }, spec },
      mend: existing => {
        if (existing.metadata.labels?.[managedLabel] === undefined) return undefined // LS3
        return sameValue(existing['spec'], spec) ? undefined : { ...existing, spec }
      },
    }
  })
}
