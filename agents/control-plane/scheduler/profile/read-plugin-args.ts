/**
 * pluginConfig: the arguments of the default plugins, read strictly, defaulted and validated.
 * Upstream: pkg/scheduler/apis/config (defaults, validation_pluginargs.go).
 *
 *   PA1  Each plugin's arguments have a kind of their own, named after it; another kind or version is refused.
 *   PA2  Whatever is not said has upstream's default.
 *   PA3  What upstream's validation refuses is refused here, in its words.
 */
import type { NodeAffinity, TopologySpreadConstraint } from '../../../api/groups/core-v1/types.ts'
import { duplicate, forbidden, invalid, notSupported, required } from '../../../api/field-error.ts'
import { readDuration } from '../../../base/duration.ts'
import type { PluginArgs, ResourceWeight, ShapePoint } from '../framework/plugin-args.ts'
import { defaultPluginArgs as defaults } from '../framework/plugin-args.ts'
import type { StrictReader } from './strict-reader.ts'

const apiVersion = 'kubescheduler.config.k8s.io/v1'

type ArgsReaders = { readonly [N in keyof PluginArgs]: (args: StrictReader) => PluginArgs[N] }

const readers: ArgsReaders = {
  DefaultPreemption(args) {
    const read = {
      minCandidateNodesPercentage: args.number('minCandidateNodesPercentage', defaults.DefaultPreemption.minCandidateNodesPercentage),
      minCandidateNodesAbsolute: args.number('minCandidateNodesAbsolute', defaults.DefaultPreemption.minCandidateNodesAbsolute),
    }
    inRange(args, 'minCandidateNodesPercentage', read.minCandidateNodesPercentage, 0, 100, 'not in valid range [0, 100]')
    inRange(args, 'minCandidateNodesAbsolute', read.minCandidateNodesAbsolute, 0, Infinity, 'not in valid range [0, inf)')
    if (read.minCandidateNodesPercentage === 0 && read.minCandidateNodesAbsolute === 0) args.wrong('minCandidateNodesPercentage', path => invalid(path, 0, 'cannot be zero at the same time as minCandidateNodesAbsolute'))
    return read
  },

  InterPodAffinity(args) {
    const hardPodAffinityWeight = args.number('hardPodAffinityWeight', defaults.InterPodAffinity.hardPodAffinityWeight)
    inRange(args, 'hardPodAffinityWeight', hardPodAffinityWeight, 0, 100, 'not in valid range [0, 100]')
    return { hardPodAffinityWeight, ignorePreferredTermsOfExistingPods: args.flag('ignorePreferredTermsOfExistingPods', false) }
  },

  NodeAffinity(args) {
    const addedAffinity = args.raw('addedAffinity') as NodeAffinity | undefined
    return addedAffinity === undefined ? {} : { addedAffinity }
  },

  NodeResourcesFit(args) {
    const ignoredResources = args.texts('ignoredResources')
    const ignoredResourceGroups = args.texts('ignoredResourceGroups')
    for (const [index, group] of ignoredResourceGroups.entries()) if (group.includes('/')) args.wrong(['ignoredResourceGroups', index], path => invalid(path, group, "resource group name can't contain '/'"))
    return { ignoredResources, ignoredResourceGroups, scoringStrategy: args.object('scoringStrategy', readScoringStrategy) ?? defaults.NodeResourcesFit.scoringStrategy }
  },

  NodeResourcesBalancedAllocation(args) {
    const resources = readResources(args, defaults.NodeResourcesBalancedAllocation.resources)
    for (const [index, { name, weight }] of resources.entries()) {
      if (resources.findIndex(other => other.name === name) < index) args.wrong(['resources', index, 'name'], path => duplicate(path, name))
      if (weight !== 1) args.wrong(['resources', index, 'weight'], path => invalid(path, weight, 'must be 1'))
    }
    return { resources }
  },

  PodTopologySpread(args) {
    const defaultConstraints = args.objects('defaultConstraints', readConstraint)
    for (const [index, { topologyKey, whenUnsatisfiable }] of defaultConstraints.entries()) {
      const first = defaultConstraints.findIndex(other => other.topologyKey === topologyKey && other.whenUnsatisfiable === whenUnsatisfiable)
      if (first < index) args.wrong(['defaultConstraints', index], path => duplicate(path, `{${topologyKey}, ${whenUnsatisfiable}}`))
    }
    const defaultingType = args.text('defaultingType', 'System')
    if (defaultingType !== 'System' && defaultingType !== 'List') args.wrong('defaultingType', path => notSupported(path, defaultingType, ['List', 'System']))
    if (defaultingType === 'System' && defaultConstraints.length > 0) args.wrong('defaultingType', path => invalid(path, defaultingType, 'when .defaultConstraints are not empty'))
    return { defaultConstraints, defaultingType: defaultingType === 'List' ? 'List' : 'System' }
  },

  VolumeBinding(args) {
    const bindTimeoutSeconds = args.number('bindTimeoutSeconds', defaults.VolumeBinding.bindTimeoutSeconds)
    if (bindTimeoutSeconds < 0) args.wrong('bindTimeoutSeconds', path => invalid(path, bindTimeoutSeconds, 'invalid BindTimeoutSeconds, should not be a negative value'))
    if (args.has('shape')) args.wrong('shape', path => invalid(path, args.raw('shape'), 'unexpected field `shape`, remove it or turn on the feature gate StorageCapacityScoring'))
    args.raw('shape')
    return { bindTimeoutSeconds }
  },

  DynamicResources(args) {
    const bindingTimeoutMs = readTime(args, 'bindingTimeout', defaults.DynamicResources.bindingTimeoutMs)
    if (bindingTimeoutMs < 1_000) args.wrong('bindingTimeout', path => invalid(path, args.text('bindingTimeout', ''), 'must be at least 1 second'))
    return { filterTimeoutMs: readTime(args, 'filterTimeout', defaults.DynamicResources.filterTimeoutMs), bindingTimeoutMs }
  },
}

