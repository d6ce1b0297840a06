/**
 * What faults would select, one alone or those of a drill: the nodes, the pods on them or of the object, and the Services that send there.
 *
 *   IM1  A node or a component on a node stands for the pods that run on it; a link for those of both its ends; an object for
 *        the pods that it owns or selects, itself among them; a component of the control plane for none.
 *   IM2  A Service is named when one of its endpoints is such a pod.
 *   IM3  What is chosen or made only when the drill runs cannot be known before, and is said.
 */
import { targetText } from '../../../contract/fault-target-text.ts'
import type { DrillImpact, DrillInjection } from '../../../contract/drills.ts'
import type { FaultReach, FaultTarget } from '../../../contract/faults.ts'
import { findFault } from '../read-order.ts'
import { type PodSeen, hasLabels } from './choose.ts'

export interface ServiceSeen {
  readonly metadata: { readonly name: string; readonly namespace: string }
  readonly spec: { readonly selector?: Readonly<Record<string, string>> }
}

export interface SelectingSeen {
  readonly metadata: { readonly name: string; readonly namespace: string }
  readonly spec: { readonly selector?: { readonly matchLabels?: Readonly<Record<string, string>> } }
}

export interface ClusterSeen {
  readonly nodes: readonly string[]
  readonly pods: readonly PodSeen[]
  readonly services: readonly ServiceSeen[]
  readonly deployments: readonly SelectingSeen[]
}

export function impactOf(injections: readonly DrillInjection[], cluster: ClusterSeen): DrillImpact {
  const later = injections.filter(({ target }) => isLater(target)).map(({ kind, target }) => `${kind} ${targetText(target)}`) // IM3
  return { injections, ...reachOf(injections.filter(({ target }) => !isLater(target)), cluster), later }
}

export function reachOf(faults: readonly Pick<DrillInjection, 'kind' | 'target'>[], cluster: ClusterSeen): FaultReach {
  const nodes = new Set(faults.flatMap(({ target }) => nodesOf(target, cluster)))
  const pods = cluster.pods.filter(pod => nodes.has(pod.spec.nodeName ?? '') || faults.some(({ kind, target }) => target.type === 'object' && selects(kind, target, pod, cluster))) // IM1
  const services = cluster.services.filter(service => pods.some(pod => pod.metadata.namespace === service.metadata.namespace && isSelected(pod, service.spec.selector))) // IM2
  return { nodes: [...nodes].toSorted(), pods: pods.map(nameOf).toSorted(), services: services.map(nameOf).toSorted() }
}

function isLater(target: FaultTarget): boolean {
  return targetText(target).includes('$') || (target.type === 'object' && target.namespace.startsWith('drill-'))
}

function nodesOf(target: FaultTarget, { nodes }: ClusterSeen): readonly string[] {
  switch (target.type) {
    case 'node':
      return [target.name]
    case 'component':
      return nodes.filter(node => target.name.endsWith(`@${node}`))
    case 'link':
      return target.from === '*' && target.to === '*' ? nodes : [target.from, target.to].filter(end => end !== '*')
    case 'object':
      return []
  }
}

function selects(kind: string, target: Extract<FaultTarget, { type: 'object' }>, pod: PodSeen, { services, deployments }: ClusterSeen): boolean {
  const { resource } = findFault(kind).kind
  if (resource === 'namespaces') return pod.metadata.namespace === target.name
  if (pod.metadata.namespace !== target.namespace) return false
  const isTarget = ({ metadata }: { readonly metadata: { readonly name: string; readonly namespace: string } }) => metadata.namespace === target.namespace && metadata.name === target.name
  switch (resource) {
    case 'pods':
      return isTarget(pod)
    case 'services':
      return services.some(service => isTarget(service) && isSelected(pod, service.spec.selector))
    case 'deployments':
      return deployments.some(deployment => isTarget(deployment) && isSelected(pod, deployment.spec.selector?.matchLabels))
    default:
      return false
  }
}

function isSelected(pod: PodSeen, selector: Readonly<Record<string, string>> | undefined): boolean {
  const labels = Object.entries(selector ?? {})
  return labels.length > 0 && hasLabels(pod, labels.map(([label, value]) => `${label}=${value}`).join(','))
}

function nameOf({ metadata }: { readonly metadata: { readonly name: string; readonly namespace: string } }): string {
  return `${metadata.namespace}/${metadata.name}`
}
