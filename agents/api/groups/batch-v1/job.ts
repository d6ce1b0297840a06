/**
 * Job.
 *
 *   JB1  completions and parallelism are 1 if neither is given; backoffLimit is 6 (very large with backoffLimitPerIndex).
 *   JB2  Without manualSelector the server makes the selector: batch.kubernetes.io/controller-uid, and labels the template
 *        with it and the job's name; generateSelector does this once the uid is known.
 *   JB3  completionMode, selector and template never change, but for what suspended-job-template.ts allows.
 */
import { defineKind } from '../../define-kind.ts'
import { invalid, notSupported, required, tooLong, type FieldError } from '../../field-error.ts'
import { ageCell, containerCells, humanDuration, selectorCell } from '../../printing.ts'
import { jobs } from '../../resources.ts'
import { semanticallyEqual } from '../../schema/clone.ts'
import { matchesLabelSelector } from '../../selectors/label-selector.ts'
import { immutable, validateLabelSelector } from '../../validation/metadata.ts'
import { isDns1123Subdomain } from '../../validation/names.ts'
import { nonNegative } from '../../validation/numbers.ts'
import { setPodTemplateDefaults } from '../core-v1/pod-spec-defaults.ts'
import { validatePodTemplate } from '../core-v1/pod-template-validation.ts'
import { podTemplateWarnings } from '../core-v1/pod-warnings.ts'
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
  warnings: ({ spec }) => podTemplateWarnings(spec.template, 'spec.template'),
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
  if (spec.maxFailedIndexes !== undefined && spec.backoffLimitPerIndex === undefined) errors.push(required(`${path}.backoffLimitPerIndex`, 'when maxFailedIndexes is specified'))
  if (spec.managedBy !== undefined) errors.push(...validateManager(spec.managedBy, `${path}.managedBy`))
  if (!['NonIndexed', 'Indexed'].includes(spec.completionMode ?? 'NonIndexed')) errors.push(notSupported(`${path}.completionMode`, spec.completionMode, ['NonIndexed', 'Indexed']))
  errors.push(...validateIndexes(spec, path))
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

const mostIndexes = 100_000
/** Of pods at once and of failures, where there are more completions than that. */
const mostAtOnce = 10_000
const longestManager = 63

function validateIndexes({ completionMode = 'NonIndexed', completions, parallelism = 0, maxFailedIndexes, backoffLimitPerIndex }: JobSpec, path: string): FieldError[] {
  if (completionMode !== 'Indexed') {
    const needsIndexes = (field: string, value: number | undefined) => (value === undefined || completionMode !== 'NonIndexed' ? [] : [invalid(`${path}.${field}`, value, 'requires indexed completion mode')])
    return [...needsIndexes('backoffLimitPerIndex', backoffLimitPerIndex), ...needsIndexes('maxFailedIndexes', maxFailedIndexes)]
  }
  const errors: FieldError[] = []
  if (completions === undefined) errors.push(required(`${path}.completions`, 'when completion mode is Indexed'))
  if (parallelism > mostIndexes) errors.push(invalid(`${path}.parallelism`, parallelism, `must be less than or equal to ${mostIndexes} when completion mode is Indexed`))
  if (completions !== undefined && maxFailedIndexes !== undefined && maxFailedIndexes > completions) errors.push(invalid(`${path}.maxFailedIndexes`, maxFailedIndexes, 'must be less than or equal to completions'))
  if (maxFailedIndexes !== undefined && maxFailedIndexes > mostIndexes) errors.push(invalid(`${path}.maxFailedIndexes`, maxFailedIndexes, `must be less than or equal to ${mostIndexes}`))
  if ((completions ?? 0) <= mostIndexes || backoffLimitPerIndex === undefined) return errors
  const text = `must be less than or equal to ${mostAtOnce} when completions are above ${mostIndexes} and used with backoff limit per index`
  if (maxFailedIndexes === undefined) errors.push(required(`${path}.maxFailedIndexes`, `must be specified when completions is above ${mostIndexes}`))
  if (parallelism > mostAtOnce) errors.push(invalid(`${path}.parallelism`, parallelism, text))
  if (maxFailedIndexes !== undefined && maxFailedIndexes > mostAtOnce) errors.push(invalid(`${path}.maxFailedIndexes`, maxFailedIndexes, text))
  return errors
}

/** A path below a domain: "acme.io/foo". Upstream: apimachinery/pkg/util/validation IsDomainPrefixedPath. */
function validateManager(manager: string, path: string): FieldError[] {
  if (manager === '') return [required(path)]
  const [domain = '', ...rest] = manager.split('/')
  const below = rest.join('/')
  const errors = domain === '' || below === '' ? [invalid(path, manager, 'must be a domain-prefixed path (such as "acme.io/foo")')] : isDns1123Subdomain(domain).map(text => invalid(path, domain, text))
  if (below !== '' && !/^[A-Za-z0-9/\-._~%!$&'()*+,;=:]+$/.test(below)) errors.push(invalid(path, below, "Invalid path (regex used for validation is '[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+')"))
  return manager.length > longestManager ? [...errors, tooLong(path, longestManager)] : errors
}

function validateReplacement({ podReplacementPolicy, podFailurePolicy }: JobSpec, path: string): FieldError[] {
  const supported = podFailurePolicy === undefined ? ['Failed', 'TerminatingOrFailed'] : ['Failed']
  return podReplacementPolicy === undefined || supported.includes(podReplacementPolicy) ? [] : [notSupported(path, podReplacementPolicy, supported)]
}
