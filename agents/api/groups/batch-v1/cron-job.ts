/** CronJob: makes Jobs by the clock. */
import { defineKind } from '../../define-kind.ts'
import { invalid, notSupported, required, type FieldError } from '../../field-error.ts'
import { ageCell, containerCells, selectorCell } from '../../printing.ts'
import { cronJobs } from '../../resources.ts'
import { nonNegative } from '../../validation/numbers.ts'
import { setPodTemplateDefaults } from '../core-v1/pod-spec-defaults.ts'
import { podTemplateWarnings } from '../core-v1/pod-warnings.ts'
import { validateJobSpec } from './job.ts'
import type { CronJob } from './types.ts'

const maxNameLength = 52
const policies = ['Allow', 'Forbid', 'Replace']

export const cronJob = defineKind<CronJob>(cronJobs, {
  hasGeneration: true,
  printer: 'printCronJob',
  setDefaults({ spec }) {
    spec.concurrencyPolicy ??= 'Allow'
    spec.suspend ??= false
    spec.successfulJobsHistoryLimit ??= 3
    spec.failedJobsHistoryLimit ??= 1
    if (spec.jobTemplate.metadata?.managedFields?.length === 0) delete spec.jobTemplate.metadata.managedFields
    setPodTemplateDefaults(spec.jobTemplate.spec?.template) // upstream defaults a Job, not the template of one
  },
  warnings: ({ spec }) => podTemplateWarnings(spec.jobTemplate.spec?.template, 'spec.jobTemplate.spec.template'),
  validate({ metadata, spec }) {
    const errors: FieldError[] = []
    if (spec.schedule === '') errors.push(required('spec.schedule'))
    else errors.push(...validateSchedule(spec.schedule))
    errors.push(...nonNegative(spec.startingDeadlineSeconds, 'spec.startingDeadlineSeconds'), ...validateTimeZone(spec.timeZone, 'spec.timeZone'))
    if (!policies.includes(spec.concurrencyPolicy ?? '')) errors.push(notSupported('spec.concurrencyPolicy', spec.concurrencyPolicy ?? '', policies))
    return [
      ...errors,
      ...(spec.jobTemplate.spec === undefined ? [] : validateJobSpec(spec.jobTemplate.spec, 'spec.jobTemplate.spec')),
      ...(spec.jobTemplate.spec?.selector === undefined ? [] : [invalid('spec.jobTemplate.spec.selector', spec.jobTemplate.spec.selector, '`selector` will be auto-generated')]),
      ...(spec.jobTemplate.spec?.manualSelector === true ? [notSupported('spec.jobTemplate.spec.manualSelector', true, ['nil', 'false'])] : []),
      ...nonNegative(spec.successfulJobsHistoryLimit, 'spec.successfulJobsHistoryLimit'),
      ...nonNegative(spec.failedJobsHistoryLimit, 'spec.failedJobsHistoryLimit'),
      ...(((metadata.name as string | undefined) ?? '').length > maxNameLength ? [invalid('metadata.name', metadata.name, `must be no more than ${maxNameLength} characters`)] : []),
    ]
  },
  cells({ metadata, spec, status }, now) {
    const [names, images] = containerCells(spec.jobTemplate.spec?.template?.spec?.containers)
    const last = status.lastScheduleTime === undefined || status.lastScheduleTime === null ? '<none>' : ageCell(status.lastScheduleTime, now)
    return [
      metadata.name, spec.schedule, spec.timeZone ?? '<none>', spec.suspend === true ? 'True' : 'False', status.active?.length ?? 0, last,
      ageCell(metadata.creationTimestamp, now), names, images, selectorCell(spec.jobTemplate.spec?.selector),
    ]
  },
})

/** Known zones are those of the engine. */
function validateTimeZone(zone: string | undefined, path: string): FieldError[] {
  if (zone === undefined) return []
  if (zone === '') return [invalid(path, zone, 'timeZone must be nil or non-empty string')]
  if (zone.toLowerCase() === 'local') return [invalid(path, zone, 'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones')]
  return isTimeZone(zone) ? [] : [invalid(path, zone, `unknown time zone ${zone}`)]
}

function isTimeZone(zone: string): boolean {
  if (zone.split('/').some(part => part.startsWith('-') || !/^[A-Za-z\-_0-9+][A-Za-z.\-_0-9+]{0,13}$/.test(part))) return false
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone })
    return true
  } catch {
    return false
  }
}

const fieldPattern = /^(\*|\?|[0-9a-zA-Z]+(-[0-9a-zA-Z]+)?)(\/\d+)?(,(\*|\?|[0-9a-zA-Z]+(-[0-9a-zA-Z]+)?)(\/\d+)?)*$/

function validateSchedule(schedule: string): FieldError[] {
  if (/^@(yearly|annually|monthly|weekly|daily|midnight|hourly|every \S+)$/.test(schedule)) return []
  if (schedule.includes('TZ')) return [invalid('spec.schedule', schedule, 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead')]
  const fields = schedule.trim().split(/\s+/)
  if (fields.length !== 5) return [invalid('spec.schedule', schedule, `expected exactly 5 fields, found ${fields.length}: [${fields.join(' ')}]`)]
  const bad = fields.find((field, index) => !fieldPattern.test(field) || (index < 3 && /[a-zA-Z]/.test(field)))
  return bad === undefined ? [] : [invalid('spec.schedule', schedule, `failed to parse int from ${bad}: strconv.Atoi: parsing ${JSON.stringify(bad)}: invalid syntax`)]
}
