/**
 * What the kinds of storage.k8s.io must say beyond their shape. Upstream: pkg/apis/storage/validation.
 *
 *   SV1  A CSINode names a driver once, with its node id; what stands there of a driver never changes, but for how many
 *        volumes fit.
 *   SV2  Tokens for a driver differ in their audience.
 */
import { duplicate, forbidden, invalid, notSupported, required, tooLong, type FieldError } from '../../field-error.ts'
import { semanticallyEqual } from '../../schema/clone.ts'
import { immutable } from '../../validation/metadata.ts'
import { isDns1123Subdomain, isQualifiedName } from '../../validation/names.ts'
import { nonNegative } from '../../validation/numbers.ts'
import { validateDriverName } from '../core-v1/volume-source-validation.ts'
import type { CSIDriverSpec, CSINodeDriver, TokenRequest, VolumeAttachmentSource, VolumeAttachmentSpec, VolumeAttachmentStatus } from './types.ts'

const longestNodeId = 256
const mostParameters = 512
const largestParametersBytes = 256 * 1024
const largestErrorBytes = 1024
const minTokenSeconds = 600
const maxTokenSeconds = 2 ** 32
const minUpdatePeriodSeconds = 10

/** The name of what provisions volumes. */
export function validateProvisioner(name: string, path: string): FieldError[] {
  return name === '' ? [required(path)] : isQualifiedName(name.toLowerCase()).map(text => invalid(path, name.toLowerCase(), text)) // upstream quotes what it judged
}

export function validateParameters(parameters: Readonly<Record<string, string>>, path: string): FieldError[] {
  const entries = Object.entries(parameters)
  if (entries.length > mostParameters) return [tooLong(path, mostParameters)]
  const size = entries.reduce((sum, [key, value]) => sum + key.length + value.length, 0)
  return [
    ...(Object.hasOwn(parameters, '') ? [invalid(path, '', 'field can not be empty.')] : []),
    ...(size > largestParametersBytes ? [tooLong(path, largestParametersBytes)] : []),
  ]
}

export function validateAttachmentSpec(spec: VolumeAttachmentSpec): FieldError[] {
  const volume = spec.source.persistentVolumeName
  return [
    ...validateDriverName(spec.attacher, 'spec.attacher', isDns1123Subdomain),
    ...validateAttachmentSource(spec.source, 'spec.source'),
    ...isDns1123Subdomain(spec.nodeName).map(text => invalid('spec.nodeName', spec.nodeName, text)),
    ...(volume === undefined ? [] : isDns1123Subdomain(volume).map(text => invalid('spec.source.persistentVolumeName', volume, text))),
  ]
}

function validateAttachmentSource({ inlineVolumeSpec, persistentVolumeName }: VolumeAttachmentSource, path: string): FieldError[] {
  const text = 'must specify exactly one of inlineVolumeSpec and persistentVolumeName'
  if (inlineVolumeSpec === undefined && persistentVolumeName === undefined) return [required(path, text)]
  if (inlineVolumeSpec !== undefined && persistentVolumeName !== undefined) return [forbidden(path, text)]
  return persistentVolumeName === '' ? [required(`${path}.persistentVolumeName`, 'must specify non empty persistentVolumeName')] : []
}

export function validateAttachmentStatus(status: VolumeAttachmentStatus): FieldError[] {
  const size = Object.entries(status.attachmentMetadata ?? {}).reduce((sum, [key, value]) => sum + key.length + value.length, 0)
  const errors = size > largestParametersBytes ? [tooLong('status.attachmentMetadata', largestParametersBytes)] : []
  for (const which of ['attachError', 'detachError'] as const) {
    const { message = '', errorCode } = status[which] ?? {}
    if (message.length > largestErrorBytes) errors.push(tooLong(`status.${which}.message`, largestParametersBytes)) // the limit that upstream names, too
    if (errorCode !== undefined && errorCode < 0) errors.push(invalid(`status.${which}.errorCode`, errorCode, 'must be between 0 and 2147483647, inclusive'))
  }
  return errors
}

