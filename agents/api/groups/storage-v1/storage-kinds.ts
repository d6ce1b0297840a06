/** StorageClass, VolumeAttributesClass, CSIDriver, CSINode, CSIStorageCapacity, VolumeAttachment. */
import { allButStatus, defineKind } from '../../define-kind.ts'
import { duplicate, forbidden, invalid, notSupported, required, type FieldError } from '../../field-error.ts'
import { ageCell } from '../../printing.ts'
import { csiDrivers, csiNodes, csiStorageCapacities, storageClasses, volumeAttachments, volumeAttributesClasses } from '../../resources.ts'
import { semanticallyEqual } from '../../schema/clone.ts'
import { immutable, validateLabelName, validateLabelSelector } from '../../validation/metadata.ts'
import { isDns1123Subdomain } from '../../validation/names.ts'
import { nonNegativeQuantity } from '../../validation/numbers.ts'
import { validateAttachmentSpec, validateAttachmentStatus, validateDriverSpec, validateNodeDrivers, validateNodeDriversUpdate, validateParameters, validateProvisioner } from './storage-validation.ts'
import type { CSIDriver, CSINode, CSIStorageCapacity, StorageClass, VolumeAttachment, VolumeAttributesClass } from './types.ts'

const defaultClass = 'storageclass.kubernetes.io/is-default-class'
const betaDefaultClass = 'storageclass.beta.kubernetes.io/is-default-class'

export const storageClass = defineKind<StorageClass>(storageClasses, {
  printer: 'printStorageClass',
  returnsDeletedObject: true,
  setDefaults(object) {
    object.reclaimPolicy ??= 'Delete'
    object.volumeBindingMode ??= 'Immediate'
  },
  validate(object) {
    const errors = [...validateProvisioner(object.provisioner, 'provisioner'), ...validateParameters(object.parameters ?? {}, 'parameters')]
    if (!['', 'Delete', 'Retain'].includes(object.reclaimPolicy ?? '')) errors.push(notSupported('reclaimPolicy', object.reclaimPolicy ?? '', ['Delete', 'Retain']))
    if (!['Immediate', 'WaitForFirstConsumer'].includes(object.volumeBindingMode ?? '')) errors.push(notSupported('volumeBindingMode', object.volumeBindingMode ?? '', ['Immediate', 'WaitForFirstConsumer']))
    errors.push(...validateTopologies(object.allowedTopologies ?? [], 'allowedTopologies'))
    return errors
  },
  validateUpdate(object, old) {
    const errors: FieldError[] = []
    if (!semanticallyEqual(object.parameters, old.parameters)) errors.push(forbidden('parameters', 'updates to parameters are forbidden.'))
    errors.push(...immutable(object.provisioner, old.provisioner, 'provisioner', semanticallyEqual))
    if (object.reclaimPolicy !== old.reclaimPolicy) errors.push(forbidden('reclaimPolicy', 'updates to reclaimPolicy are forbidden.'))
    return [...errors, ...immutable(object.volumeBindingMode, old.volumeBindingMode, 'volumeBindingMode', semanticallyEqual)]
  },
  cells({ metadata, provisioner, reclaimPolicy, volumeBindingMode, allowVolumeExpansion }, now) {
    const isDefault = metadata.annotations?.[defaultClass] === 'true' || metadata.annotations?.[betaDefaultClass] === 'true'
    return [isDefault ? `${metadata.name} (default)` : metadata.name, provisioner, reclaimPolicy ?? 'Delete', volumeBindingMode ?? '<unset>', allowVolumeExpansion ?? false, ageCell(metadata.creationTimestamp, now)]
  },
})

type Topology = NonNullable<StorageClass['allowedTopologies']>[number]

/** Terms differ; upstream holds even the first to differ from a term that says nothing. */
function validateTopologies(terms: readonly Topology[], path: string): FieldError[] {
  const seen = new Set([termText({})])
  return terms.flatMap((term, index) => {
    const at = `${path}[${index}].matchLabelExpressions`
    const errors = validateTopology(term.matchLabelExpressions ?? [], at)
    const text = termText(term)
    if (seen.has(text)) errors.push(duplicate(at, ''))
    seen.add(text)
    return errors
  })
}

/** Terms have the same text when they mean the same, in whatever order. */
function termText({ matchLabelExpressions }: Topology): string {
  return JSON.stringify((matchLabelExpressions ?? []).map(({ key, values }) => JSON.stringify([key, [...new Set(values ?? [])].sort()])).sort())
}

function validateTopology(expressions: NonNullable<Topology['matchLabelExpressions']>, path: string): FieldError[] {
  const keys = new Set<string>()
  return expressions.flatMap(({ key, values }, index) => {
    const at = `${path}[${index}]`
    const errors = (values ?? []).length === 0 ? [required(`${at}.values`)] : values.flatMap((value, place) => (values.indexOf(value) < place ? [duplicate(`${at}.values[${place}]`, value)] : []))
    errors.push(...validateLabelName(key, `${at}.key`))
    if (keys.has(key)) errors.push(duplicate(`${at}.key`, key))
    keys.add(key)
    return errors
  })
}

