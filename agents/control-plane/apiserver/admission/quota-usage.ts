/**
 * How much of each quota resource an object uses, and which scopes it falls into. Pure.
 * Upstream: pkg/quota/v1/evaluator/core.
 *
 *   QU1  Every object counts as count/<resource>.<group>; the old names (pods, services, configmaps …) count too.
 *   QU2  A pod that has finished uses nothing. A pod's requests are those of the whole pod (PR-1), with the overhead of its runtime.
 */
import { fieldAt, isFields, listAt, numberAt, textAt } from '../registry/kube-object.ts'
import type { KubeObject } from '../registry/kube-object.ts'
import { podSpecOf } from './pod-fields.ts'
import { podAmounts } from './pod-resources.ts'

export type Usage = Readonly<Record<string, string>>

const oldNames = new Set(['pods', 'services', 'configmaps', 'secrets', 'replicationcontrollers', 'resourcequotas', 'persistentvolumeclaims'])

export function usageOf(group: string, resource: string, object: KubeObject): Usage {
  const usage: Record<string, string> = { [`count/${resource}${group === '' ? '' : `.${group}`}`]: '1' } // QU1
  if (group === '' && resource === 'pods') return isFinished(object) ? {} : { ...usage, ...podUsage(object) }
  if (group === '' && oldNames.has(resource)) usage[resource] = '1'
  if (group === '' && resource === 'services') Object.assign(usage, serviceUsage(object))
  if (group === '' && resource === 'persistentvolumeclaims') Object.assign(usage, claimUsage(object))
  return usage
}

function isFinished(pod: KubeObject): boolean {
  const phase = textAt(pod, 'status', 'phase')
  return phase === 'Succeeded' || phase === 'Failed' // QU2
}

function podUsage(pod: KubeObject): Usage {
  const spec = podSpecOf(pod)
  const usage: Record<string, string> = { pods: '1' }
  for (const [name, amount] of Object.entries(podAmounts(spec, 'requests', true))) {
    usage[`requests.${name}`] = amount
    if (['cpu', 'memory', 'ephemeral-storage'].includes(name)) usage[name] = amount
  }
  for (const [name, amount] of Object.entries(podAmounts(spec, 'limits', true))) usage[`limits.${name}`] = amount
  return usage
}

function serviceUsage(service: KubeObject): Usage {
  const type = textAt(service, 'spec', 'type')
  const ports = listAt(service, 'spec', 'ports').length
  if (type === 'NodePort') return { 'services.nodeports': String(ports) }
  if (type === 'LoadBalancer') return { 'services.loadbalancers': '1', 'services.nodeports': String(fieldAt(service, 'spec', 'allocateLoadBalancerNodePorts') === false ? 0 : ports) }
  return {}
}

function claimUsage(claim: KubeObject): Usage {
  const storage = textAt(claim, 'spec', 'resources', 'requests', 'storage')
  const name = textAt(claim, 'spec', 'storageClassName')
  const ofClass = `${name}.storageclass.storage.k8s.io`
  return {
    ...(storage === '' ? {} : { 'requests.storage': storage }),
    ...(name === '' ? {} : { [`${ofClass}/persistentvolumeclaims`]: '1', ...(storage === '' ? {} : { [`${ofClass}/requests.storage`]: storage }) }),
  }
}

interface ScopeTerm {
  readonly scopeName: string
  readonly operator: string
  readonly values?: readonly string[]
}

/** Whether a quota is about this object at all. */
export function quotaConcerns(quota: KubeObject, group: string, resource: string, object: KubeObject): boolean {
  const plain = (listAt(quota, 'spec', 'scopes') as string[]).map((scopeName): ScopeTerm => ({ scopeName, operator: 'Exists' }))
  const terms = [...plain, ...(listAt(quota, 'spec', 'scopeSelector', 'matchExpressions') as ScopeTerm[])]
  if (terms.length === 0) return true
  return group === '' && resource === 'pods' && terms.every(term => inScope(term, object))
}

function inScope({ scopeName, operator, values = [] }: ScopeTerm, pod: KubeObject): boolean {
  const spec = podSpecOf(pod)
  const isTerminating = numberAt(spec, 'activeDeadlineSeconds') !== undefined
  const all = [...(spec.containers ?? []), ...(spec.initContainers ?? [])]
  const isBestEffort = all.every(container => !hasAmounts(fieldAt(container, 'resources', 'requests')) && !hasAmounts(fieldAt(container, 'resources', 'limits')))
  switch (scopeName) {
    case 'Terminating':
      return isTerminating
    case 'NotTerminating':
      return !isTerminating
    case 'BestEffort':
      return isBestEffort
    case 'NotBestEffort':
      return !isBestEffort
    case 'PriorityClass': {
      const name = spec.priorityClassName ?? ''
      if (operator === 'In') return values.includes(name)
      if (operator === 'NotIn') return !values.includes(name)
      return operator === 'Exists' ? name !== '' : name === ''
    }
    case 'CrossNamespacePodAffinity':
      return ['podAffinity', 'podAntiAffinity'].some(kind => affinityTerms(spec, kind).some(term => listAt(term, 'namespaces').length > 0 || fieldAt(term, 'namespaceSelector') !== undefined))
    default:
      return false
  }
}

function hasAmounts(amounts: unknown): boolean {
  return isFields(amounts) && Object.keys(amounts).length > 0
}

function affinityTerms(spec: unknown, kind: string): readonly unknown[] {
  const required = listAt(spec, 'affinity', kind, 'requiredDuringSchedulingIgnoredDuringExecution')
  const preferred = listAt(spec, 'affinity', kind, 'preferredDuringSchedulingIgnoredDuringExecution').map(term => fieldAt(term, 'podAffinityTerm'))
  return [...required, ...preferred]
}
