/**
 * Rules of a pod template inside a workload.
 *
 *   PT1  The selector is there, is not empty, and selects the template's own labels.
 *   PT2  Pods of a workload that keeps replicas restart always.
 *   PT3  The selector of a workload never changes.
 */
import { invalid, notSupported, required, type FieldError } from '../../field-error.ts'
import { semanticallyEqual } from '../../schema/clone.ts'
import { matchesLabelSelector } from '../../selectors/label-selector.ts'
import { immutable, validateAnnotations, validateLabels, validateLabelSelector } from '../../validation/metadata.ts'
import type { LabelSelector } from '../meta-v1/types.ts'
import { validatePodSpec } from './pod-spec-validation.ts'
import type { PodTemplateSpec } from './types.ts'

export function validatePodTemplate(template: PodTemplateSpec | undefined, path: string): FieldError[] {
  const spec = template?.spec
  return [
    ...validateLabels(template?.metadata?.labels, `${path}.labels`),
    ...validateAnnotations(template?.metadata?.annotations, `${path}.annotations`),
    ...(spec === undefined ? [required(`${path}.spec.containers`)] : validatePodSpec(spec, `${path}.spec`)),
    ...((spec?.ephemeralContainers?.length ?? 0) > 0 ? [{ path: `${path}.spec.ephemeralContainers`, reason: 'FieldValueForbidden' as const, message: 'Forbidden: ephemeral containers not allowed in pod template' }] : []),
  ]
}

/** For Deployments, ReplicaSets, DaemonSets, StatefulSets; path is "spec". */
export function validatePodTemplateFor(selector: LabelSelector | undefined | null, template: PodTemplateSpec | undefined, path: string): FieldError[] {
  const errors: FieldError[] = []
  const labels = template?.metadata?.labels
  if (selector === undefined || selector === null) {
    errors.push(required(`${path}.selector`), invalid(`${path}.template.metadata.labels`, labels ?? null, '`selector` does not match template `labels`'))
  } else {
    errors.push(...validateLabelSelector(selector, `${path}.selector`))
    const isEmpty = Object.keys(selector.matchLabels ?? {}).length + (selector.matchExpressions?.length ?? 0) === 0
    if (isEmpty) errors.push(invalid(`${path}.selector`, selector, 'empty selector is invalid for deployment'))
    else if (errors.length === 0 && !matchesLabelSelector(selector, labels)) {
      errors.push(invalid(`${path}.template.metadata.labels`, labels ?? null, '`selector` does not match template `labels`'))
    }
  }
  errors.push(...validatePodTemplate(template, `${path}.template`))
  const restartPolicy = template?.spec?.restartPolicy
  if (restartPolicy !== undefined && restartPolicy !== 'Always') errors.push(notSupported(`${path}.template.spec.restartPolicy`, restartPolicy, ['Always'])) // PT2
  if (template?.spec?.activeDeadlineSeconds !== undefined) errors.push({ path: `${path}.template.spec.activeDeadlineSeconds`, reason: 'FieldValueForbidden', message: 'Forbidden: activeDeadlineSeconds in ReplicaSet is not Supported' })
  return errors
}

export function validateSelectorImmutable(selector: unknown, old: unknown): FieldError[] {
  return immutable(selector, old, 'spec.selector', semanticallyEqual) // PT3
}
