/**
 * LimitRange: smallest, largest and default resources of containers, pods and claims.
 *
 *   LR1  For containers, default is at most max and defaultRequest at most default; missing ones are filled from max and min.
 */
import { defineKind } from '../../define-kind.ts'
import { duplicate, forbidden, invalid, type FieldError } from '../../field-error.ts'
import { limitRanges } from '../../resources.ts'
import { compareQuantities } from '../../schema/quantity.ts'
import type { LimitRange, LimitRangeItem } from './types.ts'

export const limitRange = defineKind<LimitRange>(limitRanges, {
  allowsCreateOnUpdate: true,
  setDefaults({ spec }) {
    for (const item of spec.limits ?? []) if (item.type === 'Container') setItemDefaults(item)
  },
  validate({ spec }) {
    const seen = new Set<string>()
    return (spec.limits ?? []).flatMap((item, index) => {
      const path = `spec.limits[${index}]`
      const errors = validateItem(item, path)
      if (seen.has(item.type)) errors.unshift(duplicate(`${path}.type`, item.type))
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

function validateItem(item: LimitRangeItem, path: string): FieldError[] {
  const errors: FieldError[] = []
  if (item.type === 'Pod') {
    if (Object.keys(item.default ?? {}).length > 0) errors.push(forbidden(`${path}.default`, "may not be specified when `type` is 'Pod'"))
    if (Object.keys(item.defaultRequest ?? {}).length > 0) errors.push(forbidden(`${path}.defaultRequest`, "may not be specified when `type` is 'Pod'"))
  }
  const order: readonly (readonly [keyof LimitRangeItem, keyof LimitRangeItem, string])[] = [
    ['min', 'max', 'min value %s is greater than max value %s'], ['min', 'defaultRequest', 'min value %s is greater than default request value %s'],
    ['defaultRequest', 'max', 'default request value %s is greater than max value %s'], ['defaultRequest', 'default', 'default request value %s is greater than default limit value %s'],
    ['default', 'max', 'default value %s is greater than max value %s'],
  ]
  for (const [lower, upper, text] of order) {
    const low = (item[lower] ?? {}) as Record<string, string>
    const high = (item[upper] ?? {}) as Record<string, string>
    for (const name of Object.keys(low)) {
      if (high[name] === undefined || compareQuantities(low[name]!, high[name]) <= 0) continue
      const field = lower === 'default' && upper === 'max' ? 'default' : lower
      errors.push(invalid(`${path}.${field}[${name}]`, low[name], text.replace('%s', low[name]!).replace('%s', high[name])))
    }
  }
  return errors
}
