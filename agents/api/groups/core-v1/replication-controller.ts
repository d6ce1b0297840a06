/** ReplicationController: the oldest way to keep replicas; its selector defaults to the template's labels. */
import { defineKind } from '../../define-kind.ts'
import { forbidden, invalid, notSupported, required, type FieldError } from '../../field-error.ts'
import { ageCell, containerCells, labelsCell } from '../../printing.ts'
import { replicationControllers } from '../../resources.ts'
import { nonNegative } from '../../validation/numbers.ts'
import { setPodTemplateDefaults } from './pod-spec-defaults.ts'
import { validatePodTemplate } from './pod-template-validation.ts'
import { podTemplateWarnings } from './pod-warnings.ts'
import type { ReplicationController } from './types.ts'

export const replicationController = defineKind<ReplicationController>(replicationControllers, {
  hasGeneration: true,
  printer: 'printReplicationController',
  defaultPropagation: 'Orphan',
  setDefaults(object) {
    const { spec, metadata } = object
    const labels = spec.template?.metadata?.labels
    if (labels !== undefined) {
      if (Object.keys(spec.selector ?? {}).length === 0) spec.selector = { ...labels }
      if (Object.keys(metadata.labels ?? {}).length === 0) metadata.labels = { ...labels }
    }
    spec.replicas ??= 1
    setPodTemplateDefaults(spec.template)
  },
  warnings: ({ spec }) => podTemplateWarnings(spec.template, 'spec.template'),
  validate: ({ spec }) => validateSpec(spec),
  selectableFields: { 'status.replicas': object => String(object.status.replicas) },
  cells({ metadata, spec, status }, now) {
    const [names, images] = containerCells(spec.template?.spec?.containers)
    return [metadata.name, spec.replicas ?? 0, status.replicas, status.readyReplicas ?? 0, ageCell(metadata.creationTimestamp, now), names, images, labelsCell(spec.selector)]
  },
})

function validateSpec(spec: ReplicationController['spec']): FieldError[] {
  const selector = spec.selector ?? {}
  const errors = [
    ...nonNegative(spec.minReadySeconds, 'spec.minReadySeconds'),
    ...(Object.keys(selector).length === 0 ? [required('spec.selector')] : []),
    ...nonNegative(spec.replicas, 'spec.replicas'),
  ]
  if (spec.template === undefined) return [...errors, required('spec.template')]
  const labels = spec.template.metadata?.labels
  if (!Object.entries(selector).every(([key, value]) => labels?.[key] === value)) errors.push(invalid('spec.template.metadata.labels', labels ?? null, '`selector` does not match template `labels`'))
  errors.push(...validatePodTemplate(spec.template, 'spec.template'))
  const { restartPolicy, activeDeadlineSeconds } = spec.template.spec ?? {}
  if (restartPolicy !== undefined && restartPolicy !== 'Always') errors.push(notSupported('spec.template.spec.restartPolicy', restartPolicy, ['Always']))
  if (activeDeadlineSeconds !== undefined) errors.push(forbidden('spec.template.spec.activeDeadlineSeconds', 'activeDeadlineSeconds in ReplicationController is not Supported'))
  return errors
}
