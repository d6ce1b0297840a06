import { describe, expect, test } from 'vitest'
import { createPrometheusMetrics } from '../../../runtime/index.ts'
import type { Exchange } from '../http/exchange.ts'
import { readRequestInfo } from '../http/request-info.ts'
import { requestSeries } from './request-series.ts'

async function seriesOf(...asked: readonly (readonly [method: string, url: string, contentType?: string])[]): Promise<string[]> {
  const metrics = createPrometheusMetrics('test', 'v0')
  const count = requestSeries(metrics, ({ resource }) => resource === 'pods')
  for (const [method, url, contentType] of asked) {
    const [path = '', text = ''] = url.split('?')
    const query = new URLSearchParams(text)
    count({ method, query, info: readRequestInfo(method, path, query), statusCode: 200, sentBytes: 10, header: () => contentType } as unknown as Exchange, 3)
  }
  return (await metrics.text()).split('\n').filter(line => line.startsWith('apiserver_request_total{')).map(line => line.replaceAll(/(?:component|code)="[^"]*",?/g, '').replaceAll(/\w+="",?/g, '').replaceAll(',}', '}').replace('apiserver_request_total', ''))
}

describe('request series', () => {
  test('RS2 verbs and scopes are those of upstream', async () => {
    const pods = '/api/v1/namespaces/a/pods'
    expect(await seriesOf(
      ['GET', pods], ['GET', '/api/v1/pods'], ['GET', `${pods}/b`], ['GET', `${pods}?watch=true`], ['POST', `${pods}?dryRun=All`], ['PATCH', `${pods}/b`], ['PATCH', `${pods}/b`, 'application/apply-patch+yaml'],
      ['DELETE', pods], ['POST', `${pods}/b/exec`], ['GET', '/healthz'],
    )).toEqual([
      '{verb="LIST",version="v1",resource="pods",scope="namespace"} 1', '{verb="LIST",version="v1",resource="pods",scope="cluster"} 1', '{verb="GET",version="v1",resource="pods",scope="resource"} 1',
      '{verb="WATCH",version="v1",resource="pods",scope="namespace"} 1', '{verb="POST",dry_run="All",version="v1",resource="pods",scope="resource"} 1', '{verb="PATCH",version="v1",resource="pods",scope="resource"} 1',
      '{verb="APPLY",version="v1",resource="pods",scope="resource"} 1', '{verb="DELETECOLLECTION",version="v1",resource="pods",scope="namespace"} 1',
      '{verb="CONNECT",version="v1",resource="pods",subresource="exec",scope="resource"} 1', '{verb="GET"} 1',
    ])
  })

  test('RS1 what clients make up has no series of its own', async () => {
    expect(await seriesOf(...Array.from({ length: 50 }, (_request, at) => ['GET', `/apis/g${at}/v${at}/r${at}/x`] as const), ['GET', '/some/path'], ['BREW', '/x'], ['GET', '/y?dryRun=zzz'])).toEqual([
      '{verb="GET",scope="resource"} 50', '{verb="GET"} 1', '{verb="other"} 1', '{verb="GET",dry_run="invalid"} 1',
    ])
  })
})
