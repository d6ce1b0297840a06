/** Dynamic resource allocation: DeviceClass, ResourceClaim, ResourceClaimTemplate, ResourceSlice. */
import { allButStatus, defineKind } from '../../define-kind.ts'
import { invalid } from '../../field-error.ts'
import { ageCell } from '../../printing.ts'
import { deviceClasses, resourceClaims, resourceClaimTemplates, resourceSlices } from '../../resources.ts'
import { semanticallyEqual } from '../../schema/clone.ts'
import { isExtendedResourceName } from '../../validation/resource-names.ts'
import { immutable, validateTemplateMeta } from '../../validation/metadata.ts'
import { keepAllocatedDevices, validateClaimStatus } from './resource-claim-status-validation.ts'
import { validateClaimSpec, validateOpaque, validateSelectors } from './resource-claim-validation.ts'
import { validateSliceChange, validateSliceSpec } from './resource-slice-validation.ts'
import type { Device, DeviceClass, DeviceRequest, ResourceClaim, ResourceClaimSpec, ResourceClaimTemplate, ResourceSlice } from './types.ts'

function setRequestDefaults(request: DeviceRequest): void {
  for (const each of [request.exactly, ...(request.firstAvailable ?? [])]) {
    if (each === undefined) continue
    each.allocationMode ??= 'ExactCount'
    if (each.allocationMode === 'ExactCount') each.count ??= 1
    for (const toleration of each.tolerations ?? []) toleration.operator ??= 'Equal'
  }
}

function setClaimSpecDefaults(spec: ResourceClaimSpec | undefined): void {
  spec?.devices?.requests?.forEach(setRequestDefaults)
}

export const deviceClass = defineKind<DeviceClass>(deviceClasses, {
  hasGeneration: true,
  printer: 'printDeviceClass',
  returnsDeletedObject: true,
  validate: ({ spec }) => [
    ...validateSelectors(spec?.selectors, 'spec.selectors'),
    ...(spec?.config ?? []).flatMap(({ opaque }, index) => validateOpaque(opaque, `spec.config[${index}].opaque`)),
    ...(spec?.extendedResourceName === undefined || isExtendedResourceName(spec.extendedResourceName) ? [] : [invalid('spec.extendedResourceName', spec.extendedResourceName, 'must be a valid extended resource name')]),
  ],
  cells: ({ metadata }, now) => [metadata.name, ageCell(metadata.creationTimestamp, now)],
})

export const resourceClaim = defineKind<ResourceClaim>(resourceClaims, {
  printer: 'printResourceClaim',
  statusKeeps: allButStatus,
  returnsDeletedObject: true,
  setDefaults: object => { setClaimSpecDefaults(object.spec) },
  validate: object => validateClaimSpec(object.spec, 'spec'),
  validateUpdateIsComplete: true,
  validateUpdate: (object, old) => immutable(object.spec, old.spec, 'spec', semanticallyEqual),
  prepareForStatusUpdate: keepAllocatedDevices,
  validateStatusUpdate: validateClaimStatus,
  cells({ metadata, status }, now) {
    const states: string[] = []
    if (metadata.deletionTimestamp !== undefined) states.push('deleted')
    if (status.allocation === undefined) {
      if (metadata.deletionTimestamp === undefined) states.push('pending')
    } else {
      states.push('allocated')
      if ((status.reservedFor ?? []).length > 0) states.push('reserved')
    }
    return [metadata.name, states.join(','), ageCell(metadata.creationTimestamp, now)]
  },
})

export const resourceClaimTemplate = defineKind<ResourceClaimTemplate>(resourceClaimTemplates, {
  printer: 'printResourceClaimTemplate',
  returnsDeletedObject: true,
  setDefaults: object => { setClaimSpecDefaults(object.spec.spec) },
  validate: object => [...validateTemplateMeta(object.spec.metadata, 'spec.metadata'), ...validateClaimSpec(object.spec.spec, 'spec.spec')],
  validateUpdateIsComplete: true,
  validateUpdate: (object, old) => immutable(object.spec, old.spec, 'spec', semanticallyEqual),
  cells: ({ metadata }, now) => [metadata.name, ageCell(metadata.creationTimestamp, now)],
})

/** What a device takes of a node's own resources is upstream's, behind a gate that is off. */
function dropMappings(devices: readonly Device[] | undefined, old: readonly Device[] | undefined): void {
  if (old?.some(device => device.nodeAllocatableResourceMappings !== undefined) === true) return
  for (const device of devices ?? []) delete device.nodeAllocatableResourceMappings
}

export const resourceSlice = defineKind<ResourceSlice>(resourceSlices, {
  hasGeneration: true,
  printer: 'printResourceSlice',
  returnsDeletedObject: true,
  prepareForCreate: ({ spec }) => { dropMappings(spec.devices, undefined) },
  prepareForUpdate: (object, old) => { dropMappings(object.spec.devices, old.spec.devices) },
  validate: ({ spec }) => validateSliceSpec(spec),
  validateUpdate: (object, old) => validateSliceChange(object.spec, old.spec),
  validatesBeforeChange: true,
  selectableFields: { 'spec.nodeName': object => object.spec.nodeName ?? '', 'spec.driver': object => object.spec.driver },
  cells: ({ metadata, spec }, now) => [metadata.name, spec.nodeName ?? '<unset>', spec.driver, spec.pool.name, ageCell(metadata.creationTimestamp, now)],
})
