/**
 * Answers requests for metrics.k8s.io. Pure: what is known is handed in.
 * Upstream: metrics-server/pkg/api.
 *
 *   AM1  Only what is measured and still exists is there; a list leaves the rest out, a get of it is 404.
 *   AM2  Selectors of a list choose by the labels and fields of the node or pod.
 *   AM3  Whoever asks for a Table gets name, amounts and window; everybody else gets JSON.
 *   AM4  Only GET is spoken; watches are refused by name.
 */
import type { Node, Pod } from '../../../api/groups/core-v1/types.ts'
import type { KubernetesObject } from '../../../api/kubernetes-object.ts'
import type { NodeMetrics, PodMetrics } from '../../../api/metrics/metrics-types.ts'
import { addQuantities } from '../../../api/schema/quantity.ts'
import type { IncludeObject, TableSource } from '../../../api/table.ts'
import { buildTable } from '../../../api/table.ts'
import { fieldsOf, matchesFields, parseFieldSelector } from '../../../api/selectors/field-selector.ts'
import { matches, parseLabelSelector } from '../../../api/selectors/label-selector.ts'
import { newStatus } from '../../../machinery/status-error.ts'
import type { UsageHistory } from '../usage/usage-history.ts'
import { discoveryDocument } from './discovery-documents.ts'
import { nodeMetricsOf, podMetricsOf } from './metrics-objects.ts'

export interface MetricsRequest {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly accept: string
}

export interface MetricsAnswer {
  readonly code: number
  readonly type: string
  readonly body: unknown
}

export interface Measured {
  readonly nodes: () => readonly Node[]
  readonly pods: (namespace: string | undefined) => readonly Pod[]
  readonly history: UsageHistory
  readonly nowMs: number
}

const root = '/apis/metrics.k8s.io/v1beta1'

