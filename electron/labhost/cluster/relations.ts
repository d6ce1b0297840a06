/**
 * What an object has to do with others: who owns it and whom it owns, what it selects, mounts, binds, runs on.
 *
 *   RE1  Relations are read from the objects as they are: owner references by uid, selectors by labels, endpoints by their targets,
 *        volumes and accounts by name.
 *   RE2  From the object asked about, relations are followed in both directions until nothing new is found; not through what
 *        everything shares (nodes, service accounts, storage classes), which end the way.
 *   RE3  At most 60 objects are given, nearest first, and the number of those left out.
 */
import type { RelatedObject, Relation, Relations, ResourceAddress } from '../../contract/resources.ts'
import type { ApiObject } from './api-client.ts'

export interface ListedObject {
  readonly of: ResourceAddress
  readonly kind: string
  readonly object: ApiObject
}

type Labels = Readonly<Record<string, string>>
type Fields = Readonly<Record<string, unknown>>

const mostObjects = 60
const endsOfTheWay = new Set(['Node', 'ServiceAccount', 'StorageClass'])

export function planRelations(start: ListedObject, listed: readonly ListedObject[]): Relations {
  const all = new Map([start, ...listed].map(one => [idOf(one), one]))
  const edges = [...all.values()].flatMap(one => relationsOf(one, all))
  const neighbours = new Map<string, string[]>()
  for (const { from, to } of edges) {
    neighbours.set(from, [...(neighbours.get(from) ?? []), to])
    neighbours.set(to, [...(neighbours.get(to) ?? []), from])
  }
  const first = idOf(start)
  const found = new Set([first])
  for (const id of found) { // RE2: grows while it is walked
    if (id !== first && endsOfTheWay.has(all.get(id)!.kind)) continue
    for (const next of neighbours.get(id) ?? []) found.add(next)
  }
  const shown = new Set([...found].slice(0, mostObjects)) // RE3
  return { nodes: [...shown].map(id => described(id, all.get(id)!)), edges: edges.filter(({ from, to }) => shown.has(from) && shown.has(to)), leftOut: found.size - shown.size }
}

function idOf({ of, object: { metadata } }: ListedObject): string {
  return `${of.resource}.${of.group}/${metadata.namespace ?? ''}/${metadata.name}`
}

/** Those that begin at the object. */
function relationsOf(one: ListedObject, all: ReadonlyMap<string, ListedObject>): Relation[] {
  const from = idOf(one)
  const { metadata } = one.object
  const namespace = metadata.namespace ?? ''
  const spec = fieldsOf(one.object['spec'])
  const named = (type: Relation['type'], place: string, name: unknown): Relation[] => {
    const to = `${place}/${name as string}`
    return typeof name === 'string' && all.has(to) ? [{ from, to, type }] : []
  }
  const selected = (type: Relation['type'], kind: string, labels: (object: ApiObject) => Labels | undefined, selector: Fields): Relation[] =>
    [...all].filter(([, other]) => other.kind === kind && (other.object.metadata.namespace ?? '') === namespace && matches(selector, labels(other.object) ?? {})).map(([to]) => ({ from, to, type }))
  const owns = [...all].filter(([, other]) => listOf(other.object.metadata['ownerReferences']).some(owner => owner['uid'] === metadata.uid)).map(([to]): Relation => ({ from, to, type: 'owns' })) // RE1
  switch (one.kind) {
    case 'Service': {
      const selector = fieldsOf(spec['selector'])
      return [...owns, ...(Object.keys(selector).length === 0 ? [] : selected('selects', 'Pod', labelsOf, selector))]
    }
    case 'EndpointSlice':
      return [...owns, ...listOf(one.object['endpoints']).flatMap(endpoint => named('routes', `pods./${namespace}`, fieldsOf(endpoint['targetRef'])['name']))]
    case 'NetworkPolicy':
      return [...owns, ...selected('selects', 'Pod', labelsOf, fieldsOf(fieldsOf(spec['podSelector'])['matchLabels']))]
    case 'PodDisruptionBudget':
      return [...owns, ...selected('selects', 'Pod', labelsOf, fieldsOf(fieldsOf(spec['selector'])['matchLabels']))]
    case 'HorizontalPodAutoscaler': {
      const target = fieldsOf(spec['scaleTargetRef'])
      return [...owns, ...[...all].filter(([, other]) => other.kind === target['kind'] && other.object.metadata.name === target['name'] && other.object.metadata.namespace === namespace).map(([to]): Relation => ({ from, to, type: 'scales' }))]
    }
    case 'Ingress':
      return [...owns, ...listOf(spec['rules']).flatMap(rule => listOf(fieldsOf(rule['http'])['paths'])).flatMap(path => named('routes', `services./${namespace}`, fieldsOf(fieldsOf(path['backend'])['service'])['name']))]
    case 'PersistentVolumeClaim':
      return [...owns, ...named('binds', 'persistentvolumes./', spec['volumeName'])]
    case 'Pod':
      return [...owns, ...podRelations(spec, namespace, named)]
    default:
      return owns
  }
}

