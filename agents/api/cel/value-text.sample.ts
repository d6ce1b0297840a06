/** A value as goldens show it. */
import { CelDuration, CelFault, CelList, CelMap, CelOptional, CelStruct, CelTimestamp, CelTypeValue, CelUint } from './cel-value.ts'
import type { CelValue } from './cel-value.ts'
import { CidrValue, IpValue } from './libraries/addresses.ts'
import { QuantityValue } from './libraries/quantity.ts'
import { SemverValue } from './libraries/semver.ts'
import { UrlValue } from './libraries/url.ts'
import { durationText, timestampText } from './time.ts'

function entriesOf(map: CelMap): string[] {
  return map.keys().flatMap(key => {
    const value = map.find(key)
    return value === undefined ? [] : [`${valueText(key)}: ${valueText(value)}`]
  })
}

export function valueText(value: CelValue | CelFault): string {
  if (value instanceof CelFault) return 'value of error'
  switch (typeof value) {
    case 'bigint':
    case 'boolean':
      return String(value)
    case 'number':
      return `double ${String(value).replace('Infinity', 'Inf').replace(/^Inf/, '+Inf')}`
    case 'string':
      return JSON.stringify(value)
  }
  if (value === null) return 'null'
  if (value instanceof CelUint) return `${value.value}u`
  if (value instanceof Uint8Array) return `bytes ${Array.from(value, byte => byte.toString(16).padStart(2, '0')).join('')}`
  if (value instanceof CelTimestamp) return `timestamp ${timestampText(value)}`
  if (value instanceof CelDuration) return `duration ${durationText(value.nanos)}`
  if (value instanceof CelTypeValue) return `type ${value.name}`
  if (value instanceof CelOptional) return value.value === undefined ? 'optional.none' : `optional(${valueText(value.value)})`
  if (value instanceof CelList) return `[${Array.from({ length: value.size }, (_, index) => valueText(value.at(index))).join(', ')}]`
  if (value instanceof CelMap) return `{${entriesOf(value).sort().join(', ')}}`
  if (value instanceof QuantityValue) return `quantity ${value.text}`
  if (value instanceof UrlValue) return `url ${value.text}`
  if (value instanceof IpValue) return `ip ${value.text}`
  if (value instanceof CidrValue) return `cidr ${value.text}`
  if (value instanceof SemverValue) return `semver ${value.text}`
  if (value instanceof CelStruct) return `value of ${value.typeName}`
  return `value of ${value.typeName}`
}