/** SV1 */
export function validateNodeDrivers(drivers: readonly CSINodeDriver[]): FieldError[] {
  return drivers.flatMap((driver, index) => {
    const path = `spec.drivers[${index}]`
    const errors = validateDriverName(driver.name, `${path}.name`, isDns1123Subdomain)
    if (driver.nodeID === '') errors.push(required(`${path}.nodeID`))
    if (driver.nodeID.length > longestNodeId) errors.push(invalid(`${path}.nodeID`, driver.nodeID, `must be ${longestNodeId} characters or less`))
    errors.push(...nonNegative(driver.allocatable?.count, `${path}.allocatable.count`))
    if (drivers.findIndex(other => other.name === driver.name) < index) errors.push(duplicate(`${path}.name`, driver.name))
    const keys = driver.topologyKeys ?? []
    return [...errors, ...keys.flatMap((key, place) => [
      ...(key === '' ? [required(path)] : []),
      ...(keys.indexOf(key) < place ? [duplicate(path, key)] : []),
      ...isQualifiedName(key).map(text => invalid(path, key, text)),
    ])]
  })
}

/** SV1 */
export function validateNodeDriversUpdate(drivers: readonly CSINodeDriver[], old: readonly CSINodeDriver[]): FieldError[] {
  const withoutCount = ({ allocatable: _count, ...driver }: CSINodeDriver) => driver
  return old.flatMap(before => drivers
    .filter(driver => driver.name === before.name)
    .flatMap(driver => immutable(withoutCount(driver), withoutCount(before), 'spec.drivers', semanticallyEqual)))
}

const fsGroupPolicies = ['File', 'None', 'ReadWriteOnceWithFSType']
const lifecycleModes = ['Persistent', 'Ephemeral']

export function validateDriverSpec(spec: CSIDriverSpec): FieldError[] {
  const { fsGroupPolicy, tokenRequests = [], nodeAllocatableUpdatePeriodSeconds: period, serviceAccountTokenInSecrets } = spec
  return [
    ...(fsGroupPolicy !== undefined && !fsGroupPolicies.includes(fsGroupPolicy) ? [notSupported('spec.fsGroupPolicy', fsGroupPolicy, fsGroupPolicies)] : []),
    ...validateTokens(tokenRequests, 'spec.tokenRequests'),
    ...(spec.volumeLifecycleModes ?? []).filter(mode => !lifecycleModes.includes(mode)).map(mode => notSupported('spec.volumeLifecycleModes', mode, lifecycleModes)),
    ...(period !== undefined && period < minUpdatePeriodSeconds ? [invalid('spec.nodeAllocatableUpdatePeriodSeconds', period, 'must be greater than or equal to 10 seconds')] : []),
    ...(serviceAccountTokenInSecrets !== undefined && tokenRequests.length === 0 ? [invalid('spec.serviceAccountTokenInSecrets', serviceAccountTokenInSecrets, 'serviceAccountTokenInSecrets is set but no tokenRequests are specified')] : []),
  ]
}

/** SV2 */
function validateTokens(requests: readonly TokenRequest[], path: string): FieldError[] {
  return requests.flatMap(({ audience, expirationSeconds: seconds }, index) => {
    if (requests.findIndex(other => other.audience === audience) < index) return [duplicate(`${path}[${index}].audience`, audience)]
    if (seconds !== undefined && seconds < minTokenSeconds) return [invalid(`${path}[${index}].expirationSeconds`, seconds, 'may not specify a duration less than 10 minutes')]
    return seconds !== undefined && seconds > maxTokenSeconds ? [invalid(`${path}[${index}].expirationSeconds`, seconds, 'may not specify a duration larger than 2^32 seconds')] : []
  })
}
