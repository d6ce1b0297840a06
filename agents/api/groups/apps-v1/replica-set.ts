/** ReplicaSet: keeps replicas of one template. Defaults: one replica. */
import { defineKind } from '../../define-kind.ts'
import { ageCell, containerCells, selectorCell } from '../../printing.ts'
import { replicaSets } from '../../resources.ts'
import { nonNegative } from '../../validation/numbers.ts'
import { setPodTemplateDefaults } from '../core-v1/pod-spec-defaults.ts'
import { validatePodTemplateFor, validateSelectorImmutable } from '../core-v1/pod-template-validation.ts'
import { podTemplateWarnings } from '../core-v1/pod-warnings.ts'
import type { ReplicaSet } from './types.ts'

export const replicaSet = defineKind<ReplicaSet>(replicaSets, {
  hasGeneration: true,
  printer: 'printReplicaSet',
  setDefaults({ spec }) {
    spec.replicas ??= 1
    setPodTemplateDefaults(spec.template)
  },
  warnings: ({ spec }) => podTemplateWarnings(spec.template, 'spec.template'),
  validate: ({ spec }) => [
    ...nonNegative(spec.replicas, 'spec.replicas'),
    ...nonNegative(spec.minReadySeconds, 'spec.minReadySeconds'),
    ...validatePodTemplateFor('ReplicaSet', spec.selector, spec.template, 'spec'),
  ],
  validatesBeforeChange: true,
  validateUpdate: (object, old) => validateSelectorImmutable(object.spec.selector, old.spec.selector),
  validateStatusUpdate: ({ status }) => [
    ...nonNegative(status.replicas, 'status.replicas'),
    ...nonNegative(status.readyReplicas, 'status.readyReplicas'),
    ...nonNegative(status.availableReplicas, 'status.availableReplicas'),
  ],
  cells({ metadata, spec, status }, now) {
    const [names, images] = containerCells(spec.template?.spec?.containers)
    return [metadata.name, spec.replicas ?? 0, status.replicas, status.readyReplicas ?? 0, ageCell(metadata.creationTimestamp, now), names, images, selectorCell(spec.selector)]
  },
})
