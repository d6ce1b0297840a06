/**
 * What may be written into the status of a claim: what it was given, who uses it, and what drivers say of its devices.
 * Upstream: pkg/apis/resource/validation, pkg/registry/resource/resourceclaim.
 *
 *   CS1  An allocation never changes; it may be taken away and another given. Its results name requests of the claim.
 *   CS2  Only an allocated claim has consumers, 256 at most; one that is being deleted gets no new ones.
 *   CS3  Drivers speak of devices, and of shares of them, that the claim has. What they said of others goes with those.
 */
import { duplicate, forbidden, invalid, notSupported, required, tooMany, type FieldError } from '../../field-error.ts'
import { semanticallyEqual } from '../../schema/clone.ts'
import { immutable } from '../../validation/metadata.ts'
import { isDns1123Label, isDns1123Subdomain } from '../../validation/names.ts'
import { validateDriverName } from '../core-v1/volume-source-validation.ts'
import { validateRequestReference } from './resource-claim-validation.ts'
import { validatePoolName } from './resource-slice-validation.ts'
import type { AllocatedDeviceStatus, AllocationResult, DeviceRequestAllocationResult, ResourceClaim, ResourceClaimSpec } from './types.ts'

const mostConsumers = 256
const mostResults = 32
const mostConfigurations = 64
const mostConditions = 8

interface NamedDevice {
  readonly driver: string
  readonly pool: string
  readonly device: string
  readonly shareID?: string
}

export function validateClaimStatus({ metadata, spec, status }: ResourceClaim, { status: old }: ResourceClaim): FieldError[] {
  const { allocation, reservedFor = [], devices = [] } = status ?? {}
  const errors = reservedFor.length > mostConsumers ? [tooMany('status.reservedFor', reservedFor.length, mostConsumers)] : []
  for (const [index, { resource, name, uid }] of reservedFor.entries()) {
    const path = `status.reservedFor[${index}]`
    for (const [field, value] of Object.entries({ resource, name, uid })) if (value === '') errors.push(required(`${path}.${field}`))
    if (reservedFor.findIndex(other => other.uid === uid) < index) errors.push(duplicate(path, uid))
  }
  const allocated = new Set((allocation?.devices?.results ?? []).map(nameOf))
  for (const [index, device] of devices.entries()) errors.push(...validateDeviceStatus(device, `status.devices[${index}]`, allocated, devices.findIndex(other => nameOf(other) === nameOf(device)) < index))
  if (reservedFor.length > 0 && allocation === undefined) errors.push(forbidden('status.reservedFor', 'may not be specified when `allocated` is not set')) // CS2
  else if (metadata.deletionTimestamp !== undefined && reservedFor.some(each => !(old?.reservedFor ?? []).some(known => semanticallyEqual(known, each)))) errors.push(forbidden('status.reservedFor', 'new entries may not be added while `deallocationRequested` or `deletionTimestamp` are set'))
  if (allocation === undefined) return errors
  if (old?.allocation !== undefined) return [...errors, ...immutable(allocation, old.allocation, 'status.allocation', semanticallyEqual)] // CS1
  return [...errors, ...validateAllocation(allocation, spec, 'status.allocation.devices')]
}

/** CS3 */
export function keepAllocatedDevices(claim: ResourceClaim, { status: old }: ResourceClaim): void {
  const { status } = claim
  if (status?.devices === undefined) return
  const kept = new Set((status.allocation?.devices?.results ?? []).map(nameOf))
  const lost = new Set((old?.allocation?.devices?.results ?? []).map(nameOf).filter(name => !kept.has(name)))
  const devices = status.devices.filter(device => !lost.has(nameOf(device)))
  if (devices.length > 0) status.devices = devices
  else delete status.devices
}

/** Upstream's text of a device. */
function nameOf({ driver, pool, device, shareID }: NamedDevice): string {
  return `${driver}/${pool}/${device}${shareID === undefined ? '' : `/${shareID}`}`
}

function validateAllocation({ devices }: AllocationResult, spec: ResourceClaimSpec, path: string): FieldError[] {
  const { results = [], config = [] } = devices ?? {}
  const errors = results.length > mostResults ? [tooMany(`${path}.results`, results.length, mostResults)] : results.flatMap((result, index) => validateResult(result, spec, `${path}.results[${index}]`))
  if (config.length > mostConfigurations) return [...errors, tooMany(`${path}.config`, config.length, mostConfigurations)]
  return [...errors, ...config.flatMap(({ source, requests = [], opaque }, index) => {
    const at = `${path}.config[${index}]`
    return [
      ...(source === '' ? [required(`${at}.source`)] : source === 'FromClaim' || source === 'FromClass' ? [] : [notSupported(`${at}.source`, source, ['FromClaim', 'FromClass'])]),
      ...requests.flatMap((name, each) => validateRequestReference(name, spec, `${at}.requests[${each}]`)),
      ...(opaque === undefined ? [required(`${at}.opaque`)] : validateDriverName(opaque.driver, `${at}.opaque.driver`, isDns1123Subdomain)),
    ]
  })]
}

function validateResult(result: DeviceRequestAllocationResult, spec: ResourceClaimSpec, path: string): FieldError[] {
  return [...validateRequestReference(result.request, spec, `${path}.request`), ...validateName(result, path)]
}

function validateName({ driver, pool, device, shareID }: NamedDevice, path: string): FieldError[] {
  return [
    ...validateDriverName(driver, `${path}.driver`, isDns1123Subdomain), ...validatePoolName(pool, `${path}.pool`),
    ...(device === '' ? [required(`${path}.device`)] : isDns1123Label(device).map(text => invalid(`${path}.device`, device, text))),
    ...(shareID === undefined ? [] : validateUid(shareID, `${path}.shareID`)),
  ]
}

function validateUid(uid: string, path: string): FieldError[] {
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(uid)) return []
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(uid)) return [invalid(path, uid, 'uid must be in RFC 4122 normalized form, `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx` with lowercase hexadecimal characters')]
  return [invalid(path, uid, `error validating uid: ${uid.length === 36 ? 'invalid UUID format' : `invalid UUID length: ${uid.length}`}`)]
}

/** CS3 */
function validateDeviceStatus(device: AllocatedDeviceStatus, path: string, allocated: ReadonlySet<string>, isRepeated: boolean): FieldError[] {
  const conditions = device.conditions ?? []
  return [
    ...validateName(device, path),
    ...(allocated.has(nameOf(device)) ? [] : [invalid(path, nameOf(device), 'must be an allocated device in the claim')]),
    ...(conditions.length > mostConditions ? [tooMany(`${path}.conditions`, conditions.length, mostConditions)] : []),
    ...(isRepeated ? [duplicate(path, nameOf(device))] : []),
  ]
}