function podRelations(spec: Fields, namespace: string, named: (type: Relation['type'], place: string, name: unknown) => Relation[]): Relation[] {
  const volumes = listOf(spec['volumes']).flatMap(volume => [
    ...named('mounts', `configmaps./${namespace}`, fieldsOf(volume['configMap'])['name']),
    ...named('mounts', `secrets./${namespace}`, fieldsOf(volume['secret'])['secretName']),
    ...named('mounts', `persistentvolumeclaims./${namespace}`, fieldsOf(volume['persistentVolumeClaim'])['claimName']),
  ])
  const environment = listOf(spec['containers']).flatMap(container => [
    ...listOf(container['envFrom']).flatMap(source => [...named('mounts', `configmaps./${namespace}`, fieldsOf(source['configMapRef'])['name']), ...named('mounts', `secrets./${namespace}`, fieldsOf(source['secretRef'])['name'])]),
    ...listOf(container['env']).flatMap(variable => {
      const source = fieldsOf(variable['valueFrom'])
      return [...named('mounts', `configmaps./${namespace}`, fieldsOf(source['configMapKeyRef'])['name']), ...named('mounts', `secrets./${namespace}`, fieldsOf(source['secretKeyRef'])['name'])]
    }),
  ])
  const unique = new Map([...volumes, ...environment].map(relation => [relation.to, relation]))
  return [...unique.values(), ...named('runs-on', 'nodes./', spec['nodeName']), ...named('acts-as', `serviceaccounts./${namespace}`, spec['serviceAccountName'])]
}

function described(id: string, { of, kind, object }: ListedObject): RelatedObject {
  return { id, ...of, kind, namespace: object.metadata.namespace ?? '', name: object.metadata.name, state: stateOf(kind, object) }
}

function stateOf(kind: string, object: ApiObject): string {
  const status = fieldsOf(object['status'])
  const spec = fieldsOf(object['spec'])
  if (kind === 'Node') return listOf(status['conditions']).some(condition => condition['type'] === 'Ready' && condition['status'] === 'True') ? 'Ready' : 'NotReady'
  if (['Deployment', 'ReplicaSet', 'StatefulSet', 'ReplicationController'].includes(kind)) return `${Number(status['readyReplicas'] ?? 0)}/${Number(spec['replicas'] ?? 0)}`
  if (kind === 'DaemonSet') return `${Number(status['numberReady'] ?? 0)}/${Number(status['desiredNumberScheduled'] ?? 0)}`
  if (kind === 'Service') return typeof spec['clusterIP'] === 'string' ? spec['clusterIP'] : ''
  return typeof status['phase'] === 'string' ? status['phase'] : ''
}

function labelsOf(object: ApiObject): Labels | undefined {
  return object.metadata['labels'] as Labels | undefined
}

function matches(selector: Fields, labels: Labels): boolean {
  return Object.entries(selector).every(([key, value]) => labels[key] === value)
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {}
}

function listOf(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? (value as readonly Fields[]) : []
}
