/**
 * Rules of a pod template inside a workload.
 *
 *   PT1  The selector is there, is not empty, and selects the template's own labels.
 *   PT2  Pods of a workload that keeps replicas restart always.
 *   PT3  The selector of a workload never changes.
 */
import { forbidden, invalid, notSupported, required, type FieldError } from '../../field-error.ts'
import { semanticallyEqual } from '../../schema/clone.ts'
import { matchesLabelSelector } from '../../selectors/label-selector.ts'
import { immutable, validateAnnotations, validateLabels, validateLabelSelector } from '../../validation/metadata.ts'
import type { LabelSelector } from '../meta-v1/types.ts'
import { validatePodSpec } from './pod-spec-validation.ts'
import type { PodTemplateSpec } from './types.ts'

export function validatePodTemplate(template: PodTemplateSpec | undefined, path: string): FieldError[] {
  const spec = template?.spec
  return [
    ...validateTemplateMetadata(template, path),
    ...(spec === undefined ? [required(`${path}.spec.containers`)] : validatePodSpec(spec, `${path}.spec`)),
    ...((spec?.ephemeralContainers?.length ?? 0) > 0 ? [{ path: `${path}.spec.ephemeralContainers`, reason: 'FieldValueForbidden' as const, message: 'Forbidden: ephemeral containers not allowed in pod template' }] : []),
  ]
}

function validateTemplateMetadata(template: PodTemplateSpec | undefined, path: string): FieldError[] {
  return [...validateLabels(template?.metadata?.labels, `${path}.labels`), ...validateAnnotations(template?.metadata?.annotations, `${path}.annotations`)]
}

export type ReplicatingKind = 'DaemonSet' | 'Deployment' | 'ReplicaSet' | 'StatefulSet'

/** What upstream calls the kind in its texts: a Deployment shares the rules of its ReplicaSets, and those its word. */
const words: Readonly<Record<ReplicatingKind, { readonly empty: string; readonly deadline: string; readonly broken: string }>> = {
  DaemonSet: { empty: 'daemonset', deadline: 'DaemonSet', broken: '' },
  Deployment: { empty: 'deployment', deadline: 'ReplicaSet', broken: 'invalid label selector' },
  ReplicaSet: { empty: 'deployment', deadline: 'ReplicaSet', broken: 'invalid label selector' },
  StatefulSet: { empty: 'statefulset', deadline: 'StatefulSet', broken: '' },
}

/** For what keeps replicas by a label selector; path is "spec". */
export function validatePodTemplateFor(kind: ReplicatingKind, selector: LabelSelector | undefined | null, template: PodTemplateSpec | undefined, path: string): FieldError[] {
  const given = selector ?? undefined
  const at = `${path}.selector`
  const broken = validateLabelSelector(given, at)
  const errors: FieldError[] = given === undefined && kind !== 'DaemonSet' ? [required(at)] : [...broken]
  const empty = given !== undefined && Object.keys(given.matchLabels ?? {}).length + (given.matchExpressions?.length ?? 0) === 0 ? [invalid(at, given, `empty selector is invalid for ${words[kind].empty}`)] : []
  const labels = template?.metadata?.labels
  const isMissed = broken.length === 0 && empty.length === 0 && (given === undefined || !matchesLabelSelector(given, labels))
  const missed = isMissed ? [invalid(`${path}.template.metadata.labels`, labels ?? null, '`selector` does not match template `labels`')] : []
  if (kind === 'DaemonSet') return [...errors, ...missed, ...empty, ...validatePodTemplate(template, `${path}.template`), ...validateLasting(kind, template, path)]
  errors.push(...empty)
  if (broken.length > 0) errors.push(invalid(at, shownSelector(given!), words[kind].broken))
  else errors.push(...missed, ...(kind === 'StatefulSet' ? validateTemplateMetadata(template, `${path}.template`) : []), ...validatePodTemplate(template, `${path}.template`)) // upstream asks twice for StatefulSets
  return broken.length > 0 && kind !== 'StatefulSet' ? errors : [...errors, ...validateLasting(kind, template, path)]
}

/** PT2 */
function validateLasting(kind: ReplicatingKind, template: PodTemplateSpec | undefined, path: string): FieldError[] {
  const { restartPolicy, activeDeadlineSeconds } = template?.spec ?? {}
  return [
    ...(restartPolicy === undefined || restartPolicy === 'Always' ? [] : [notSupported(`${path}.template.spec.restartPolicy`, restartPolicy, ['Always'])]),
    ...(activeDeadlineSeconds === undefined ? [] : [forbidden(`${path}.template.spec.activeDeadlineSeconds`, `activeDeadlineSeconds in ${words[kind].deadline} is not Supported`)]),
  ]
}

/** As upstream writes one out: key and operator are always there. */
function shownSelector({ matchLabels, matchExpressions }: LabelSelector): object {
  return {
    ...(Object.keys(matchLabels ?? {}).length === 0 ? {} : { matchLabels }),
    ...((matchExpressions ?? []).length === 0 ? {} : { matchExpressions: matchExpressions!.map(({ key, operator, values }) => ({ key, operator, ...((values ?? []).length === 0 ? {} : { values }) })) }),
  }
}

export function validateSelectorImmutable(selector: unknown, old: unknown): FieldError[] {
  return immutable(selector, old, 'spec.selector', semanticallyEqual) // PT3
}
