/**
 * Pod.
 *
 *   PO1  A new pod is Pending, with its QoS class; phase and status come from the kubelet alone.
 *   PO2  An update may change images, activeDeadlineSeconds (only down), added tolerations and, of a gated pod,
 *        scheduling gates and node selectors; anything else is forbidden.
 *   PO3  generation is 1 and grows with the spec.
 */
import { defineKind } from '../../define-kind.ts'
import { forbidden, invalid, type FieldError } from '../../field-error.ts'
import { pods } from '../../resources.ts'
import { deepClone, identical, semanticallyEqual } from '../../schema/clone.ts'
import { validateExtendedClaimStatus } from './extended-claim-status.ts'
import { mergeLabelKeys } from './pod-label-keys.ts'
import { setPodOnlyDefaults, setPodSpecDefaults } from './pod-spec-defaults.ts'
import { validatePodSpec } from './pod-spec-validation.ts'
import { podCells } from './pod-printing.ts'
import { qosClassOf } from './pod-qos.ts'
import { podWarnings } from './pod-warnings.ts'
import type { Pod, PodCondition, PodSpec, Toleration } from './types.ts'

const immutableText = 'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)'

export const pod = defineKind<Pod>(pods, {
  hasGeneration: true,
  gracefulDeletion: true,
  statusKeeps: ['deletionTimestamp', 'ownerReferences'],
  returnsDeletedObject: true,
  printer: 'printPod',
  cells: podCells,
  setDefaults({ spec }) {
    setPodSpecDefaults(spec)
    setPodOnlyDefaults(spec)
  },
  prepareForCreate(object) {
    mergeLabelKeys(object)
    object.status = { phase: 'Pending', qosClass: qosClassOf(object.spec) } // PO1
    const gates = object.spec.schedulingGates ?? []
    if (gates.length > 0) {
      object.status.conditions = [{ lastProbeTime: null, lastTransitionTime: object.metadata.creationTimestamp ?? null, type: 'PodScheduled', status: 'False', reason: 'SchedulingGated', message: 'Scheduling is blocked due to non-empty scheduling gates' } as unknown as PodCondition]
    }
  },
  validate: object => [...validatePodSpec(object.spec, 'spec'), ...validateTokenVolumes(object.spec), ...validateEphemeralOnCreate(object)],
  validateUpdateIsComplete: true,
  validateUpdate: (object, old) => validatePodUpdate(object, old),
  validateStatusUpdate: (object, old) => {
    const was = old.spec.nodeName
    return [...(was !== object.spec.nodeName ? [forbidden('status.nominatedNodeName', 'may not be changed directly')] : []), ...validateExtendedClaimStatus(object)]
  },
  warnings: podWarnings,
  selectableFields: {
    'spec.nodeName': object => object.spec.nodeName ?? '',
    'spec.restartPolicy': object => object.spec.restartPolicy ?? '',
    'spec.schedulerName': object => object.spec.schedulerName ?? '',
    'spec.serviceAccountName': object => object.spec.serviceAccountName ?? '',
    'spec.hostNetwork': object => String(object.spec.hostNetwork ?? false),
    'spec.host': object => object.spec.nodeName ?? '',
    'status.phase': object => object.status.phase ?? '',
    'status.podIP': object => object.status.podIPs?.[0]?.ip ?? object.status.podIP ?? '',
    'status.podIPs': object => object.status.podIPs?.[0]?.ip ?? object.status.podIP ?? '',
    'status.nominatedNodeName': object => object.status.nominatedNodeName ?? '',
  },
})

/** A token is a service account's: a pod without one has none. */
function validateTokenVolumes(spec: PodSpec): FieldError[] {
  if ((spec.serviceAccountName ?? '') !== '') return []
  return (spec.volumes ?? []).flatMap((volume, index) => (volume.projected?.sources ?? []).flatMap((source, at) => (source.serviceAccountToken === undefined
    ? []
    : [forbidden(`spec.volumes[${index}].projected.sources[${at}].serviceAccountToken`, 'must not be specified when serviceAccountName is not set')])))
}

function validateEphemeralOnCreate(object: Pod): FieldError[] {
  return (object.spec.ephemeralContainers?.length ?? 0) > 0 && object.metadata.resourceVersion === undefined
    ? [forbidden('spec.ephemeralContainers', 'cannot be set on create')]
    : []
}