export function readPluginArgs<N extends keyof PluginArgs>(name: N, args: StrictReader): PluginArgs[N] {
  const kind = `${name}Args`
  const said = args.text('kind', kind)
  const version = args.text('apiVersion', apiVersion)
  if (said !== kind || version !== apiVersion) args.wrong(said === kind ? 'apiVersion' : 'kind', path => invalid(path, said === kind ? version : said, `has to match plugin args: ${apiVersion}, kind ${kind}`)) // PA1
  return readers[name](args)
}

export function takesArgs(name: string): name is keyof PluginArgs {
  return Object.hasOwn(readers, name)
}

function readScoringStrategy(strategy: StrictReader): PluginArgs['NodeResourcesFit']['scoringStrategy'] {
  const type = strategy.text('type', 'LeastAllocated')
  const resources = readResources(strategy, defaults.NodeResourcesFit.scoringStrategy.resources)
  for (const [index, { name, weight }] of resources.entries()) inRange(strategy, ['resources', index, 'weight'], weight, 1, 100, `resource weight of ${name} not in valid range (0, 100]`)
  const ratio = strategy.object('requestedToCapacityRatio', reader => ({ shape: readShape(reader) }))
  if (type === 'RequestedToCapacityRatio') {
    if (ratio === undefined) strategy.wrong('requestedToCapacityRatio', path => required(path, 'must be specified when type is RequestedToCapacityRatio'))
    return { type, resources, ...(ratio === undefined ? {} : { requestedToCapacityRatio: ratio }) }
  }
  if (ratio !== undefined) strategy.wrong('requestedToCapacityRatio', path => forbidden(path, 'must be nil when type is not RequestedToCapacityRatio'))
  if (type === 'MostAllocated' || type === 'LeastAllocated') return { type, resources }
  strategy.wrong('type', path => notSupported(path, type, ['LeastAllocated', 'MostAllocated', 'RequestedToCapacityRatio']))
  return { type: 'LeastAllocated', resources }
}

function readResources(reader: StrictReader, otherwise: readonly ResourceWeight[]): readonly ResourceWeight[] {
  const read = reader.objects('resources', resource => ({ name: resource.text('name', ''), weight: resource.number('weight', 1) || 1 }))
  return read.length === 0 ? otherwise : read
}

function readShape(reader: StrictReader): readonly ShapePoint[] {
  const shape = reader.objects('shape', point => ({ utilization: point.number('utilization', 0), score: point.number('score', 0) }))
  if (shape.length === 0) reader.wrong('shape', path => required(path, 'at least one point must be specified'))
  for (const [index, { utilization, score }] of shape.entries()) {
    if (index > 0 && shape[index - 1]!.utilization >= utilization) reader.wrong(['shape', index, 'utilization'], path => invalid(path, utilization, 'values must be sorted in increasing order'))
    inRange(reader, ['shape', index, 'utilization'], utilization, 0, 100, 'not in valid range [0, 100]')
    inRange(reader, ['shape', index, 'score'], score, 0, 10, 'not in valid range [0, 10]')
  }
  return shape
}

function readConstraint(reader: StrictReader): TopologySpreadConstraint {
  const constraint = { maxSkew: reader.number('maxSkew', 0), topologyKey: reader.text('topologyKey', ''), whenUnsatisfiable: reader.text('whenUnsatisfiable', '') }
  if (constraint.maxSkew <= 0) reader.wrong('maxSkew', path => invalid(path, constraint.maxSkew, 'not in valid range (0, inf)'))
  if (constraint.topologyKey === '') reader.wrong('topologyKey', path => required(path, 'can not be empty'))
  if (constraint.whenUnsatisfiable === '') reader.wrong('whenUnsatisfiable', path => required(path, 'can not be empty'))
  else if (!['DoNotSchedule', 'ScheduleAnyway'].includes(constraint.whenUnsatisfiable)) reader.wrong('whenUnsatisfiable', path => notSupported(path, constraint.whenUnsatisfiable, ['DoNotSchedule', 'ScheduleAnyway']))
  if (reader.has('labelSelector')) reader.wrong('labelSelector', path => forbidden(path, 'constraint must not define a selector, as they deduced for each pod'))
  reader.raw('labelSelector')
  const minDomains = reader.has('minDomains') ? { minDomains: reader.number('minDomains', 1) } : {}
  const affinity = reader.text('nodeAffinityPolicy', '')
  const taints = reader.text('nodeTaintsPolicy', '')
  return { ...constraint, ...minDomains, ...(affinity === '' ? {} : { nodeAffinityPolicy: affinity }), ...(taints === '' ? {} : { nodeTaintsPolicy: taints }) }
}

/** A duration of Go ("10s") in milliseconds. */
export function readTime(reader: StrictReader, name: string, otherwiseMs: number): number {
  const text = reader.text(name, '')
  if (text === '') return otherwiseMs
  const ms = readDuration(text)
  if (ms !== undefined && ms >= 0) return ms
  reader.wrong(name, path => invalid(path, text, 'must be a duration like 10s, zero or positive'))
  return otherwiseMs
}

export function inRange(reader: StrictReader, name: Parameters<StrictReader['wrong']>[0], value: number, least: number, most: number, message: string): void {
  if (value < least || value > most) reader.wrong(name, path => invalid(path, value, message))
}
