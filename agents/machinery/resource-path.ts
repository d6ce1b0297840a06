import type { ResourceType } from '../api/resources.ts'

type QueryValue = string | number | boolean | undefined

/** "/api/v1/namespaces/default/pods/web/status". Leave the namespace out for all namespaces. */
export function resourcePath(type: ResourceType, where: { readonly namespace?: string | undefined; readonly name?: string; readonly subresource?: string | undefined }): string {
  const root = type.group === '' ? `/api/${type.version}` : `/apis/${type.group}/${type.version}`
  const scope = type.namespaced && where.namespace !== undefined && where.namespace !== '' ? `/namespaces/${encodeURIComponent(where.namespace)}` : ''
  const name = where.name === undefined ? '' : `/${encodeURIComponent(where.name)}`
  return `${root}${scope}/${type.resource}${name}${where.subresource === undefined ? '' : `/${where.subresource}`}`
}

/** "?a=b", leaving out what is undefined; "" if nothing is left. */
export function queryText(query: Readonly<Record<string, QueryValue>>): string {
  const given = Object.entries(query).filter((entry): entry is [string, string | number | boolean] => entry[1] !== undefined)
  return given.length === 0 ? '' : `?${given.map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`).join('&')}`
}
