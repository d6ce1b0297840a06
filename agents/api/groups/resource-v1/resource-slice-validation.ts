/**
 * What a driver may publish of its devices. Upstream: pkg/apis/resource/validation.
 *
 *   SL1  A slice says whose it is: a driver, a pool of so many slices, and in exactly one way which nodes reach it.
 *   SL2  Driver, pool and node of a slice never change.
 *   SL3  Devices have unique names; 128 of them fit, and 64 where one has taints, consumes counters or has lists of values.
 *   SL4  An attribute has one value; attributes and capacities together are 32 at most.
 *   SL5  Where each device says which nodes reach it, it does so in exactly one way; elsewhere none may.
 *   SL6  A taint has a key and an effect.
 *   SL7  Counters are named, in sets that are named once; a set has some.
 *   SL8  Conditions of binding and of its failure come together, and none is both.
 */
import { duplicate, invalid, notSupported, required, tooLong, tooMany, type FieldError } from '../../field-error.ts'
import { semanticallyEqual } from '../../schema/clone.ts'
import { immutable, validateLabelName } from '../../validation/metadata.ts'
import { isCIdentifier, isDns1123Label, isDns1123Subdomain, isLabelValue } from '../../validation/names.ts'
import { validateNodeSelector } from '../core-v1/node-selector-validation.ts'
import { validateDriverName } from '../core-v1/volume-source-validation.ts'
import { validateCapacityPolicy } from './capacity-policy-validation.ts'
import type { CounterSet, Device, DeviceAttribute, DeviceCounterConsumption, DeviceTaint, ResourceSliceSpec } from './types.ts'

