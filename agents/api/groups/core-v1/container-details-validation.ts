/**
 * Rules of what a container says beside its image and ports. Upstream: pkg/apis/core/validation validateResizePolicy,
 * ValidateVolumeDevices, ValidateSecurityContext.
 *
 *   CD1  A block device names a volume that is a claim or an ephemeral one, once, and not together with a mount of it.
 *   CD2  How a resource is resized is said once a resource; a pod that never restarts cannot restart for it.
 *   CD3  A profile that is given says its type.
 */
import { duplicate, invalid, notFound, notSupported, required, type FieldError } from '../../field-error.ts'
import type { ContainerResizePolicy, SecurityContext, VolumeDevice } from './types.ts'

export function validateResizePolicy(policies: readonly ContainerResizePolicy[], path: string, podRestartPolicy: string | undefined): FieldError[] {
  const seen = new Set<string>()
  return policies.flatMap(({ resourceName, restartPolicy }, index) => {
    const errors: FieldError[] = []
    if (seen.has(resourceName)) errors.push(duplicate(`${path}[${index}]`, resourceName)) // CD2
    seen.add(resourceName)
    for (const [value, known] of [[resourceName, ['cpu', 'memory']], [restartPolicy, ['NotRequired', 'RestartContainer']]] as const) {
      if (value === '') errors.push(required(path))
      else if (!(known as readonly string[]).includes(value)) errors.push(notSupported(path, value, known))
    }
    if (podRestartPolicy === 'Never' && restartPolicy !== 'NotRequired') errors.push(invalid(path, restartPolicy, "must be 'NotRequired' when pod `restartPolicy` is 'Never'"))
    return errors
  })
}

export function validateVolumeDevices(devices: readonly VolumeDevice[], path: string, volumes: ReadonlySet<string>): FieldError[] {
  const names = new Set<string>()
  const paths = new Set<string>()
  return devices.flatMap(({ name, devicePath }, index) => {
    const at = `${path}[${index}]`
    const errors: FieldError[] = []
    if (name === '') errors.push(required(`${at}.name`))
    if (names.has(name)) errors.push(invalid(`${at}.name`, name, 'must be unique')) // CD1
    if (!volumes.has(name)) errors.push(notFound(`${at}.name`, name))
    if (devicePath === '') errors.push(required(`${at}.devicePath`))
    if (paths.has(devicePath)) errors.push(invalid(`${at}.devicePath`, devicePath, 'must be unique'))
    if (devicePath.split('/').includes('..')) errors.push(invalid(`${at}.devicePath`, devicePath, "can not contain backsteps ('..')"))
    else paths.add(devicePath)
    if (name !== '') names.add(name)
    return errors
  })
}

/** The profiles of a container's security context. */
export function validateProfiles({ procMount, seccompProfile, appArmorProfile }: SecurityContext, path: string): FieldError[] {
  return [
    ...(procMount === undefined || ['Default', 'Unmasked'].includes(procMount) ? [] : [notSupported(`${path}.procMount`, procMount, ['Default', 'Unmasked'])]),
    ...Object.entries({ seccompProfile, appArmorProfile }).flatMap(([field, profile]) =>
      (profile !== undefined && profile.type === '' ? [required(`${path}.${field}.type`, `type is required when ${field} is set`)] : [])), // CD3
  ]
}
