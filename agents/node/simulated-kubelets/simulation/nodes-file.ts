/**
 * The file a simulation is described in: its nodes, and how their pods behave.
 *
 *   {apiVersion: kubarium.dev/v1, kind: SimulatedNodes, nodes: [{name, address, …}], simulation: {seed, lifecycles, usage}}
 *
 *   NF1  What is not as it should be is refused with its path; nothing of such a file is used.
 *   NF2  Of a node only its name and address must be given.
 */
import type { Taint } from '../../../api/groups/core-v1/types.ts'
import { ipv4ToNumber } from '../../../base/ip.ts'
import type { Power, SimulatedNode } from '../nodes/simulated-node.ts'
import { type Simulation, defaultSimulation, readSimulation } from './simulation.ts'

export interface NodesFile {
  readonly nodes: readonly SimulatedNode[]
  readonly simulation: Simulation
}

export const nodeDefaults = { power: 'on' as Power, cpus: 32, memoryMiB: 262_144, pods: 110 } as const

/** How a lab host writes it; `simulation` as the Lab file has it. */
export function renderNodesFile(nodes: readonly SimulatedNode[], simulation: unknown): string {
  return `${JSON.stringify({ apiVersion: 'kubarium.dev/v1', kind: 'SimulatedNodes', nodes, ...(simulation === undefined ? {} : { simulation }) })}\n`
}

export function readNodesFile(text: string): NodesFile {
  const problems: string[] = []
  const report = (path: readonly (string | number)[], message: string) => { problems.push(`${path.join('.')}: ${message}`) }
  const file = JSON.parse(text) as Readonly<Record<string, unknown>>
  if (file['kind'] !== 'SimulatedNodes') report(['kind'], `must be SimulatedNodes, not ${JSON.stringify(file['kind'])}`)
  const entries = Array.isArray(file['nodes']) ? (file['nodes'] as unknown[]) : []
  if (!Array.isArray(file['nodes'])) report(['nodes'], 'must be a list')
  const names = new Set<string>()
  const addresses = new Set<string>()
  const nodes = entries.map((entry, index) => {
    const node = readNode(entry, ['nodes', index], report)
    if (names.has(node.name)) report(['nodes', index, 'name'], `${node.name} is there twice`)
    if (addresses.has(node.address)) report(['nodes', index, 'address'], `${node.address} belongs to two nodes`)
    names.add(node.name)
    addresses.add(node.address)
    return node
  })
  const simulation = file['simulation'] === undefined ? defaultSimulation : readSimulation(file['simulation'], ['simulation'], report)
  if (problems.length > 0) throw new Error(problems.slice(0, 10).join('; ')) // NF1
  return { nodes, simulation }
}

function readNode(entry: unknown, path: readonly (string | number)[], report: (path: readonly (string | number)[], message: string) => void): SimulatedNode {
  const given = (typeof entry === 'object' && entry !== null ? entry : {}) as Partial<SimulatedNode>
  const name = given.name ?? ''
  if (!/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(name)) report([...path, 'name'], `${JSON.stringify(name)} is not the name of a node`)
  if (ipv4ToNumber(given.address ?? '') === undefined) report([...path, 'address'], `${JSON.stringify(given.address)} is not an IPv4 address`)
  const power = given.power ?? nodeDefaults.power
  if (!['on', 'stopped', 'off'].includes(power)) report([...path, 'power'], `${JSON.stringify(power)} is not one of on, stopped, off`)
  const count = (field: 'cpus' | 'memoryMiB' | 'pods'): number => {
    const value = given[field] ?? nodeDefaults[field]
    if (!Number.isInteger(value) || value < 1) report([...path, field], `${JSON.stringify(value)} is not a whole number above 0`)
    return value
  }
  return {
    name, address: given.address ?? '', power, cpus: count('cpus'), memoryMiB: count('memoryMiB'), pods: count('pods'),
    resources: given.resources ?? {}, labels: given.labels ?? {}, taints: (given.taints ?? []) as readonly Taint[],
    ...(given.podCidr === undefined ? {} : { podCidr: given.podCidr }),
  }
}
