/**
 * The two sides of a proxied path: what is asked of the backend, and where its redirects lead a client.
 * Upstream: apimachinery/pkg/util/proxy/transport.go, upgradeaware.go.
 *
 *   PP1  The rest of the path goes on as it was written, with "." and ".." taken out, so that it never leaves the backend.
 *   PP2  …/proxy without a slash at its end is sent to …/proxy/ on GET and HEAD, since pages link relative to it.
 *   PP3  A redirect to the backend itself leads to the same place behind this proxy; one to elsewhere is handed on. No
 *        redirect is followed here.
 */
export interface ProxyPath {
  /** Up to and with "/proxy", as sent. */
  readonly prefix: string
  /** Empty only where nothing, not even a slash, follows the prefix (PP2). */
  readonly rest: string
}

const isDots = (segment: string) => /^(\.|%2e)$/i.test(segment)
const isDoubleDots = (segment: string) => /^(\.|%2e){2}$/i.test(segment)

/** `count` is how many segments the prefix has. */
export function splitProxyPath(rawPath: string, count: number): ProxyPath {
  const segments = rawPath.replace(/^\/+/, '').split('/')
  const prefix = `/${segments.slice(0, count).join('/')}`
  const after = segments.slice(count)
  if (after.length === 0) return { prefix, rest: '' }
  const kept: string[] = []
  for (const segment of after.slice(0, -1)) {
    if (isDoubleDots(segment)) kept.pop()
    else if (!isDots(segment)) kept.push(segment)
  }
  const last = after.at(-1)!
  if (isDoubleDots(last)) kept.pop()
  const end = isDots(last) || isDoubleDots(last) ? '' : last
  return { prefix, rest: `/${[...kept, end].join('/')}` } // PP1
}

/** PP3. `hosts` are the names by which the backend may call itself. */
export function rewrittenLocation(location: string, prefix: string, hosts: readonly string[]): string {
  const absolute = /^([a-z][a-z0-9+.-]*:)?\/\/([^/?#]*)([^]*)$/i.exec(location)
  if (absolute !== null) {
    if (!hosts.includes(absolute[2]!.toLowerCase())) return location
    const path = absolute[3]!.startsWith('/') ? absolute[3]! : `/${absolute[3]!}`
    return path.startsWith(prefix) ? path : prefix + path
  }
  if (!location.startsWith('/')) return location
  return location.startsWith(`${prefix}/`) ? location : prefix + location
}
