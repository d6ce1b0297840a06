/**
 * StatefulSet: pods with names and volumes of their own.
 *
 *   SS1  Only replicas, ordinals, template, updateStrategy, revisionHistoryLimit, persistentVolumeClaimRetentionPolicy and
 *        minReadySeconds change after creation.
 *   SS3  maxUnavailable of a rolling update is dropped, unless it was there before: its gate, MaxUnavailableStatefulSet, is off by
 *        default.
 *   SS4  The template is judged as its pods will have it: with a volume for each claim template, and without host name and
 *        subdomain, which the controller sets.
 *   SS5  Claim templates, as claims, and serviceName are judged when the set is made, and never again: they cannot change, and
 *        older ones are kept.
 */
import { defineKind } from '../../define-kind.ts'
import { forbidden, invalid, notSupported, required, type FieldError } from '../../field-error.ts'
import { ageCell, containerCells } from '../../printing.ts'
import { statefulSets } from '../../resources.ts'
import { semanticallyEqual } from '../../schema/clone.ts'
import { isDns1123Label } from '../../validation/names.ts'
import { nonNegative } from '../../validation/numbers.ts'
import { setPodTemplateDefaults } from '../core-v1/pod-spec-defaults.ts'
import { setClaimDefaults, validateClaimAt } from '../core-v1/persistent-volume-claim.ts'
import { validatePodTemplateFor } from '../core-v1/pod-template-validation.ts'
import { podTemplateWarnings } from '../core-v1/pod-warnings.ts'
import type { PodTemplateSpec } from '../core-v1/types.ts'
import type { StatefulSet } from './types.ts'

const mayChange = new Set(['replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy', 'minReadySeconds'])

export const statefulSet = defineKind<StatefulSet>(statefulSets, {
  hasGeneration: true,
  printer: 'printStatefulSet',
  setDefaults({ spec }) {
    spec.podManagementPolicy ??= 'OrderedReady'
    const strategy = (spec.updateStrategy ??= {})
    strategy.type ??= 'RollingUpdate'
    if (strategy.type === 'RollingUpdate') {
      strategy.rollingUpdate ??= {}
      strategy.rollingUpdate.partition ??= 0
    }
    const retention = (spec.persistentVolumeClaimRetentionPolicy ??= {})
    retention.whenDeleted ??= 'Retain'
    retention.whenScaled ??= 'Retain'
    spec.replicas ??= 1
    spec.revisionHistoryLimit ??= 10
    setPodTemplateDefaults(spec.template)
    for (const claim of spec.volumeClaimTemplates ?? []) {
      claim.apiVersion = 'v1'
      claim.kind = 'PersistentVolumeClaim'
      claim.status ??= {}
      claim.status.phase ??= 'Pending'
      setClaimDefaults(claim.spec)
    }
  },
  prepareForCreate: dropMaxUnavailable,
  prepareForUpdate(object, old) {
    if (old.spec.updateStrategy?.rollingUpdate?.maxUnavailable === undefined) dropMaxUnavailable(object)
  },
  warnings: ({ spec }) => [
    ...podTemplateWarnings(spec.template, 'spec.template'),
    ...((spec.revisionHistoryLimit ?? 0) < 0 ? ['spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended'] : []),
  ],
  validate: ({ spec }) => validateSpec(spec, 'new'),
  validateUpdateIsComplete: true,
  validateUpdate(object, old) {
    const now = object.spec as unknown as Record<string, unknown>
    const before = old.spec as unknown as Record<string, unknown>
    const changed = [...new Set([...Object.keys(now), ...Object.keys(before)])].some(field => !mayChange.has(field) && !semanticallyEqual(now[field], before[field]))
    return [...validateSpec(object.spec, 'kept'), ...(changed
      ? [forbidden('spec', "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden")]
      : [])] // SS1
  },
  cells({ metadata, spec, status }, now) {
    const [names, images] = containerCells(spec.template.spec?.containers)
    return [metadata.name, `${status.readyReplicas ?? 0}/${spec.replicas ?? 0}`, ageCell(metadata.creationTimestamp, now), names, images]
  },
})

/** SS3. */
function dropMaxUnavailable({ spec }: StatefulSet): void {
  delete spec.updateStrategy?.rollingUpdate?.maxUnavailable
}

function validateSpec(spec: StatefulSet['spec'], age: 'new' | 'kept'): FieldError[] {
  return [
    ...(['OrderedReady', 'Parallel'].includes(spec.podManagementPolicy ?? '') ? [] : [invalid('spec.podManagementPolicy', spec.podManagementPolicy, "must be 'OrderedReady' or 'Parallel'")]),
    ...validateStrategy(spec),
    ...(['whenDeleted', 'whenScaled'] as const).flatMap(when => {
      const policy = spec.persistentVolumeClaimRetentionPolicy?.[when]
      return policy === undefined || ['Retain', 'Delete'].includes(policy) ? [] : [notSupported(`spec.persistentVolumeClaimRetentionPolicy.${when}`, policy, ['Retain', 'Delete'])]
    }),
    ...(age === 'kept' ? [] : (spec.volumeClaimTemplates ?? []).flatMap((claim, index) => validateClaimAt(claim.spec, `spec.volumeClaimTemplates[${index}].spec`))), // SS5
    ...nonNegative(spec.replicas, 'spec.replicas'),
    ...nonNegative(spec.minReadySeconds, 'spec.minReadySeconds'),
    ...nonNegative(spec.ordinals?.start, 'spec.ordinals.start'),
    ...(age === 'kept' || (spec.serviceName ?? '') === '' ? [] : isDns1123Label(spec.serviceName!).map(text => invalid('spec.serviceName', spec.serviceName, text))), // SS5
    ...validatePodTemplateFor('StatefulSet', spec.selector, asPodsWillHaveIt(spec), 'spec'),
  ]
}

/** SS4. */
function asPodsWillHaveIt({ template, volumeClaimTemplates = [] }: StatefulSet['spec']): PodTemplateSpec {
  if (template.spec === undefined) return template
  const claimed = new Map(volumeClaimTemplates.map(claim => [claim.metadata?.name ?? '', { name: claim.metadata?.name ?? '', persistentVolumeClaim: { claimName: claim.metadata?.name ?? '' } }]))
  const { subdomain: _subdomain, hostname: _hostname, ...pod } = template.spec
  return { ...template, spec: { ...pod, ...(claimed.size === 0 ? {} : { volumes: [...claimed.values(), ...(pod.volumes ?? []).filter(({ name }) => !claimed.has(name))] }) } }
}

function validateStrategy(spec: StatefulSet['spec']): FieldError[] {
  const path = 'spec.updateStrategy'
  const strategy = spec.updateStrategy
  if (strategy === undefined || (strategy.type ?? '') === '') return [required(path)]
  switch (strategy.type) {
    case 'OnDelete': return strategy.rollingUpdate === undefined ? [] : [invalid(`${path}.rollingUpdate`, strategy.rollingUpdate, `only allowed for updateStrategy 'RollingUpdate'`)]
    case 'RollingUpdate': return nonNegative(strategy.rollingUpdate?.partition, `${path}.rollingUpdate.partition`)
    default: return [invalid(path, { Type: strategy.type, RollingUpdate: null }, "must be 'RollingUpdate' or 'OnDelete'")]
  }
}
