/**
 * Rules of what a container says beside its image and ports. Upstream: pkg/apis/core/validation validateResizePolicy,
 * ValidateVolumeDevices, validateContainerRestartPolicy.
 *
 *   CD1  A block device names a volume that is a claim or an ephemeral one, once, and not together with a mount of it.
 *   CD2  How a resource is resized is said once a resource; a pod that never restarts cannot restart for it.
 *   CD3  Rules by which a container is started again need a policy, an action that is known, and exit codes.
 */
import { duplicate, invalid, notFound, notSupported, required, tooMany, type FieldError } from '../../field-error.ts'
import type { ContainerResizePolicy, ContainerRestartRule, VolumeDevice } from './types.ts'

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

const restartPolicies = ['Always', 'Never', 'OnFailure']
const restartActions = ['Restart', 'RestartAllContainers']
const exitCodeOperators = ['In', 'NotIn']
const mostRules = 20
const mostExitCodes = 255

/** CD3 */
export function validateRestart({ restartPolicy, restartPolicyRules = [] }: { readonly restartPolicy?: string; readonly restartPolicyRules?: readonly Partial<ContainerRestartRule>[] }, path: string): FieldError[] {
  const errors: FieldError[] = []
  if (restartPolicy === undefined && restartPolicyRules.length > 0) errors.push(required(`${path}.restartPolicy`, 'must specify restartPolicy when restart rules are used'))
  if (restartPolicy !== undefined && !restartPolicies.includes(restartPolicy)) errors.push(notSupported(`${path}.restartPolicy`, restartPolicy, restartPolicies))
  if (restartPolicyRules.length > mostRules) errors.push(tooMany(`${path}.restartPolicyRules`, restartPolicyRules.length, mostRules))
  return [...errors, ...restartPolicyRules.flatMap(({ action = '', exitCodes }, index) => {
    const at = `${path}.restartPolicyRules[${index}]`
    return [
      ...(restartActions.includes(action) ? [] : [notSupported(`${at}.action`, action, restartActions)]),
      ...(exitCodes === undefined ? [required(`${at}.exitCodes`, 'must be specified')] : []),
      ...(exitCodes !== undefined && !exitCodeOperators.includes(exitCodes.operator ?? '') ? [notSupported(`${at}.exitCodes.operator`, exitCodes.operator ?? '', exitCodeOperators)] : []),
      ...((exitCodes?.values ?? []).length > mostExitCodes ? [tooMany(`${at}.exitCodes.values`, exitCodes!.values!.length, mostExitCodes)] : []),
    ]
  })]
}

/** The restart of an init container; one without a policy says only that its rules need one. */
export function validateInitRestart(container: Parameters<typeof validateRestart>[0], path: string): FieldError[] {
  return container.restartPolicy === undefined ? validateRestart(container, path).filter(error => error.path === `${path}.restartPolicy`) : validateRestart(container, path)
}