const longestPoolName = 253
const mostDevices = 128
const mostAdvancedDevices = 64
const mostCounterSets = 8
const mostCounters = 32
const mostConsumptions = 2
const mostTaints = 16
const mostConditions = 4
const mostAttributes = 32
const longestValue = 64
const longestId = 32
const semver = /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(\.(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*)?(\+[0-9a-zA-Z-]+(\.[0-9a-zA-Z-]+)*)?$/

export function validateSliceSpec(spec: ResourceSliceSpec): FieldError[] {
  const { pool, devices = [], sharedCounters = [] } = spec
  const errors = [...validateDriverName(spec.driver, 'spec.driver', isDns1123Subdomain), ...validatePoolName(pool.name, 'spec.pool.name')]
  if (pool.resourceSliceCount <= 0) errors.push(invalid('spec.pool.resourceSliceCount', pool.resourceSliceCount, 'must be greater than zero'))
  if (pool.generation < 0) errors.push(invalid('spec.pool.generation', pool.generation, 'must be greater than or equal to zero'))
  errors.push(...validateReach(spec))
  if (spec.sharedCounters !== undefined && spec.devices !== undefined) errors.push(invalid('spec', '', 'only one of `sharedCounters` or `devices` is allowed'))
  const most = devices.some(isAdvanced) ? mostAdvancedDevices : mostDevices
  if (devices.length > most) errors.push(tooMany('spec.devices', devices.length, most)) // SL3
  else errors.push(...devices.flatMap((device, index) => validateDevice(device, `spec.devices[${index}]`, spec.perDeviceNodeSelection === true)), ...repeated(devices, 'spec.devices'))
  if (sharedCounters.length > mostCounterSets) errors.push(tooMany('spec.sharedCounters', sharedCounters.length, mostCounterSets))
  else errors.push(...sharedCounters.flatMap((set, index) => validateCounterSet(set, `spec.sharedCounters[${index}]`)), ...repeated(sharedCounters, 'spec.sharedCounters'))
  return errors
}

/** SL2 */
export function validateSliceChange(spec: ResourceSliceSpec, old: ResourceSliceSpec): FieldError[] {
  return [
    ...immutable(spec.pool.name, old.pool.name, 'spec.pool.name', semanticallyEqual),
    ...immutable(spec.driver, old.driver, 'spec.driver', semanticallyEqual),
    ...immutable(spec.nodeName, old.nodeName, 'spec.nodeName', semanticallyEqual),
  ]
}

export function validatePoolName(name: string, path: string): FieldError[] {
  if (name === '') return [required(path)]
  const long = name.length > longestPoolName ? [tooLong(path, longestPoolName)] : []
  return [...long, ...name.split('/').flatMap(part => isDns1123Subdomain(part).map(text => invalid(path, part, text)))]
}

/** SL1 */
function validateReach({ nodeName, nodeSelector, allNodes, perDeviceNodeSelection }: ResourceSliceSpec): FieldError[] {
  const errors: FieldError[] = []
  const used: string[] = []
  if (nodeName === '') errors.push(invalid('spec.nodeName', nodeName, 'must be either unset or set to a non-empty string'))
  else if (nodeName !== undefined) {
    used.push('`nodeName`')
    errors.push(...isDns1123Subdomain(nodeName).map(text => invalid('spec.nodeName', nodeName, text)))
  }
  if (nodeSelector !== undefined) {
    used.push('`nodeSelector`')
    errors.push(...validateNodeSelector(nodeSelector, 'spec.nodeSelector'))
    if ((nodeSelector.nodeSelectorTerms ?? []).length !== 1) errors.push(invalid('spec.nodeSelector.nodeSelectorTerms', nodeSelector.nodeSelectorTerms, 'must have exactly one node selector term'))
  }
  for (const [field, value] of [['allNodes', allNodes], ['perDeviceNodeSelection', perDeviceNodeSelection]] as const) {
    if (value === true) used.push(`\`${field}\``)
    else if (value === false) errors.push(invalid(`spec.${field}`, value, 'must be either unset or set to true'))
  }
  const text = 'exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required'
  if (used.length === 0) errors.push(required('spec', text))
  if (used.length > 1) errors.push(invalid('spec', `{${used.join(', ')}}`, `${text}, but multiple fields are set`))
  return errors
}

/** SL3 */
function isAdvanced({ taints = [], consumesCounters = [], attributes = {} }: Device): boolean {
  return taints.length > 0 || consumesCounters.length > 0 || Object.values(attributes).some(attribute => listsOf(attribute).length > 0)
}

function listsOf({ bools, ints, strings, versions }: DeviceAttribute): [string, readonly unknown[]][] {
  return Object.entries({ bools, ints, strings, versions }).flatMap(([name, values]) => values === undefined ? [] : [[name, values] as [string, readonly unknown[]]])
}

function repeated(named: readonly { readonly name: string }[], path: string): FieldError[] {
  return named.flatMap(({ name }, index) => named.findIndex(other => other.name === name) < index ? [duplicate(`${path}[${index}].name`, name)] : [])
}

function validateDevice(device: Device, path: string, isReachedAlone: boolean): FieldError[] {
  const { name, attributes = {}, capacity = {} } = device
  const errors = isDns1123Label(name).map(text => invalid(`${path}.name`, name, text))
  const count = Object.keys(attributes).length + Object.keys(capacity).length
  if (count > mostAttributes) errors.push(invalid(path, count, `the total number of attributes and capacities must not exceed ${mostAttributes}`)) // SL4
  for (const [key, attribute] of Object.entries(attributes)) errors.push(...validateQualifiedName(key, `${path}.attributes`), ...validateAttribute(attribute, `${path}.attributes[${key}]`))
  for (const [key, each] of Object.entries(capacity)) errors.push(...validateQualifiedName(key, `${path}.capacity`), ...validateCapacityPolicy(each, device, `${path}.capacity[${key}]`))
  return [
    ...errors,
    ...validateTaints(device.taints ?? [], `${path}.taints`),
    ...validateConsumption(device.consumesCounters ?? [], `${path}.consumesCounters`),
    ...(isReachedAlone ? validateDeviceReach(device, path) : device.nodeName === undefined && device.nodeSelector === undefined && device.allNodes === undefined ? [] : [invalid(path, null, '`nodeName`, `nodeSelector` and `allNodes` can only be set if `perDeviceNodeSelection` is set to true in the ResourceSlice spec')]),
    ...validateBindingConditions(device, path),
  ]
}

/** SL5 */
function validateDeviceReach({ nodeName, nodeSelector, allNodes }: Device, path: string): FieldError[] {
  const errors: FieldError[] = []
  const used: string[] = []
  if (nodeName === '') errors.push(invalid(`${path}.nodeName`, nodeName, 'must not be empty'))
  else if (nodeName !== undefined) {
    used.push('`nodeName`')
    errors.push(...isDns1123Subdomain(nodeName).map(text => invalid(`${path}.nodeName`, nodeName, text)))
  }
  if (nodeSelector !== undefined) {
    used.push('`nodeSelector`')
    errors.push(...validateNodeSelector(nodeSelector, `${path}.nodeSelector`))
  }
  if (allNodes === true) used.push('`allNodes`')
  else if (allNodes === false) errors.push(invalid(`${path}.allNodes`, allNodes, 'must be either unset or set to true'))
  const text = 'exactly one of `nodeName`, `nodeSelector`, or `allNodes` is required when `perDeviceNodeSelection` is set to true in the ResourceSlice spec'
  if (used.length === 0) errors.push(required(path, text))
  if (used.length > 1) errors.push(invalid(path, `{${used.join(', ')}}`, text))
  return errors
}

const taintEffects = ['NoExecute', 'NoSchedule', 'None']

/** SL6 */
function validateTaints(taints: readonly DeviceTaint[], path: string): FieldError[] {
  if (taints.length > mostTaints) return [tooMany(path, taints.length, mostTaints)]
  return taints.flatMap(({ key, value = '', effect }, index) => {
    const at = `${path}[${index}]`
    return [
      ...validateLabelName(key, `${at}.key`),
      ...isLabelValue(value).map(text => invalid(`${at}.value`, value, text)),
      ...(effect === '' ? [required(`${at}.effect`)] : taintEffects.includes(effect) ? [] : [notSupported(`${at}.effect`, effect, taintEffects)]),
    ]
  })
}

/** SL7 */
function validateConsumption(consumption: readonly DeviceCounterConsumption[], path: string): FieldError[] {
  if (consumption.length > mostConsumptions) return [tooMany(path, consumption.length, mostConsumptions)]
  const sets = consumption.map(each => each.counterSet)
  return [
    ...consumption.flatMap(({ counterSet, counters }, index) => [...validateCounterName(counterSet, `${path}[${index}].counterSet`), ...validateCounters(counters, `${path}[${index}].counters`)]),
    ...sets.flatMap((set, index) => (sets.indexOf(set) < index ? [duplicate(`${path}[${index}].counterSet`, set)] : [])),
  ]
}

/** SL7 */
function validateCounterSet({ name, counters }: CounterSet, path: string): FieldError[] {
  return [...validateCounterName(name, `${path}.name`), ...validateCounters(counters, `${path}.counters`)]
}

function validateCounterName(name: string, path: string): FieldError[] {
  return name === '' ? [required(path)] : isDns1123Label(name).map(text => invalid(path, name, text))
}

function validateCounters(counters: CounterSet['counters'] | undefined, path: string): FieldError[] {
  const names = Object.keys(counters ?? {})
  if (names.length === 0) return [required(path)]
  return names.length > mostCounters ? [tooMany(path, names.length, mostCounters)] : names.flatMap(name => isDns1123Label(name).map(text => invalid(path, name, text)))
}

/** SL8 */
function validateBindingConditions({ bindingConditions = [], bindingFailureConditions = [] }: Device, path: string): FieldError[] {
  const lists = [['bindingConditions', bindingConditions], ['bindingFailureConditions', bindingFailureConditions]] as const
  return [
    ...lists.flatMap(([field, conditions]) => (conditions.length > mostConditions ? [tooMany(`${path}.${field}`, conditions.length, mostConditions)] : conditions.flatMap((condition, index) => validateLabelName(condition, `${path}.${field}[${index}]`)))),
    ...lists.flatMap(([field, conditions]) => conditions.flatMap((condition, index) => {
      const at = `${path}.${field}[${index}]`
      return [
        ...(conditions.indexOf(condition) < index ? [duplicate(at, condition)] : []),
        ...(field === 'bindingFailureConditions' && bindingConditions.includes(condition) ? [invalid(at, condition, 'bindingFailureConditions must not overlap with bindingConditions')] : []),
      ]
    })),
    ...(bindingConditions.length === 0 && bindingFailureConditions.length > 0 ? [invalid(`${path}.bindingConditions`, null, 'bindingConditions are required to use bindingFailureConditions')] : []),
    ...(bindingFailureConditions.length === 0 && bindingConditions.length > 0 ? [invalid(`${path}.bindingFailureConditions`, null, 'bindingFailureConditions are required to use bindingConditions')] : []),
  ]
}

/** "model" or "example.com/model". */
export function validateQualifiedName(key: string, path: string): FieldError[] {
  const parts = key.split('/')
  if (parts.length > 2) return []
  const [id, domain] = [parts.at(-1)!, parts.length === 2 ? parts[0] : undefined]
  return [
    ...(domain === undefined ? [] : domain === '' ? [invalid(path, '', 'the domain must not be empty')] : validateDriverName(domain, path, isDns1123Subdomain)),
    ...(domain !== undefined && id === '' ? [invalid(path, '', 'the name must not be empty')] : [
      ...(id.length > longestId ? [tooLong(path, longestId)] : []),
      ...isCIdentifier(id).map(text => invalid(path, id, text)),
    ]),
  ]
}

/** SL4 */
function validateAttribute(attribute: DeviceAttribute, path: string): FieldError[] {
  const { bool, int, string, version } = attribute
  const lists = listsOf(attribute)
  const count = [bool, int, string, version].filter(value => value !== undefined).length + lists.length
  const texts: [string, string, boolean][] = [
    ...(string === undefined ? [] : [[`${path}.string`, string, false] as [string, string, boolean]]),
    ...(version === undefined ? [] : [[`${path}.version`, version, true] as [string, string, boolean]]),
    ...lists.flatMap(([name, values]) => name !== 'strings' && name !== 'versions' ? [] : values.map((value, index) => [`${path}.${name}[${index}]`, String(value), name === 'versions'] as [string, string, boolean])),
  ]
  return [
    ...texts.flatMap(([at, text, isVersion]) => [
      ...(isVersion && !semver.test(text) ? [invalid(at, text, 'must be a string compatible with semver.org spec 2.0.0')] : []),
      ...(text.length > longestValue ? [tooLong(at, longestValue)] : []),
    ]),
    ...lists.filter(([, values]) => values.length === 0).map(([name, values]) => invalid(`${path}.${name}`, values, 'must not be empty if specified')),
    ...(count === 1 ? [] : [invalid(path, count === 0 ? '' : attribute, 'exactly one value must be specified')]),
  ]
}
