/**
 * Texts that upstream's API server warns of when a pod (or a template of one) is written. Upstream: pkg/api/pod/warnings.go,
 * pkg/api/node/util.go.
 *
 *   PW1  What upstream has given up is named with the version: labels of nodes, types of volumes.
 *   PW2  A variable, a port, an address or a secret that is there twice hides its like, or is hidden.
 *   PW3  A selector that is not there selects nothing; a fraction of a byte is no size.
 */
import { parseQuantity } from '../../schema/quantity.ts'
import type { Container, ContainerPort, EnvVar, NodeSelectorTerm, Pod, PodAffinityTerm, PodSpec, PodTemplateSpec } from './types.ts'

export function podWarnings(pod: Pod): string[] {
  return podSpecWarnings(pod.spec, 'spec')
}

/** `path`: of the template. */
export function podTemplateWarnings(template: PodTemplateSpec | undefined, path: string): string[] {
  return podSpecWarnings(template?.spec, `${path}.spec`)
}

export function podSpecWarnings(spec: PodSpec | undefined, path: string): string[] {
  if (spec === undefined) return []
  const containers = containersWithPaths(spec, path)
  return [
    ...nodeSelectionWarnings(spec, path),
    ...spreadWarnings(spec, path),
    ...(spec.volumes ?? []).flatMap((volume, index) => Object.entries(oldVolumes).flatMap(([source, [shown, text]]) => (source in volume ? [`${path}.volumes[${index}].${shown}: ${text}`] : []))), // PW1
    ...duplicates((spec.hostAliases ?? []).map(({ ip }) => ip)).map(([index, ip]) => `${path}.hostAliases[${index}].ip: duplicate ip ${JSON.stringify(ip)}`),
    ...pullSecretWarnings(spec, path),
    ...fractionWarnings(spec.overhead, `${path}.overhead`),
    ...containers.flatMap(([container, at]) => [
      ...fractionWarnings(container.resources?.limits, `${at}.resources.limits`, container.resources?.requests, `${at}.resources.requests`),
      ...hiddenVariables(container.env ?? [], `${at}.env`),
    ]),
    ...portWarnings(containers),
    ...portNameWarnings(containers),
    ...(spec.terminationGracePeriodSeconds !== undefined && spec.terminationGracePeriodSeconds < 0 ? [`${path}.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1`] : []),
    ...affinityWarnings(spec, path),
  ]
}

type PlacedContainer = readonly [Pick<Container, 'ports' | 'env' | 'resources'>, string]

function containersWithPaths(spec: PodSpec, path: string): PlacedContainer[] {
  return (['initContainers', 'containers', 'ephemeralContainers'] as const).flatMap(list => (spec[list] ?? []).map((container, index) => [container, `${path}.${list}[${index}]`] as const))
}

const oldLabels: Readonly<Record<string, string>> = {
  'beta.kubernetes.io/arch': 'deprecated since v1.14; use "kubernetes.io/arch" instead',
  'beta.kubernetes.io/os': 'deprecated since v1.14; use "kubernetes.io/os" instead',
  'failure-domain.beta.kubernetes.io/region': 'deprecated since v1.17; use "topology.kubernetes.io/region" instead',
  'failure-domain.beta.kubernetes.io/zone': 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
  'beta.kubernetes.io/instance-type': 'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead',
}

function oldLabel(key: string): string | undefined {
  return Object.hasOwn(oldLabels, key) ? oldLabels[key] : undefined
}

/** By the field of the volume: how it is called in the text, and since when it is of no use. */
const oldVolumes: Readonly<Record<string, readonly [string, string]>> = {
  photonPersistentDisk: ['photonPersistentDisk', 'deprecated in v1.11, non-functional in v1.16+'],
  gitRepo: ['gitRepo', 'deprecated in v1.11, and disabled by default in v1.33+'],
  scaleIO: ['scaleIO', 'deprecated in v1.16, non-functional in v1.22+'],
  flocker: ['flocker', 'deprecated in v1.22, non-functional in v1.25+'],
  storageos: ['storageOS', 'deprecated in v1.22, non-functional in v1.25+'],
  quobyte: ['quobyte', 'deprecated in v1.22, non-functional in v1.25+'],
  glusterfs: ['glusterfs', 'deprecated in v1.25, non-functional in v1.26+'],
  cephfs: ['cephfs', 'deprecated in v1.28, non-functional in v1.31+'],
  rbd: ['rbd', 'deprecated in v1.28, non-functional in v1.31+'],
}

function nodeSelectionWarnings(spec: PodSpec, path: string): string[] {
  const node = spec.affinity?.nodeAffinity
  const at = `${path}.affinity.nodeAffinity`
  return [
    ...Object.keys(spec.nodeSelector ?? {}).flatMap(key => (oldLabel(key) === undefined ? [] : [`${path}.nodeSelector[${key}]: ${oldLabel(key)}`])),
    ...(node?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? []).flatMap((term, index) => termWarnings(term, `${at}.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[${index}]`)),
    ...(node?.preferredDuringSchedulingIgnoredDuringExecution ?? []).flatMap(({ preference }, index) => termWarnings(preference, `${at}.preferredDuringSchedulingIgnoredDuringExecution[${index}].preference`)),
  ]
}

