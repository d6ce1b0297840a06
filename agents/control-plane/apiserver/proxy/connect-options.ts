/** What a connection asks for, as the object that admission sees: PodExecOptions and its relatives. */
import type { Exchange } from '../http/exchange.ts'
import type { KubeObject } from '../registry/kube-object.ts'

const kinds: Readonly<Record<string, string>> = {
  'pods/exec': 'PodExecOptions',
  'pods/attach': 'PodAttachOptions',
  'pods/portforward': 'PodPortForwardOptions',
  'pods/proxy': 'PodProxyOptions',
  'services/proxy': 'ServiceProxyOptions',
  'nodes/proxy': 'NodeProxyOptions',
}

export function connectOptions(exchange: Exchange, resource: string): KubeObject {
  const { query, info } = exchange
  const kind = kinds[`${resource}/${info.subresource}`] ?? 'PodProxyOptions'
  const head = { kind, apiVersion: 'v1' } as unknown as KubeObject
  const isSet = (name: string) => query.get(name) === 'true' || query.get(name) === '1'
  const flags = (...names: string[]) => Object.fromEntries(names.filter(isSet).map(name => [name, true]))
  if (kind === 'PodPortForwardOptions') return { ...head, ports: query.getAll('ports').flatMap(text => text.split(',')).map(Number) }
  if (kind.endsWith('ProxyOptions')) return { ...head, ...(info.rest.length === 0 ? {} : { path: `/${info.rest.join('/')}` }) }
  const container = query.get('container') ?? ''
  return {
    ...head,
    ...flags('stdin', 'stdout', 'stderr', 'tty'),
    ...(container === '' ? {} : { container }),
    ...(kind === 'PodExecOptions' ? { command: query.getAll('command') } : {}),
  }
}