export const volumeAttributesClass = defineKind<VolumeAttributesClass>(volumeAttributesClasses, {
  printer: 'printVolumeAttributesClass',
  returnsDeletedObject: true,
  validate: ({ driverName, parameters = {} }) => [
    ...validateProvisioner(driverName, 'driverName'),
    ...validateParameters(parameters, 'parameters'),
    ...(Object.keys(parameters).length === 0 ? [required('parameters', 'must contain at least one key/value pair')] : []),
  ],
  validateUpdate: (object, old) => [
    ...(object.driverName === old.driverName ? [] : [forbidden('driverName', 'updates to driverName are forbidden.')]),
    ...(semanticallyEqual(object.parameters, old.parameters) ? [] : [forbidden('parameters', 'updates to parameters are forbidden.')]),
  ],
  cells: ({ metadata, driverName }, now) => [metadata.annotations?.['storageclass.kubernetes.io/is-default-class'] === 'true' ? `${metadata.name} (default)` : metadata.name, driverName, ageCell(metadata.creationTimestamp, now)],
})

const tokensInAttributes = 'spec.serviceAccountTokenInSecrets is unset; if supported by this CSI driver, set to true to prevent possible logging of tokens in volume attributes'

export const csiDriver = defineKind<CSIDriver>(csiDrivers, {
  printer: 'printCSIDriver',
  returnsDeletedObject: true,
  allowsUnconditionalUpdate: false,
  setDefaults({ spec }) {
    spec.attachRequired ??= true
    spec.podInfoOnMount ??= false
    spec.storageCapacity ??= false
    spec.fsGroupPolicy ??= 'ReadWriteOnceWithFSType'
    spec.volumeLifecycleModes ??= ['Persistent']
    spec.requiresRepublish ??= false
    spec.seLinuxMount ??= false
  },
  prepareForCreate: ({ spec }) => { delete spec.preventPodSchedulingIfMissing }, // its gate is off
  prepareForUpdate(object, old) { if (old.spec.preventPodSchedulingIfMissing === undefined) delete object.spec.preventPodSchedulingIfMissing },
  validate: ({ spec }) => validateDriverSpec(spec),
  warnings: ({ spec }) => ((spec.tokenRequests ?? []).length > 0 && spec.serviceAccountTokenInSecrets === undefined ? [tokensInAttributes] : []),
  validatesBeforeChange: true,
  validateUpdate: (object, old) => [
    ...immutable(object.spec.attachRequired, old.spec.attachRequired, 'spec.attachedRequired', semanticallyEqual),
    ...immutable(object.spec.volumeLifecycleModes, old.spec.volumeLifecycleModes, 'spec.volumeLifecycleModes', semanticallyEqual),
  ],
  cells({ metadata, spec }, now) {
    const tokens = (spec.tokenRequests ?? []).map(each => each.audience).join(',')
    return [
      metadata.name, spec.attachRequired ?? true, spec.podInfoOnMount ?? false, spec.storageCapacity ?? false,
      tokens === '' ? '<unset>' : tokens, spec.requiresRepublish ?? false, (spec.volumeLifecycleModes ?? []).join(',') || '<none>', ageCell(metadata.creationTimestamp, now),
    ]
  },
})

export const csiNode = defineKind<CSINode>(csiNodes, {
  printer: 'printCSINode',
  returnsDeletedObject: true,
  allowsUnconditionalUpdate: false,
  validate: ({ spec }) => validateNodeDrivers(spec.drivers ?? []),
  validateUpdate: (object, old) => validateNodeDriversUpdate(object.spec.drivers ?? [], old.spec.drivers ?? []),
  validatesBeforeChange: true,
  cells: ({ metadata, spec }, now) => [metadata.name, (spec.drivers ?? []).length, ageCell(metadata.creationTimestamp, now)],
})

export const csiStorageCapacity = defineKind<CSIStorageCapacity>(csiStorageCapacities, {
  allowsUnconditionalUpdate: false,
  validate: ({ nodeTopology, storageClassName, capacity }) => [
    ...validateLabelSelector(nodeTopology, 'nodeTopology'),
    ...isDns1123Subdomain(storageClassName).map(text => invalid('storageClassName', storageClassName, text)),
    ...(capacity === undefined ? [] : nonNegativeQuantity(capacity, 'capacity')),
  ],
  validateUpdateIsComplete: true,
  validateUpdate: (object, old) => [
    ...immutable(object.nodeTopology, old.nodeTopology, 'nodeTopology', semanticallyEqual),
    ...immutable(object.storageClassName, old.storageClassName, 'storageClassName', semanticallyEqual),
  ],
})

export const volumeAttachment = defineKind<VolumeAttachment>(volumeAttachments, {
  printer: 'printVolumeAttachment',
  statusKeeps: allButStatus,
  returnsDeletedObject: true,
  allowsUnconditionalUpdate: false,
  validate: ({ spec }) => validateAttachmentSpec(spec),
  validatesBeforeChange: true,
  validateStatusUpdate: ({ status }) => validateAttachmentStatus(status),
  validateUpdate: (object, old) => immutable(object.spec, old.spec, 'spec', semanticallyEqual),
  cells: ({ metadata, spec, status }, now) => [metadata.name, spec.attacher, spec.source.persistentVolumeName ?? '', spec.nodeName, status.attached ?? false, ageCell(metadata.creationTimestamp, now)],
})
