/**
 * Deployment.
 *
 *   DP1  generation grows when the spec or the annotations change.
 *   DP2  spec.selector never changes and selects the template's labels.
 *   DP3  A rolling update needs room: maxUnavailable and maxSurge are not both 0.
 */
import { defineKind } from '../../define-kind.ts'
import { forbidden, invalid, notSupported, required, type FieldError } from '../../field-error.ts'
import { ageCell, containerCells, selectorCell } from '../../printing.ts'
import { deployments } from '../../resources.ts'
import { semanticallyEqual } from '../../schema/clone.ts'
import { nonNegative, notOver100Percent, validateIntOrPercent } from '../../validation/numbers.ts'
import { setPodTemplateDefaults } from '../core-v1/pod-spec-defaults.ts'
import { validatePodTemplateFor, validateSelectorImmutable } from '../core-v1/pod-template-validation.ts'
import { podTemplateWarnings } from '../core-v1/pod-warnings.ts'
import type { Deployment, RollingUpdateDeployment } from './types.ts'

export const deployment = defineKind<Deployment>(deployments, {
  hasGeneration: true,
  statusKeeps: ['deletionTimestamp', 'labels'],
  printer: 'printDeployment',
  setDefaults({ spec }) {
    setPodTemplateDefaults(spec.template)
    spec.replicas ??= 1
    const strategy = (spec.strategy ??= {})
    strategy.type ??= 'RollingUpdate'
    if (strategy.type === 'RollingUpdate') {
      const rolling = (strategy.rollingUpdate ??= {})
      rolling.maxUnavailable ??= '25%'
      rolling.maxSurge ??= '25%'
    }
    spec.revisionHistoryLimit ??= 10
    spec.progressDeadlineSeconds ??= 600
  },
  prepareForUpdate(object, old) {
    if (!semanticallyEqual(object.metadata.annotations, old.metadata.annotations) && semanticallyEqual(object.spec, old.spec)) {
      object.metadata.generation = (old.metadata.generation ?? 0) + 1 // DP1
    }
  },
  warnings: ({ spec }) => podTemplateWarnings(spec.template, 'spec.template'),
  validate: ({ spec }) => [
    ...nonNegative(spec.replicas, 'spec.replicas'),
    ...validatePodTemplateFor('Deployment', spec.selector, spec.template, 'spec'),
    ...validateStrategy(spec.strategy),
    ...nonNegative(spec.minReadySeconds, 'spec.minReadySeconds'),
    ...nonNegative(spec.revisionHistoryLimit, 'spec.revisionHistoryLimit'),
    ...nonNegative(spec.progressDeadlineSeconds, 'spec.progressDeadlineSeconds'),
    ...((spec.progressDeadlineSeconds ?? 600) <= (spec.minReadySeconds ?? 0)
      ? [invalid('spec.progressDeadlineSeconds', spec.progressDeadlineSeconds, 'must be greater than minReadySeconds')]
      : []),
  ],
  validatesBeforeChange: true,
  validateUpdate: (object, old) => validateSelectorImmutable(object.spec.selector, old.spec.selector), // DP2
  cells({ metadata, spec, status }, now) {
    const [names, images] = containerCells(spec.template.spec?.containers)
    return [
      metadata.name, `${status.readyReplicas ?? 0}/${spec.replicas ?? 0}`, status.updatedReplicas ?? 0, status.availableReplicas ?? 0,
      ageCell(metadata.creationTimestamp, now), names, images, selectorCell(spec.selector),
    ]
  },
})

function validateStrategy(strategy: Deployment['spec']['strategy']): FieldError[] {
  const path = 'spec.strategy'
  if (strategy?.type === 'Recreate') {
    return strategy.rollingUpdate === undefined ? [] : [forbidden(`${path}.rollingUpdate`, "may not be specified when strategy `type` is 'Recreate'")]
  }
  if (strategy?.type !== 'RollingUpdate') return [notSupported(path, { Type: strategy?.type ?? '', RollingUpdate: strategy?.rollingUpdate === undefined ? null : { MaxUnavailable: strategy.rollingUpdate.maxUnavailable ?? 0, MaxSurge: strategy.rollingUpdate.maxSurge ?? 0 } }, ['Recreate', 'RollingUpdate'])]
  if (strategy.rollingUpdate === undefined) return [required(`${path}.rollingUpdate`, 'this should be defaulted and never be nil')]
  return validateRollingUpdate(strategy.rollingUpdate, `${path}.rollingUpdate`)
}

function validateRollingUpdate({ maxUnavailable = 0, maxSurge = 0 }: RollingUpdateDeployment, path: string): FieldError[] {
  const errors = [...validateIntOrPercent(maxUnavailable, `${path}.maxUnavailable`), ...validateIntOrPercent(maxSurge, `${path}.maxSurge`)]
  if (isZero(maxUnavailable) && isZero(maxSurge)) errors.push(invalid(`${path}.maxUnavailable`, maxUnavailable, 'may not be 0 when `maxSurge` is 0')) // DP3
  errors.push(...notOver100Percent(maxUnavailable, `${path}.maxUnavailable`))
  return errors
}

function isZero(value: number | string): boolean {
  return value === 0 || /^0+%$/.test(String(value))
}
