/**
 * DaemonSet: a pod on every node that fits.
 *
 *   DS1  spec.templateGeneration is upstream's old counter, kept in the annotation deprecated.daemonset.template.generation.
 */
import { defineKind } from '../../define-kind.ts'
import { invalid, notSupported, required, type FieldError } from '../../field-error.ts'
import { ageCell, containerCells, labelsCell, selectorCell } from '../../printing.ts'
import { daemonSets } from '../../resources.ts'
import { semanticallyEqual } from '../../schema/clone.ts'
import { nonNegative, notOver100Percent, validateIntOrPercent } from '../../validation/numbers.ts'
import { setPodTemplateDefaults } from '../core-v1/pod-spec-defaults.ts'
import { validatePodTemplateFor, validateSelectorImmutable } from '../core-v1/pod-template-validation.ts'
import { podTemplateWarnings } from '../core-v1/pod-warnings.ts'
import type { DaemonSet } from './types.ts'

const generationAnnotation = 'deprecated.daemonset.template.generation'

export const daemonSet = defineKind<DaemonSet>(daemonSets, {
  hasGeneration: true,
  printer: 'printDaemonSet',
  hiddenInTables: [generationAnnotation],
  setDefaults({ metadata, spec }) {
    metadata.annotations = { [generationAnnotation]: '0', ...metadata.annotations } // DS1: as old versions are converted, so that who writes it owns it
    const strategy = (spec.updateStrategy ??= {})
    strategy.type ??= 'RollingUpdate'
    if (strategy.type === 'RollingUpdate') {
      const rolling = (strategy.rollingUpdate ??= {})
      rolling.maxUnavailable ??= 1
      rolling.maxSurge ??= 0
    }
    spec.revisionHistoryLimit ??= 10
    setPodTemplateDefaults(spec.template)
  },
  prepareForCreate({ metadata }) {
    metadata.annotations = { ...metadata.annotations, [generationAnnotation]: '1' } // DS1
  },
  prepareForUpdate({ metadata, spec }, old) {
    const before = Number(old.metadata.annotations?.[generationAnnotation] ?? '0')
    const changed = !semanticallyEqual(spec.template, old.spec.template)
    metadata.annotations = { ...metadata.annotations, [generationAnnotation]: String(changed ? before + 1 : before) }
  },
  warnings: ({ spec }) => podTemplateWarnings(spec.template, 'spec.template'),
  validate: ({ spec }) => [
    ...validatePodTemplateFor('DaemonSet', spec.selector, spec.template, 'spec'),
    ...nonNegative(spec.minReadySeconds, 'spec.minReadySeconds'),
    ...validateStrategy(spec),
    ...nonNegative(spec.revisionHistoryLimit, 'spec.revisionHistoryLimit'),
  ],
  validatesBeforeChange: true,
  validateUpdate: (object, old) => validateSelectorImmutable(object.spec.selector, old.spec.selector),
  cells({ metadata, spec, status }, now) {
    const [names, images] = containerCells(spec.template.spec?.containers)
    return [
      metadata.name, status.desiredNumberScheduled, status.currentNumberScheduled, status.numberReady, status.updatedNumberScheduled ?? 0, status.numberAvailable ?? 0,
      labelsCell(spec.template.spec?.nodeSelector), ageCell(metadata.creationTimestamp, now), names, images, selectorCell(spec.selector),
    ]
  },
})

function validateStrategy(spec: DaemonSet['spec']): FieldError[] {
  const path = 'spec.updateStrategy'
  const strategy = spec.updateStrategy
  if (strategy?.type === 'OnDelete') return []
  if (strategy?.type !== 'RollingUpdate') return [notSupported(path, { Type: strategy?.type ?? '', RollingUpdate: null }, ['RollingUpdate', 'OnDelete'])]
  if (strategy.rollingUpdate === undefined) return [required(`${path}.rollingUpdate`)]
  const { maxUnavailable = 0, maxSurge = 0 } = strategy.rollingUpdate
  const zero = (value: number | string) => value === 0 || (typeof value === 'string' && !/^0*[1-9][0-9]*%$/.test(value)) // a text that is no percentage counts as none
  const errors = [...validateIntOrPercent(maxUnavailable, `${path}.rollingUpdate.maxUnavailable`), ...notOver100Percent(maxUnavailable, `${path}.rollingUpdate.maxUnavailable`), ...validateIntOrPercent(maxSurge, `${path}.rollingUpdate.maxSurge`)]
  if (zero(maxUnavailable) && zero(maxSurge)) errors.push(required(`${path}.rollingUpdate.maxUnavailable`, 'cannot be 0 when maxSurge is 0'))
  if (!zero(maxUnavailable) && !zero(maxSurge)) errors.push(invalid(`${path}.rollingUpdate.maxSurge`, maxSurge, 'may not be set when maxUnavailable is non-zero'))
  return errors
}
