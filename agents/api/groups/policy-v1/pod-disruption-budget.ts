/** PodDisruptionBudget: either minAvailable or maxUnavailable, never both. */
import { defineKind } from '../../define-kind.ts'
import { invalid, notSupported, type FieldError } from '../../field-error.ts'
import { ageCell } from '../../printing.ts'
import { podDisruptionBudgets } from '../../resources.ts'
import { validateLabelSelector } from '../../validation/metadata.ts'
import { notOver100Percent, validateIntOrPercent } from '../../validation/numbers.ts'
import type { PodDisruptionBudget } from './types.ts'

export const podDisruptionBudget = defineKind<PodDisruptionBudget>(podDisruptionBudgets, {
  hasGeneration: true,
  printer: 'printPodDisruptionBudget',
  allowsUnconditionalUpdate: false,
  validate({ spec }) {
    const errors: FieldError[] = []
    if (spec.minAvailable !== undefined && spec.maxUnavailable !== undefined) errors.push(invalid('spec', { MinAvailable: spec.minAvailable, Selector: spec.selector ?? null, MaxUnavailable: spec.maxUnavailable, UnhealthyPodEvictionPolicy: spec.unhealthyPodEvictionPolicy ?? null }, 'minAvailable and maxUnavailable cannot be both set'))
    for (const field of ['minAvailable', 'maxUnavailable'] as const) {
      errors.push(...validateIntOrPercent(spec[field], `spec.${field}`), ...notOver100Percent(spec[field], `spec.${field}`))
    }
    const policy = spec.unhealthyPodEvictionPolicy
    if (policy !== undefined && !['AlwaysAllow', 'IfHealthyBudget'].includes(policy)) errors.push(notSupported('spec.unhealthyPodEvictionPolicy', policy, ['AlwaysAllow', 'IfHealthyBudget']))
    return [...errors, ...validateLabelSelector(spec.selector, 'spec.selector')]
  },
  cells: ({ metadata, spec, status }, now) => [metadata.name, String(spec.minAvailable ?? 'N/A'), String(spec.maxUnavailable ?? 'N/A'), status.disruptionsAllowed ?? 0, ageCell(metadata.creationTimestamp, now)],
})
