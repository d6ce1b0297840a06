/**
 * Job.
 *
 *   JB1  completions and parallelism are 1 if neither is given; backoffLimit is 6 (very large with backoffLimitPerIndex).
 *   JB2  Without manualSelector the server makes the selector: batch.kubernetes.io/controller-uid, and labels the template
 *        with it and the job's name; generateSelector does this once the uid is known.
 *   JB3  completionMode, selector and template never change, but for what suspended-job-template.ts allows.
 */
import { defineKind } from '../../define-kind.ts'
import { invalid, notSupported, required, type FieldError } from '../../field-error.ts'
import { ageCell, containerCells, humanDuration, selectorCell } from '../../printing.ts'
import { jobs } from '../../resources.ts'
import { semanticallyEqual } from '../../schema/clone.ts'
import { matchesLabelSelector } from '../../selectors/label-selector.ts'
import { immutable, validateLabelSelector } from '../../validation/metadata.ts'
import { nonNegative } from '../../validation/numbers.ts'
import { setPodTemplateDefaults } from '../core-v1/pod-spec-defaults.ts'
import { validatePodTemplate } from '../core-v1/pod-template-validation.ts'
import { validatePodFailurePolicy, validateSuccessPolicy } from './job-policy-validation.ts'
import { validateTemplateUpdate } from './suspended-job-template.ts'
import type { Job, JobSpec } from './types.ts'

export function setJobSpecDefaults(spec: JobSpec): void {
  if (spec.completions === undefined && spec.parallelism === undefined) {
    spec.completions = 1
    spec.parallelism = 1
  }
  spec.parallelism ??= 1
  spec.backoffLimit ??= spec.backoffLimitPerIndex === undefined ? 6 : 2_147_483_647
  spec.completionMode ??= 'NonIndexed'
  spec.suspend ??= false
  spec.podReplacementPolicy ??= spec.podFailurePolicy === undefined ? 'TerminatingOrFailed' : 'Failed'
  spec.manualSelector ??= false
  for (const rule of spec.podFailurePolicy?.rules ?? []) {
    for (const pattern of rule.onPodConditions ?? []) pattern.status ||= 'True'
  }
  setPodTemplateDefaults(spec.template)
}

/** JB2: called by the registry after the uid is set. */
export function generateSelector(job: Job): void {
  if (job.spec.manualSelector === true) return
  const name = (job.metadata.name as string | undefined) ?? '' // one without a name is refused later
  const template = (job.spec.template.metadata ??= {})
  template.labels = {
    ...template.labels,
    'batch.kubernetes.io/controller-uid': job.metadata.uid,
    'batch.kubernetes.io/job-name': name,
    'controller-uid': job.metadata.uid,
    'job-name': name,
  }
  job.spec.selector = { ...job.spec.selector, matchLabels: { ...job.spec.selector?.matchLabels, 'batch.kubernetes.io/controller-uid': job.metadata.uid } }
}

export const job = defineKind<Job>(jobs, {
  hasGeneration: true,
  printer: 'printJob',
  defaultPropagation: 'Orphan',
  setDefaults(object) {
    const labels = object.spec.template?.metadata?.labels
    if (Object.keys(object.metadata.labels ?? {}).length === 0 && labels !== undefined) object.metadata.labels = { ...labels }
    setJobSpecDefaults(object.spec)
  },
  prepareForCreate(object) {
    if ((object.metadata.uid ?? '') !== '') generateSelector(object)
  },
  validate: object => [
    ...validateJobSpec(object.spec, 'spec'),
    ...validateJobSelector(object.spec),
  ],
  validateUpdate(object, old) {
    return [
      ...immutable(object.spec.completionMode, old.spec.completionMode, 'spec.completionMode', semanticallyEqual),
      ...immutable(object.spec.selector, old.spec.selector, 'spec.selector', semanticallyEqual),
      ...validateTemplateUpdate(object, old),
      ...immutable(object.spec.podFailurePolicy, old.spec.podFailurePolicy, 'spec.podFailurePolicy', semanticallyEqual),
      ...immutable(object.spec.backoffLimitPerIndex, old.spec.backoffLimitPerIndex, 'spec.backoffLimitPerIndex', semanticallyEqual),
      ...(object.spec.completionMode === 'Indexed' ? [] : immutable(object.spec.completions, old.spec.completions, 'spec.completions', semanticallyEqual)),
    ]
  },
  selectableFields: { 'status.successful': object => String(object.status.succeeded ?? 0) },
  cells(object, now) {
    const { metadata, spec, status } = object
    const [names, images] = containerCells(spec.template.spec?.containers)
    const completions = spec.completions !== undefined ? `${status.succeeded ?? 0}/${spec.completions}`
      : (spec.parallelism ?? 0) > 1 ? `${status.succeeded ?? 0}/1 of ${spec.parallelism}` : `${status.succeeded ?? 0}/1`
    const started = status.startTime
    const duration = started === undefined || started === null ? '' : humanDuration((status.completionTime === undefined ? now : Date.parse(status.completionTime)) - Date.parse(started))
    return [metadata.name, stateOf(object), completions, duration, ageCell(metadata.creationTimestamp, now), names, images, selectorCell(spec.selector)]
  },
})

