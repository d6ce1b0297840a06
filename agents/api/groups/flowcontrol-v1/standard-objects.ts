/** The flow schemas and priority levels of every cluster. Facts from upstream apiserver/pkg/apis/flowcontrol/bootstrap. */
import type { FlowSchemaSpec, NonResourcePolicyRule, PriorityLevelConfigurationSpec, ResourcePolicyRule, Subject } from './types.ts'

export interface StandardLevel {
  readonly name: string
  readonly spec: PriorityLevelConfigurationSpec
  /** The server cannot work without it: changes are undone. */
  readonly isMandatory: boolean
}

export interface StandardSchema {
  readonly name: string
  readonly spec: FlowSchemaSpec
  readonly isMandatory: boolean
}

const queued = (shares: number, lendablePercent: number, queues: number, handSize: number): PriorityLevelConfigurationSpec => ({
  type: 'Limited',
  limited: { nominalConcurrencyShares: shares, lendablePercent, limitResponse: { type: 'Queue', queuing: { queues, handSize, queueLengthLimit: 50 } } },
})

export const standardLevels: readonly StandardLevel[] = [
  { name: 'exempt', isMandatory: true, spec: { type: 'Exempt', exempt: { nominalConcurrencyShares: 0, lendablePercent: 0 } } },
  { name: 'catch-all', isMandatory: true, spec: { type: 'Limited', limited: { nominalConcurrencyShares: 5, lendablePercent: 0, limitResponse: { type: 'Reject' } } } },
  { name: 'system', isMandatory: false, spec: queued(30, 33, 64, 6) },
  { name: 'node-high', isMandatory: false, spec: queued(40, 25, 64, 6) },
  { name: 'leader-election', isMandatory: false, spec: queued(10, 0, 16, 4) },
  { name: 'workload-high', isMandatory: false, spec: queued(40, 50, 128, 6) },
  { name: 'workload-low', isMandatory: false, spec: queued(100, 90, 128, 6) },
  { name: 'global-default', isMandatory: false, spec: queued(20, 50, 128, 6) },
]

const groups = (...names: string[]): Subject[] => names.map(name => ({ kind: 'Group', group: { name } }))
const users = (...names: string[]): Subject[] => names.map(name => ({ kind: 'User', user: { name } }))
const systemAccounts: Subject = { kind: 'ServiceAccount', serviceAccount: { name: '*', namespace: 'kube-system' } }
const everyone = groups('system:unauthenticated', 'system:authenticated')
const everyResource: ResourcePolicyRule = { verbs: ['*'], apiGroups: ['*'], resources: ['*'], clusterScope: true, namespaces: ['*'] }
const everyPath: NonResourcePolicyRule = { verbs: ['*'], nonResourceURLs: ['*'] }
const leases = (verbs: string[]): ResourcePolicyRule => ({ verbs, apiGroups: ['coordination.k8s.io'], resources: ['leases'], namespaces: ['*'] })

interface SchemaOptions {
  readonly by?: 'ByUser' | 'ByNamespace'
  readonly resources?: readonly ResourcePolicyRule[]
  readonly paths?: readonly NonResourcePolicyRule[]
  readonly isMandatory?: boolean
}

function schema(name: string, level: string, precedence: number, subjects: readonly Subject[], { by, resources = [everyResource], paths = [everyPath], isMandatory = false }: SchemaOptions = {}): StandardSchema {
  return {
    name,
    isMandatory,
    spec: {
      priorityLevelConfiguration: { name: level },
      matchingPrecedence: precedence,
      ...(by === undefined ? {} : { distinguisherMethod: { type: by } }),
      rules: [{ subjects: [...subjects], ...(resources.length === 0 ? {} : { resourceRules: [...resources] }), ...(paths.length === 0 ? {} : { nonResourceRules: [...paths] }) }],
    },
  }
}

export const standardSchemas: readonly StandardSchema[] = [
  schema('exempt', 'exempt', 1, groups('system:masters'), { isMandatory: true }),
  schema('catch-all', 'catch-all', 10_000, everyone, { by: 'ByUser', isMandatory: true }),
  schema('probes', 'exempt', 2, everyone, { resources: [], paths: [{ verbs: ['get'], nonResourceURLs: ['/healthz', '/readyz', '/livez'] }] }),
  schema('system-leader-election', 'leader-election', 100, [...users('system:kube-controller-manager', 'system:kube-scheduler'), systemAccounts], { by: 'ByUser', resources: [leases(['get', 'create', 'update'])], paths: [] }),
  schema('system-node-high', 'node-high', 400, groups('system:nodes'), { by: 'ByUser', resources: [{ verbs: ['*'], apiGroups: [''], resources: ['nodes', 'nodes/status'], clusterScope: true, namespaces: ['*'] }, leases(['*'])], paths: [] }),
  schema('system-nodes', 'system', 500, groups('system:nodes'), { by: 'ByUser' }),
  schema('kube-controller-manager', 'workload-high', 800, users('system:kube-controller-manager'), { by: 'ByNamespace' }),
  schema('kube-scheduler', 'workload-high', 800, users('system:kube-scheduler'), { by: 'ByNamespace' }),
  schema('kube-system-service-accounts', 'workload-high', 900, [systemAccounts], { by: 'ByNamespace' }),
  schema('service-accounts', 'workload-low', 9_000, groups('system:serviceaccounts'), { by: 'ByUser' }),
  schema('global-default', 'global-default', 9_900, everyone, { by: 'ByUser' }),
]
