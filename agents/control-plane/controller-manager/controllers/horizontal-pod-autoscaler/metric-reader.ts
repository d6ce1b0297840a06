/**
 * Reads the metrics APIs: resource metrics, metrics of objects, metrics of anything else.
 * Upstream: pkg/controller/podautoscaler/metrics/client.go.
 *
 *   MR1  Every failure says which API did not answer, in upstream's words.
 *   MR2  custom.metrics.k8s.io is asked in the newest version its adapter serves.
 */
import type { CrossVersionObjectReference, MetricIdentifier } from '../../../../api/groups/autoscaling-v2/types.ts'
import { podMetrics } from '../../../../api/metrics/metrics-types.ts'
import type { ContainerMetrics, ExternalMetricValue, MetricValue, MetricValueList, PodMetrics } from '../../../../api/metrics/metrics-types.ts'
import { quantityMillis } from '../../../../api/schema/quantity.ts'
import { readDuration } from '../../../../base/duration.ts'
import { errorText } from '../../../../base/log.ts'
import type { Client } from '../../../../machinery/client.ts'
import { selectorOf, selectorText } from '../../../../api/selectors/label-selector.ts'
import { queryText } from '../../../../machinery/resource-path.ts'
import { readStatusError, StatusError } from '../../../../machinery/status-error.ts'
import type { ScaleTargets } from '../../resources/scale-targets.ts'
import type { PodMetric, PodMetricValues } from './plan-replicas.ts'

const customGroup = 'custom.metrics.k8s.io'
const externalRoot = '/apis/external.metrics.k8s.io/v1beta1'
const defaultWindowMs = 60_000

export class MetricReader {
  readonly #client: Client
  readonly #targets: ScaleTargets
  readonly #signal: AbortSignal

  constructor(client: Client, targets: ScaleTargets, signal: AbortSignal) {
    this.#client = client
    this.#targets = targets
    this.#signal = signal
  }

  /** Of whole pods, or of one container of each. */
  async ofPods(resource: string, namespace: string, selector: string, container: string | undefined): Promise<PodMetricValues> {
    let items: readonly PodMetrics[]
    try {
      items = (await this.#client.list(podMetrics, { namespace, labelSelector: selector }, this.#signal)).items
    } catch (error) {
      throw new Error(`unable to fetch metrics from resource metrics API: ${failureText(error, 'pods.metrics.k8s.io')}`, { cause: error }) // MR1
    }
    if (items.length === 0) throw new Error('no metrics returned from resource metrics API')
    return new Map(items.flatMap(item => {
      const value = container === undefined ? ofWhole(item.containers, resource) : ofContainer(item, resource, container)
      return value === undefined ? [] : [[item.metadata.name, { value, atMs: Date.parse(item.timestamp), windowMs: readDuration(item.window) ?? defaultWindowMs }] as const]
    }))
  }

  /** A metric that the pods themselves have. */
  async ofPodObjects({ name, selector }: MetricIdentifier, namespace: string, podSelector: string): Promise<PodMetricValues> {
    const { items } = await this.#custom(`/namespaces/${namespace}/pods/*/${name}`, { labelSelector: podSelector, metricLabelSelector: textOf(selector) })
    return new Map(items.map((item): [string, PodMetric] => [item.describedObject.name ?? '', { value: millis(item.value), atMs: Date.parse(item.timestamp), windowMs: defaultWindowMs }]))
  }

  /** A metric of one object, in thousandths. */
  async ofObject({ name, selector }: MetricIdentifier, namespace: string, { apiVersion = 'v1', kind, name: objectName }: CrossVersionObjectReference): Promise<number> {
    const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : ''
    const query = { metricLabelSelector: textOf(selector) }
    if (group === '' && kind === 'Namespace') return millis((await this.#custom(`/namespaces/${namespace}/metrics/${name}`, query)).items[0]!.value)
    const type = await this.#targets.resourceOf({ group, kind }, this.#client, this.#signal).catch((error: unknown) => { throw customFailure(error) })
    return millis((await this.#custom(`/namespaces/${namespace}/${type.resource}${group === '' ? '' : `.${group}`}/${objectName}/${name}`, query)).items[0]!.value)
  }

  /** The sum of all series of a metric of something outside, in thousandths. */
  async ofExternal({ name, selector }: MetricIdentifier, namespace: string): Promise<number> {
    let items: readonly ExternalMetricValue[]
    try {
      items = (await this.#get<MetricValueList<ExternalMetricValue>>(`${externalRoot}/namespaces/${namespace}/${name}${queryText({ labelSelector: textOf(selector) })}`)).items
    } catch (error) {
      throw new Error(`unable to fetch metrics from external metrics API: ${failureText(error, `${name}.external.metrics.k8s.io`)}`, { cause: error })
    }
    if (items.length === 0) throw new Error('no metrics returned from external metrics API')
    return items.reduce((sum, { value }) => sum + millis(value), 0)
  }

  async #custom(path: string, query: Readonly<Record<string, string | undefined>>): Promise<MetricValueList<MetricValue>> {
    const list = await this.#versionOfCustom()
      .then(version => this.#get<MetricValueList<MetricValue>>(`/apis/${customGroup}/${version}${path}${queryText(query)}`))
      .catch((error: unknown) => { throw customFailure(error, path.split('/').at(-1)!) })
    if (list.items.length === 0) throw new Error('no metrics returned from custom metrics API')
    return list
  }

  /** MR2 */
  async #versionOfCustom(): Promise<string> {
    const { versions } = await this.#get<{ versions: readonly { version: string }[] }>(`/apis/${customGroup}`).catch((error: unknown) => {
      throw error instanceof StatusError && error.code === 404 ? new Error(`no custom metrics API (${customGroup}) registered`) : error
    })
    return versions.some(({ version }) => version === 'v1beta2') ? 'v1beta2' : 'v1beta1'
  }

  async #get<R>(path: string): Promise<R> {
    const { status, body } = await this.#client.raw({ method: 'GET', path, signal: this.#signal })
    if (status !== 200) throw readStatusError(status, body)
    return JSON.parse(body) as R
  }
}

function customFailure(error: unknown, metric?: string): Error {
  return new Error(`unable to fetch metrics from custom metrics API: ${failureText(error, `${metric ?? '*'}.${customGroup}`)}`, { cause: error })
}

/** An answer that is no Status, as clients of upstream put it. */
function failureText(error: unknown, what: string): string {
  if (error instanceof StatusError && error.status.details === undefined) {
    if (error.code === 404) return `the server could not find the requested resource (get ${what})`
    if (error.code === 503) return `the server is currently unable to handle the request (get ${what})`
  }
  return errorText(error)
}

function ofWhole(containers: readonly ContainerMetrics[], resource: string): number | undefined {
  if (containers.length === 0 || containers.some(({ usage }) => usage[resource] === undefined)) return undefined
  return containers.reduce((sum, { usage }) => sum + millis(usage[resource]!), 0)
}

/** A Pod without that container, or without that amount, is a Pod without metrics. */
function ofContainer({ containers }: PodMetrics, resource: string, name: string): number | undefined {
  const amount = containers.find(container => container.name === name)?.usage[resource]
  return amount === undefined ? undefined : millis(amount)
}

function textOf(selector: MetricIdentifier['selector']): string | undefined {
  return selector === undefined ? undefined : selectorText(selectorOf(selector))
}

function millis(amount: string): number {
  return Number(quantityMillis(amount))
}
