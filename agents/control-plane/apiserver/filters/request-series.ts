/**
 * The numbers that every request adds to, under upstream's names. Upstream: apiserver/pkg/endpoints/metrics.
 *
 *   RS1  Labels are words this server knows; names that only a client made up are not among them, or any path would make
 *        a series that stays for ever.
 *   RS2  The verb is what was done: lists, watches and applies are told apart from GET and PATCH, streams are CONNECT.
 *   RS3  The series of a request is found by one look-up, made when it is first needed.
 */
import type { Metrics } from '../../../machinery/metrics.ts'
import type { Exchange } from '../http/exchange.ts'

export type KnowsResource = (asked: { readonly group: string; readonly version: string; readonly resource: string; readonly subresource: string }) => boolean

interface Series {
  readonly total: { add(by?: number): void }
  readonly seconds: { observe(value: number): void } | undefined
  readonly sizes: { observe(value: number): void } | undefined
}

const buckets = [0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60]
const labels = ['verb', 'dry_run', 'group', 'version', 'resource', 'subresource', 'scope', 'component']
const unknown = { group: '', version: '', resource: '', subresource: '' }

/** What counts a request that has ended. */
export function requestSeries(metrics: Metrics, knows: KnowsResource): (exchange: Exchange, durationMs: number) => void {
  const total = metrics.counter({ name: 'apiserver_request_total', help: 'Counter of apiserver requests broken out for each verb, dry run value, group, version, resource, scope, component, and HTTP response code.', labels: [...labels, 'code'] })
  const seconds = metrics.histogram({ name: 'apiserver_request_duration_seconds', help: 'Response latency distribution in seconds for each verb, dry run value, group, version, resource, subresource, scope and component.', labels, buckets })
  const sizes = metrics.histogram({ name: 'apiserver_response_sizes', help: 'Response size distribution in bytes for each group, version, verb, resource, subresource, scope and component.', labels: labels.filter(label => label !== 'dry_run'), buckets: [1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9] })
  const known = new Map<string, Series>()
  const make = (exchange: Exchange, isKnown: boolean, of: { readonly verb: string; readonly dryRun: string; readonly scope: string }): Series => {
    const { info, statusCode } = exchange
    const { group, version, resource, subresource } = isKnown ? info : unknown
    const common = { verb: of.verb, group, version, resource, subresource, scope: of.scope, component: 'apiserver' }
    const isRead = info.isResourceRequest && (info.verb === 'get' || info.verb === 'list')
    return {
      total: total.series({ ...common, dry_run: of.dryRun, code: String(statusCode) }),
      seconds: info.verb === 'watch' ? undefined : seconds.series({ ...common, dry_run: of.dryRun }),
      sizes: isRead ? sizes.series(common) : undefined,
    }
  }
  return (exchange, durationMs) => {
    const { info } = exchange
    const isKnown = info.isResourceRequest && knows(info) // RS1
    const [verb, scope, dryRun] = [verbOf(exchange), scopeOf(exchange), dryRunOf(exchange)]
    const key = `${verb} ${scope} ${dryRun} ${exchange.statusCode} ${isKnown ? `${info.group}/${info.version}/${info.resource}/${info.subresource}` : info.isResourceRequest ? '?' : ''}`
    let series = known.get(key)
    if (series === undefined) known.set(key, (series = make(exchange, isKnown, { verb, dryRun, scope }))) // RS3
    series.total.add()
    series.seconds?.observe(durationMs / 1000)
    series.sizes?.observe(exchange.sentBytes)
  }
}

const knownMethods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'CONNECT', 'TRACE'])
const verbs = new Map([['create', 'POST'], ['update', 'PUT'], ['patch', 'PATCH'], ['delete', 'DELETE'], ['deletecollection', 'DELETECOLLECTION'], ['get', 'GET'], ['list', 'LIST'], ['watch', 'WATCH'], ['proxy', 'CONNECT']])
const streams = new Set(['exec', 'attach', 'portforward', 'proxy'])

/** RS2 */
function verbOf(exchange: Exchange): string {
  const { info, method } = exchange
  if (!info.isResourceRequest) return knownMethods.has(method) ? method : 'other'
  if (streams.has(info.subresource)) return 'CONNECT'
  if (info.verb === 'patch' && exchange.header('content-type')?.startsWith('application/apply-patch+') === true) return 'APPLY'
  return verbs.get(info.verb) ?? 'other'
}

function scopeOf({ info }: Exchange): string {
  if (!info.isResourceRequest) return ''
  if (info.name !== '' || info.verb === 'create') return 'resource'
  return info.namespace === '' ? 'cluster' : 'namespace'
}

function dryRunOf({ query }: Exchange): string {
  const value = query.get('dryRun')
  return value === null ? '' : value === 'All' ? 'All' : 'invalid'
}
