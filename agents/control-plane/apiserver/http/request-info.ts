/**
 * What a path and a method ask for, as authorization, admission and audit speak of it.
 * Upstream: apiserver/pkg/endpoints/request/requestinfo.go.
 *
 *   RI1  /api/v1/… and /apis/<group>/<version>/… are resource requests; everything else is a path.
 *   RI2  "namespaces/<x>" names a namespace to look into, unless nothing, status or finalize follows: then it is the object.
 *   RI3  GET without a name is a list; watch=true (or the old /watch/ prefix) makes it a watch; DELETE without one is a deletecollection.
 *   RI4  A list or watch by metadata.name=x counts as being about x, so that a right to one name is enough.
 */
export interface RequestInfo {
  readonly isResourceRequest: boolean
  readonly path: string
  readonly verb: string
  readonly apiPrefix: string
  readonly group: string
  readonly version: string
  readonly namespace: string
  readonly resource: string
  readonly subresource: string
  readonly name: string
  /** Segments after the name and subresource (proxy paths). */
  readonly rest: readonly string[]
}

const verbs: Readonly<Record<string, string>> = { POST: 'create', GET: 'get', HEAD: 'get', PUT: 'update', PATCH: 'patch', DELETE: 'delete' }
const namespaceSubresources = new Set(['status', 'finalize'])

export function readRequestInfo(method: string, path: string, query: URLSearchParams): RequestInfo {
  const plain: RequestInfo = {
    isResourceRequest: false, path, verb: method.toLowerCase(), apiPrefix: '', group: '', version: '', namespace: '', resource: '', subresource: '', name: '', rest: [],
  }
  const segments = splitPath(path)
  const prefix = segments[0]
  if (segments.length < 3 || (prefix !== 'api' && prefix !== 'apis')) return plain
  if (prefix === 'apis' && segments.length < 4) return plain // RI1
  const group = prefix === 'api' ? '' : segments[1]!
  const version = prefix === 'api' ? segments[1]! : segments[2]!
  let parts = segments.slice(prefix === 'api' ? 2 : 3)

  let verb = Object.hasOwn(verbs, method) ? verbs[method]! : ''
  if (parts[0] === 'watch' && parts.length > 1) {
    verb = 'watch'
    parts = parts.slice(1)
  } else if (parts[0] === 'proxy' && parts.length > 1) {
    verb = 'proxy'
    parts = parts.slice(1)
  }

  let namespace = ''
  if (parts[0] === 'namespaces' && parts.length > 1) {
    namespace = parts[1]!
    if (parts.length > 2 && !namespaceSubresources.has(parts[2]!)) parts = parts.slice(2) // RI2
  }
  const [resource = '', ownName = '', subresource = '', ...rest] = parts
  let name = ownName
  if (verb === 'get' && name === '') verb = isTrue(query.get('watch')) ? 'watch' : 'list' // RI3
  if (verb === 'delete' && name === '') verb = 'deletecollection'
  if ((verb === 'list' || verb === 'watch' || verb === 'deletecollection') && name === '') name = nameSelected(query.get('fieldSelector')) // RI4
  return { isResourceRequest: true, path, verb, apiPrefix: prefix, group, version, namespace, resource, subresource, name, rest }
}

function splitPath(path: string): string[] {
  const trimmed = path.replace(/^\/+/, '').replace(/\/+$/, '')
  return trimmed === '' ? [] : trimmed.split('/')
}

function nameSelected(selector: string | null): string {
  if (selector === null) return ''
  for (const term of selector.split(',')) {
    const found = /^metadata\.name==?([^=]+)$/.exec(term)
    if (found !== null) return found[1]!
  }
  return ''
}

export function isTrue(text: string | null): boolean {
  return text === 'true' || text === '1' || text === 't' || text === 'T' || text === 'True' || text === 'TRUE'
}