function termWarnings(term: NodeSelectorTerm, path: string): string[] {
  return (term.matchExpressions ?? []).flatMap(({ key }, index) => (oldLabel(key) === undefined ? [] : [`${path}.matchExpressions[${index}].key: ${key} is ${oldLabel(key)}`]))
}

const selectsNothing = 'a null labelSelector results in matching no pod'

function spreadWarnings(spec: PodSpec, path: string): string[] {
  return (spec.topologySpreadConstraints ?? []).flatMap(({ topologyKey, labelSelector }, index) => {
    const at = `${path}.topologySpreadConstraints[${index}]`
    return [...(oldLabel(topologyKey) === undefined ? [] : [`${at}.topologyKey: ${topologyKey} is ${oldLabel(topologyKey)}`]), ...(labelSelector === undefined ? [`${at}.labelSelector: ${selectsNothing}`] : [])] // PW3
  })
}

function affinityWarnings({ affinity }: PodSpec, path: string): string[] {
  const withoutSelector = ({ labelSelector }: PodAffinityTerm, at: string) => (labelSelector === undefined ? [`${at}.labelSelector: ${selectsNothing}`] : [])
  return (['podAffinity', 'podAntiAffinity'] as const).flatMap(field => [
    ...(affinity?.[field]?.requiredDuringSchedulingIgnoredDuringExecution ?? []).flatMap((term, index) => withoutSelector(term, `${path}.affinity.${field}.requiredDuringSchedulingIgnoredDuringExecution[${index}]`)),
    ...(affinity?.[field]?.preferredDuringSchedulingIgnoredDuringExecution ?? []).flatMap(({ podAffinityTerm }, index) => withoutSelector(podAffinityTerm, `${path}.affinity.${field}.preferredDuringSchedulingIgnoredDuringExecution[${index}].podAffinityTerm`)),
  ])
}

function pullSecretWarnings({ imagePullSecrets = [] }: PodSpec, path: string): string[] {
  const names = imagePullSecrets.map(({ name = '' }) => name)
  const at = (index: number) => `${path}.imagePullSecrets[${index}].name`
  return [
    ...duplicates(names).map(([index, name]) => `${at(index)}: duplicate name ${JSON.stringify(name)}`),
    ...names.flatMap((name, index) => (name === '' ? [`${at(index)}: invalid empty name ""`] : [])),
  ]
}

/** PW2: place and text of each that was there before. */
function duplicates(texts: readonly string[]): (readonly [number, string])[] {
  const seen = new Set<string>()
  return texts.flatMap((text, index) => {
    if (seen.has(text)) return [[index, text] as const]
    seen.add(text)
    return []
  })
}

function fractionWarnings(...lists: readonly (Readonly<Record<string, string>> | string | undefined)[]): string[] {
  return ['memory', 'ephemeral-storage'].flatMap(resource => {
    const found: string[] = []
    for (let place = 0; place < lists.length; place += 2) {
      const quantity = (lists[place] as Readonly<Record<string, string>> | undefined)?.[resource]
      if (quantity !== undefined && parseQuantity(quantity).nanos % 1_000_000_000n !== 0n) found.push(`${lists[place + 1] as string}[${resource}]: fractional byte value ${JSON.stringify(quantity)} is invalid, must be an integer`)
    }
    return found
  })
}

/** A later variable that refers to the earlier of its name does not hide it. */
function hiddenVariables(variables: readonly EnvVar[], path: string): string[] {
  return duplicates(variables.map(({ name }) => name)).flatMap(([index, name]) => {
    const { value = '', valueFrom } = variables[index]!
    const reference = `$(${name})`
    return valueFrom !== undefined || value === reference || !value.includes(reference) ? [`${path}[${index}]: hides previous definition of ${JSON.stringify(name)}, which may be dropped when using apply`] : []
  })
}

function portWarnings(containers: readonly PlacedContainer[]): string[] {
  const seen = new Map<string, { readonly at: string; readonly port: ContainerPort }[]>()
  const warnings: string[] = []
  for (const [{ ports = [] }, path] of containers) {
    for (const [index, port] of ports.entries()) {
      const at = `${path}.ports[${index}]`
      const key = `${port.containerPort}/${port.protocol ?? 'TCP'}`
      const others = seen.get(key) ?? []
      for (const other of others) {
        const how = portOverlap(port, other.port)
        if (how !== undefined) warnings.push(`${at}: ${how} port definition with ${other.at}`)
      }
      seen.set(key, [...others, { at, port }])
    }
  }
  return warnings
}

function portOverlap({ hostIP = '', hostPort = 0 }: ContainerPort, { hostIP: otherIp = '', hostPort: otherPort = 0 }: ContainerPort): string | undefined {
  if (hostIP === otherIp && hostPort === otherPort) return 'duplicate'
  if (hostPort === 0 || otherPort === 0) return 'overlapping'
  return hostPort === otherPort && (hostIP === '') !== (otherIp === '') ? 'dangerously ambiguous' : undefined
}

function portNameWarnings(containers: readonly PlacedContainer[]): string[] {
  const seen = new Map<string, string>()
  return containers.flatMap(([{ ports = [] }, path]) => ports.flatMap(({ name = '' }, index) => {
    const at = `${path}.ports[${index}]`
    const other = seen.get(name)
    if (name !== '' && other !== undefined) return [`${at}: duplicate port name ${JSON.stringify(name)} with ${other}, services and probes that select ports by name will use ${other}`]
    if (name !== '') seen.set(name, at)
    return []
  }))
}