function stateOf({ metadata, status }: Job): string {
  const has = (type: string) => status.conditions?.some(condition => condition.type === type && condition.status === 'True') === true
  if (has('Complete')) return 'Complete'
  if (has('Failed')) return 'Failed'
  if (metadata.deletionTimestamp !== undefined) return 'Terminating'
  if (has('Suspended')) return 'Suspended'
  if (has('FailureTarget')) return 'FailureTarget'
  if (has('SuccessCriteriaMet')) return 'SuccessCriteriaMet'
  return 'Running'
}

function validateJobSelector({ selector, template }: JobSpec): FieldError[] {
  const labels = template.metadata?.labels
  const errors = selector === undefined ? [required('spec.selector')] : validateLabelSelector(selector, 'spec.selector')
  return selector !== undefined && (errors.length > 0 || matchesLabelSelector(selector, labels)) ? errors : [...errors, invalid('spec.template.metadata.labels', labels ?? null, '`selector` does not match template `labels`')]
}

export function validateJobSpec(spec: JobSpec, path: string): FieldError[] {
  const errors = (['parallelism', 'completions', 'activeDeadlineSeconds', 'backoffLimit', 'ttlSecondsAfterFinished', 'backoffLimitPerIndex', 'maxFailedIndexes'] as const)
    .flatMap(field => nonNegative(spec[field], `${path}.${field}`))
  if (!['NonIndexed', 'Indexed'].includes(spec.completionMode ?? 'NonIndexed')) errors.push(notSupported(`${path}.completionMode`, spec.completionMode, ['NonIndexed', 'Indexed']))
  if (spec.completionMode === 'Indexed' && spec.completions === undefined) errors.push(required(`${path}.completions`, 'when completion mode is Indexed'))
  if (spec.podFailurePolicy !== undefined) errors.push(...validatePodFailurePolicy(spec, `${path}.podFailurePolicy`))
  if (spec.successPolicy !== undefined) errors.push(...validateSuccessPolicy(spec, `${path}.successPolicy`))
  errors.push(...validateReplacement(spec, `${path}.podReplacementPolicy`))
  errors.push(...validatePodTemplate(spec.template, `${path}.template`))
  const policy = spec.template.spec?.restartPolicy
  if (policy === 'Always' || policy === undefined) errors.push(required(`${path}.template.spec.restartPolicy`, 'valid values: "OnFailure", "Never"'))
  else if (policy !== 'OnFailure' && policy !== 'Never') errors.push(notSupported(`${path}.template.spec.restartPolicy`, policy, ['OnFailure', 'Never']))
  else if (spec.podFailurePolicy !== undefined && policy !== 'Never') errors.push(invalid(`${path}.template.spec.restartPolicy`, policy, 'only "Never" is supported when podFailurePolicy is specified'))
  return errors
}

function validateReplacement({ podReplacementPolicy, podFailurePolicy }: JobSpec, path: string): FieldError[] {
  const supported = podFailurePolicy === undefined ? ['Failed', 'TerminatingOrFailed'] : ['Failed']
  return podReplacementPolicy === undefined || supported.includes(podReplacementPolicy) ? [] : [notSupported(path, podReplacementPolicy, supported)]
}
