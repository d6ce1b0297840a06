/**
 * LimitRange: smallest, largest and default resources of containers, pods and claims.
 *
 *   LR1  For containers, default is at most max and defaultRequest at most default; missing ones are filled from max and min.
 *   LR2  Every lower bound is at most every upper one; a ratio is at least 1 and at most max/min.
 */
import { defineKind } from '../../define-kind.ts'
import { duplicate, forbidden, invalid, required, type FieldError } from '../../field-error.ts'
import { limitRanges } from '../../resources.ts'
import { compareQuantities, quantityMillis } from '../../schema/quantity.ts'
import { isQualifiedName } from '../../validation/names.ts'
import type { LimitRange, LimitRangeItem } from './types.ts'

export const limitRange = defineKind<LimitRange>(limitRanges, {
  allowsCreateOnUpdate: true,
  prepareForCreate({ metadata }) {
    if ((metadata.name ?? '') === '' && metadata.uid !== undefined) metadata.name = metadata.uid // as upstream names one without a name
  },
  setDefaults({ spec }) {
    for (const item of spec.limits ?? []) if (item.type === 'Container') setItemDefaults(item)
  },
  validate({ spec }) {
    const seen = new Set<string>()
    return (spec.limits ?? []).flatMap((item, index) => {
      const path = `spec.limits[${index}]`
      const errors = validateItem(item, path)
      if (seen.has(item.type)) errors.unshift(duplicate(`${path}.type`, item.type))
      errors.unshift(...validateType(item.type, `${path}.type`))
      seen.add(item.type)
      return errors
    })
  },
})

function setItemDefaults(item: LimitRangeItem): void {
  const limits = { ...item.default }
  for (const [name, value] of Object.entries(item.max ?? {})) limits[name] ??= value
  const requests = { ...item.defaultRequest }
  for (const [name, value] of Object.entries(limits)) requests[name] ??= value
  for (const [name, value] of Object.entries(item.min ?? {})) requests[name] ??= value
  if (Object.keys(limits).length > 0) item.default = limits
  if (Object.keys(requests).length > 0) item.defaultRequest = requests
}

interface Comparison {
  readonly lower: Bound
  readonly upper: Bound
  readonly text: string
  /** Where it is told, and whose value is shown there. */
  readonly field: Bound
  readonly shows: Bound
}

type Bound = 'min' | 'max' | 'default' | 'defaultRequest'

/** LR2; the third and the last show what upstream shows. */
const comparisons: readonly Comparison[] = [
  { lower: 'min', upper: 'max', text: 'min value %l is greater than max value %u', field: 'min', shows: 'min' },
  { lower: 'min', upper: 'defaultRequest', text: 'min value %l is greater than default request value %u', field: 'defaultRequest', shows: 'defaultRequest' },
  { lower: 'defaultRequest', upper: 'max', text: 'default request value %l is greater than max value %u', field: 'defaultRequest', shows: 'defaultRequest' },
  { lower: 'defaultRequest', upper: 'default', text: 'default request value %l is greater than default limit value %u', field: 'defaultRequest', shows: 'defaultRequest' },
  { lower: 'min', upper: 'default', text: 'min value %l is greater than default value %u', field: 'default', shows: 'min' },
  { lower: 'default', upper: 'max', text: 'default value %l is greater than max value %u', field: 'default', shows: 'max' },
]

function validateItem(item: LimitRangeItem, path: string): FieldError[] {
  const errors: FieldError[] = []
  if (item.type === 'Pod') {
    if (Object.keys(item.default ?? {}).length > 0) errors.push(forbidden(`${path}.default`, "may not be specified when `type` is 'Pod'"))
    if (Object.keys(item.defaultRequest ?? {}).length > 0) errors.push(forbidden(`${path}.defaultRequest`, "may not be specified when `type` is 'Pod'"))
  }
  if (item.type === 'PersistentVolumeClaim' && item.min?.['storage'] === undefined && item.max?.['storage'] === undefined) {
    errors.push(required(`${path}.limits`, 'either minimum or maximum storage value is required, but neither was provided'))
  }
  const names = new Set([item.max, item.min, item.default, item.defaultRequest, item.maxLimitRequestRatio].flatMap(amounts => Object.keys(amounts ?? {})))
  for (const name of [...names].sort()) errors.push(...compareBounds(item, name, path), ...validateRatio(item, name, path))
  return errors
}

function compareBounds(item: LimitRangeItem, name: string, path: string): FieldError[] {
  return comparisons.flatMap(({ lower, upper, text, field, shows }) => {
    const low = item[lower]?.[name]
    const high = item[upper]?.[name]
    if (low === undefined || high === undefined || compareQuantities(low, high) <= 0) return []
    return [invalid(`${path}.${field}[${name}]`, item[shows]![name], text.replace('%l', low).replace('%u', high))]
  })
}

function validateRatio(item: LimitRangeItem, name: string, path: string): FieldError[] {
  const ratio = item.maxLimitRequestRatio?.[name]
  if (ratio === undefined) return []
  const at = `${path}.maxLimitRequestRatio[${name}]`
  const errors = compareQuantities(ratio, '1') < 0 ? [invalid(at, ratio, `ratio ${ratio} is less than 1`)] : []
  const [min, max] = [item.min?.[name], item.max?.[name]]
  if (min === undefined || max === undefined) return errors
  const limit = Number(quantityMillis(max)) / Number(quantityMillis(min))
  return Number(quantityMillis(ratio)) / 1000 > limit ? [...errors, invalid(at, ratio, `ratio ${ratio} is greater than max/min = ${limit.toFixed(6)}`)] : errors
}

function validateType(type: string, path: string): FieldError[] {
  const errors = isQualifiedName(type).map(text => invalid(path, type, text))
  if (errors.length > 0 || type.includes('/') || ['Pod', 'Container', 'PersistentVolumeClaim'].includes(type)) return errors
  return [invalid(path, type, 'must be a standard limit type or fully qualified')]
}
