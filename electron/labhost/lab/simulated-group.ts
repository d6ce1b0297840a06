/**
 * Simulated nodes in a Lab file: one entry may stand for many nodes of one kind. Pure.
 *
 *   {name: sim, provider: simulated, count: 100, cpus: 8, memoryMiB: 32768, pods: 110,
 *    zones: [zone-a, zone-b], labels: {disk: ssd}, taints: [{key, value, effect}], resources: {example.com/gpu: 4}}
 *
 *   SI1  With a count the name is what the nodes' names begin with: sim-1, sim-2 …
 *   SI2  Zones are dealt out in turn, as the label topology.kubernetes.io/zone.
 *   SI3  Beside machines simulated nodes are tainted unless the file says otherwise, so that nothing that is meant to run lands
 *        where it would only be played.
 */
import { isQuantity } from '../../../agents/api/schema/quantity.ts'
import type { NodeSpec, SimulatedNodeSpec } from '../../contract/labs.ts'
import { limits } from './lab-files.ts'

type Path = readonly (string | number)[]

export interface GroupReader {
  problem(path: Path, message: string, aboutKey?: boolean): void
  map(value: unknown, path: Path, fields: readonly string[]): Readonly<Record<string, unknown>>
  label(value: unknown, path: Path, longest: number): string
  whole(value: unknown, path: Path, least: number, most: number): number
}

export const nodeFields = ['name', 'provider', 'cpus', 'memoryMiB'] as const
/** What only simulated nodes have; `simulated` is how a node that was read before says it all. */
export const groupFields = ['count', 'pods', 'zones', 'labels', 'taints', 'resources', 'simulated'] as const

export const simulatedDefaults = { cpus: 8, memoryMiB: 32_768, pods: 110 } as const
const mixedLabTaint = { key: 'kubarium.dev/simulated', value: 'true', effect: 'NoSchedule' } as const
const effects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute']
const labelName = /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/
const labelValue = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/

/** As it can be written; the rest is filled in when it is read. */
export function simulatedNode(name: string): NodeSpec {
  return { name, provider: 'simulated', cpus: simulatedDefaults.cpus, memoryMiB: simulatedDefaults.memoryMiB }
}

/** A node whose taints the file does not give has none in the result; `withMixedLabTaint` fills them in. */
type ReadNode = Omit<NodeSpec, 'simulated'> & { readonly simulated?: Omit<SimulatedNodeSpec, 'taints'> & { readonly taints: SimulatedNodeSpec['taints'] | undefined } }

export function readGroup(given: Readonly<Record<string, unknown>>, path: Path, index: number, reader: GroupReader): NodeSpec[] {
  const inner = given['simulated'] === undefined ? undefined : reader.map(given['simulated'], [...path, 'simulated'], ['pods', 'labels', 'taints', 'resources'])
  const at = (field: string): Path => (inner === undefined ? [...path, field] : [...path, 'simulated', field])
  const fields = inner ?? given
  const isGroup = given['count'] !== undefined
  const count = isGroup ? reader.whole(given['count'], [...path, 'count'], 1, limits.simulatedNodes) : 1
  const name = reader.label(given['name'] ?? (isGroup ? 'sim' : `node-${index + 1}`), [...path, 'name'], limits.nodeNameLength - (isGroup ? 5 : 0))
  const zones = readZones(given['zones'], [...path, 'zones'], reader)
  const cpus = reader.whole(given['cpus'] ?? simulatedDefaults.cpus, [...path, 'cpus'], 1, 1_024)
  const memoryMiB = reader.whole(given['memoryMiB'] ?? simulatedDefaults.memoryMiB, [...path, 'memoryMiB'], 512, 16_777_216)
  const labels = readLabels(fields['labels'], at('labels'), reader)
  const common = { pods: reader.whole(fields['pods'] ?? simulatedDefaults.pods, at('pods'), 1, 250), taints: readTaints(fields['taints'], at('taints'), reader), resources: readResources(fields['resources'], at('resources'), reader) }
  const nodes: ReadNode[] = Array.from({ length: count }, (_, turn) => ({
    name: isGroup && name !== '' ? `${name}-${turn + 1}` : name, // SI1
    provider: 'simulated',
    cpus,
    memoryMiB,
    simulated: { ...common, labels: zones.length === 0 ? labels : { 'topology.kubernetes.io/zone': zones[turn % zones.length]!, ...labels } }, // SI2
  }))
  return nodes as NodeSpec[]
}

/** SI3 */
export function withMixedLabTaint(nodes: readonly NodeSpec[]): NodeSpec[] {
  const isMixed = nodes.some(({ provider }) => provider !== 'simulated')
  return nodes.map(node => (node.simulated === undefined || (node.simulated as { taints?: unknown }).taints !== undefined ? node : { ...node, simulated: { ...node.simulated, taints: isMixed ? [mixedLabTaint] : [] } }))
}

function readZones(value: unknown, path: Path, reader: GroupReader): string[] {
  if (value === undefined) return []
  if (!Array.isArray(value)) {
    reader.problem(path, `must be a list of zones, not ${JSON.stringify(value)}`)
    return []
  }
  return value.map((zone: unknown, index) => reader.label(zone, [...path, index], 63))
}

function readLabels(value: unknown, path: Path, reader: GroupReader): Record<string, string> {
  return readPairs(value, path, reader, text => labelValue.test(text), 'is not the value of a label')
}

function readResources(value: unknown, path: Path, reader: GroupReader): Record<string, string> {
  const resources = readPairs(value, path, reader, text => isQuantity(text) && !text.startsWith('-'), 'is not a quantity')
  for (const name of Object.keys(resources)) if (!name.includes('/')) reader.problem([...path, name], 'is not an extended resource: its name needs a domain, such as example.com/gpu', true)
  return resources
}

function readPairs(value: unknown, path: Path, reader: GroupReader, isGood: (text: string) => boolean, complaint: string): Record<string, string> {
  if (value === undefined) return {}
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    reader.problem(path, `must be a mapping, not ${JSON.stringify(value)}`)
    return {}
  }
  return Object.fromEntries(Object.entries(value).map(([name, entry]: [string, unknown]) => {
    if (!labelName.test(name)) reader.problem([...path, name], `${JSON.stringify(name)} is not a name`, true)
    const text = typeof entry === 'number' || typeof entry === 'boolean' ? String(entry) : entry
    if (typeof text !== 'string' || !isGood(text)) reader.problem([...path, name], `${JSON.stringify(entry)} ${complaint}`)
    return [name, String(text)]
  }))
}

function readTaints(value: unknown, path: Path, reader: GroupReader): SimulatedNodeSpec['taints'] | undefined {
  if (value === undefined) return undefined
  if (!Array.isArray(value)) {
    reader.problem(path, `must be a list of taints, not ${JSON.stringify(value)}`)
    return []
  }
  return value.map((entry: unknown, index) => {
    const taint = reader.map(entry, [...path, index], ['key', 'value', 'effect'])
    const { key, value: text, effect } = taint
    if (typeof key !== 'string' || !labelName.test(key)) reader.problem([...path, index, 'key'], `${JSON.stringify(key)} is not a name`)
    if (text !== undefined && (typeof text !== 'string' || !labelValue.test(text))) reader.problem([...path, index, 'value'], `${JSON.stringify(text)} is not the value of a taint`)
    if (!effects.includes(effect as string)) reader.problem([...path, index, 'effect'], `${JSON.stringify(effect)} is not one of ${effects.join(', ')}`)
    return { key: String(key), ...(text === undefined ? {} : { value: String(text) }), effect: String(effect) }
  })
}