/** Undefined: nothing of ours is at that path. */
export function answerMetrics(request: MetricsRequest, measured: Measured): MetricsAnswer | undefined {
  const document = discoveryDocument(request.path.replace(/\/$/, ''), request.accept)
  const place = document === undefined ? placeOf(request.path) : undefined
  if (document === undefined && place === undefined) return undefined
  if (request.method !== 'GET' && request.method !== 'HEAD') return refusal(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource') // AM4
  if (document !== undefined) return { code: 200, ...document }
  if (request.query.get('watch') === 'true' || request.query.get('watch') === '1') return refusal(405, 'MethodNotAllowed', 'watch is not supported on resources of kind "metrics.k8s.io"')
  try {
    return place!.resource === 'nodes' ? answerNodes(request, measured, place!) : answerPods(request, measured, place!)
  } catch (error) {
    return refusal(400, 'BadRequest', (error as Error).message)
  }
}

interface Place {
  readonly resource: 'nodes' | 'pods'
  readonly namespace?: string
  readonly name?: string
}

function placeOf(path: string): Place | undefined {
  if (!path.startsWith(`${root}/`)) return undefined
  const parts = path.slice(root.length + 1).replace(/\/$/, '').split('/').map(decodeURIComponent)
  const named = (name: string | undefined) => (name === undefined ? {} : { name })
  if (parts[0] === 'nodes' && parts.length <= 2) return { resource: 'nodes', ...named(parts[1]) }
  if (parts[0] === 'pods' && parts.length === 1) return { resource: 'pods' }
  if (parts[0] === 'namespaces' && parts[2] === 'pods' && parts.length <= 4) return { resource: 'pods', namespace: parts[1]!, ...named(parts[3]) }
  return undefined
}

function answerNodes(request: MetricsRequest, { nodes, history, nowMs }: Measured, { name }: Place): MetricsAnswer {
  const measure = (node: Node): NodeMetrics[] => {
    const usage = history.node(node.metadata.name)
    return usage === undefined ? [] : [nodeMetricsOf(node, usage, nowMs)] // AM1
  }
  return answer(request, nodes(), measure, { resource: 'nodes', listKind: 'NodeMetricsList', name, shownName: name, source: nodeTable, nowMs })
}

function answerPods(request: MetricsRequest, { pods, history, nowMs }: Measured, { namespace, name }: Place): MetricsAnswer {
  const measure = (pod: Pod): PodMetrics[] => {
    const usage = history.pod(pod.metadata.namespace ?? '', pod.metadata.name)
    return usage === undefined ? [] : [podMetricsOf(pod, usage, nowMs)] // AM1
  }
  return answer(request, pods(namespace), measure, { resource: 'pods', listKind: 'PodMetricsList', name, shownName: `${namespace}/${name}`, source: podTable, nowMs })
}

interface AnswerOptions<M extends KubernetesObject> {
  readonly resource: string
  readonly listKind: string
  readonly name: string | undefined
  readonly shownName: string | undefined
  readonly source: TableSource<M>
  readonly nowMs: number
}

function answer<T extends KubernetesObject, M extends KubernetesObject>(request: MetricsRequest, objects: readonly T[], measure: (object: T) => M[], options: AnswerOptions<M>): MetricsAnswer {
  const { name, resource, listKind } = options
  if (name !== undefined) {
    const [found] = objects.filter(({ metadata }) => metadata.name === name).flatMap(measure)
    return found === undefined ? refusal(404, 'NotFound', `${resource}.metrics.k8s.io "${options.shownName}" not found`, { name: options.shownName!, group: 'metrics.k8s.io', kind: resource }) : shown(request, [found], found, options)
  }
  const labels = parseLabelSelector(request.query.get('labelSelector') ?? '')
  const fields = parseFieldSelector(request.query.get('fieldSelector') ?? '')
  const items = objects.filter(object => matches(labels, object.metadata.labels) && matchesFields(fields, fieldsOf(object))).flatMap(measure) // AM2
  items.sort((a, b) => (`${a.metadata.namespace ?? ''}/${a.metadata.name}` < `${b.metadata.namespace ?? ''}/${b.metadata.name}` ? -1 : 1))
  return shown(request, items, { kind: listKind, apiVersion: 'metrics.k8s.io/v1beta1', metadata: {}, items: items.map(({ kind: _kind, apiVersion: _version, ...item }) => item) }, options)
}

/** AM3 */
function shown<M extends KubernetesObject>(request: MetricsRequest, items: readonly M[], whole: unknown, { source, nowMs }: AnswerOptions<M>): MetricsAnswer {
  const wanted = request.accept.split(',').find(type => /as=Table/.test(type) && /g=meta\.k8s\.io/.test(type))
  if (wanted === undefined) return { code: 200, type: 'application/json', body: whole }
  const apiVersion = /v=v1beta1/.test(wanted) ? 'meta.k8s.io/v1beta1' : 'meta.k8s.io/v1'
  const includeObject = (request.query.get('includeObject') ?? 'Metadata') as IncludeObject
  return { code: 200, type: 'application/json', body: buildTable(source, items, { now: nowMs, includeObject, apiVersion }) }
}

const text = (name: string, format = '') => ({ name, type: 'string' as const, format, priority: 0 })
const columns = [text('Name', 'name'), text('cpu'), text('memory'), text('Window')]
const nodeTable: TableSource<NodeMetrics> = { columns, cells: ({ metadata, usage, window }) => [metadata.name, usage['cpu'] ?? '', usage['memory'] ?? '', window] }
const podTable: TableSource<PodMetrics> = {
  columns,
  cells: ({ metadata, containers, window }) => [metadata.name, ...['cpu', 'memory'].map(name => containers.reduce((sum, { usage }) => addQuantities(sum, usage[name] ?? '0'), '0')), window],
}

function refusal(code: number, reason: string, message: string, details?: object): MetricsAnswer {
  return { code, type: 'application/json', body: { ...newStatus(code, reason, message), ...(details === undefined ? {} : { details }) } }
}
