/** What a path of the API is about, for faults of requests. */
export interface RequestSubject {
  readonly resource: string
  readonly namespace: string
  readonly name: string
  readonly subresource: string
}

/** /api/v1 and /apis/<group>/<version>, then [/namespaces/<namespace>]/<resource>[/<name>[/<subresource>]]. */
export function subjectOfPath(path: string): RequestSubject {
  const segments = path.split('?', 1)[0]!.split('/').slice(1)
  let rest = segments.slice(segments[0] === 'apis' ? 3 : 2)
  let namespace = ''
  if (rest[0] === 'namespaces' && rest.length > 2) {
    namespace = rest[1]!
    rest = rest.slice(2)
  }
  const [resource = '', name = '', subresource = ''] = rest
  return { resource, namespace, name, subresource }
}