/** PO2; also for the ephemeralcontainers and resize subresources, which hand in a spec that is already reduced. */
export function validatePodUpdate(object: Pod, old: Pod): FieldError[] {
  const { spec } = object
  const errors: FieldError[] = []
  if (spec.containers.length !== old.spec.containers.length) {
    return [forbidden('spec.containers', 'pod updates may not add or remove containers')]
  }
  if ((spec.initContainers?.length ?? 0) !== (old.spec.initContainers?.length ?? 0)) {
    return [forbidden('spec.initContainers', 'pod updates may not add or remove containers')]
  }
  errors.push(...validateImages(spec), ...validateDeadline(spec, old.spec), ...validateAddedTolerations(spec.tolerations ?? [], old.spec.tolerations ?? []))
  errors.push(...validateGateRemoval(spec, old.spec))
  const allowed = withAllowedFieldsOf(spec, old.spec)
  if (!semanticallyEqual(allowed, old.spec)) errors.push(forbidden('spec', `${immutableText}\n${specDifference(allowed, old.spec)}`))
  return errors
}

function validateImages(spec: PodSpec): FieldError[] {
  return (['containers', 'initContainers'] as const).flatMap(list => (spec[list] ?? []).flatMap((container, index) => {
    const image = container.image ?? ''
    if (image === '') return [{ path: `spec.${list}[${index}].image`, reason: 'FieldValueRequired' as const, message: 'Required value' }]
    return image === image.trim() ? [] : [invalid(`spec.${list}[${index}].image`, image, 'must not have leading or trailing whitespace')]
  }))
}

function validateDeadline(spec: PodSpec, old: PodSpec): FieldError[] {
  const path = 'spec.activeDeadlineSeconds'
  const value = spec.activeDeadlineSeconds
  if (value === undefined) return old.activeDeadlineSeconds === undefined ? [] : [invalid(path, value, 'must not update from a positive integer to nil value')]
  if (value < 0 || value > 2_147_483_647) return [invalid(path, value, 'must be between 0 and 2147483647, inclusive')]
  if (old.activeDeadlineSeconds !== undefined && value > old.activeDeadlineSeconds) return [invalid(path, value, 'must be less than or equal to previous value')]
  return []
}

function validateAddedTolerations(tolerations: readonly Toleration[], old: readonly Toleration[]): FieldError[] {
  const withoutSeconds = ({ key, operator, value, effect }: Toleration) => JSON.stringify([key, operator, value, effect])
  const present = new Set(tolerations.map(withoutSeconds))
  return old.every(each => present.has(withoutSeconds(each)))
    ? []
    : [forbidden('spec.tolerations', 'existing toleration can not be modified except its tolerationSeconds')]
}

function validateGateRemoval(spec: PodSpec, old: PodSpec): FieldError[] {
  const before = new Set((old.schedulingGates ?? []).map(gate => gate.name))
  return (spec.schedulingGates ?? []).flatMap((gate, index) => (before.has(gate.name)
    ? []
    : [forbidden(`spec.schedulingGates[${index}].name`, `only deletion is allowed, but found new scheduling gate '${gate.name}'`)]))
}

/** The new spec with every field that may change put back, so that what still differs is forbidden. */
function withAllowedFieldsOf(spec: PodSpec, old: PodSpec): PodSpec {
  const mixed = deepClone(spec)
  mixed.containers.forEach((container, index) => { restore(container, old.containers[index]!, 'image') })
  mixed.initContainers?.forEach((container, index) => { restore(container, old.initContainers![index]!, 'image') })
  restore(mixed, old, 'activeDeadlineSeconds')
  restore(mixed, old, 'tolerations')
  restore(mixed, old, 'schedulingGates')
  if (spec.terminationGracePeriodSeconds === 1 && (old.terminationGracePeriodSeconds ?? 0) < 0) restore(mixed, old, 'terminationGracePeriodSeconds')
  if ((old.schedulingGates?.length ?? 0) > 0) {
    if (isSuperset(spec.nodeSelector, old.nodeSelector)) restore(mixed, old, 'nodeSelector')
    if (old.affinity?.nodeAffinity === undefined && identical({ ...spec.affinity, nodeAffinity: undefined }, { ...old.affinity, nodeAffinity: undefined })) restore(mixed, old, 'affinity')
  }
  return mixed
}

function restore<T extends object>(target: T, from: T, field: keyof T): void {
  if (from[field] === undefined) delete target[field]
  else target[field] = from[field]
}

function isSuperset(labels: Record<string, string> | undefined, old: Record<string, string> | undefined): boolean {
  return Object.entries(old ?? {}).every(([key, value]) => labels?.[key] === value)
}

/** Names the fields that differ, as upstream's diff does in its own form. */
function specDifference(now: PodSpec, old: PodSpec): string {
  const fields = new Set([...Object.keys(now), ...Object.keys(old)]) as Set<keyof PodSpec>
  const lines = [...fields].filter(field => !semanticallyEqual(now[field], old[field])).sort()
    .flatMap(field => [`-\t${goName(field)}: ${JSON.stringify(old[field] ?? null)},`, `+\t${goName(field)}: ${JSON.stringify(now[field] ?? null)},`])
  return `  core.PodSpec{\n${lines.map(line => `  ${line}`).join('\n')}\n  }\n`
}

function goName(field: string): string {
  return field[0]!.toUpperCase() + field.slice(1)
}
