/**
 * URLs, read as Go's net/url reads them: `url('https://example.com:80/a?b=c').getHostname()`.
 *
 *   UR1  A URL must be absolute or an absolute path: "parse \"x\": invalid URI for request" otherwise.
 *   UR2  getQuery decodes; a key without value has an empty one; pairs with a bad escape or a semicolon are left out.
 *   UR3  Host keeps its port, Hostname and Port take it apart; IPv6 hosts stand in brackets.
 */
import { ArrayList, EntryMap } from '../collections.ts'
import { CelFault } from '../cel-value.ts'
import type { CelValue } from '../cel-value.ts'
import { global, member } from '../declarations.ts'
import type { CelOverload } from '../declarations.ts'
import { TextValue } from './text-value.ts'

interface UrlParts {
  readonly scheme: string
  readonly host: string
  readonly escapedPath: string
  readonly query: string
  readonly rest: string
}

export class UrlValue extends TextValue {
  readonly typeName = 'kubernetes.URL'
  readonly text: string
  readonly parts: UrlParts

  constructor(text: string, parts: UrlParts) {
    super()
    this.text = text
    this.parts = parts
  }
}

/** The problem of a text that is no URL (UR1), in Go's words. */
export function urlProblem(text: string): string | undefined {
  const parts = readUrl(text)
  return typeof parts === 'string' ? parts : undefined
}

function problem(text: string, message: string): string {
  return `parse ${JSON.stringify(text)}: ${message}`
}

function readUrl(text: string): UrlParts | string {
  // eslint-disable-next-line no-control-regex -- exactly what Go refuses
  if (/[\x00-\x1f\x7f]/.test(text)) return problem(text, 'net/url: invalid control character in URL')
  if (text === '') return problem(text, 'empty url')
  const fragment = text.indexOf('#')
  const whole = fragment < 0 ? text : text.slice(0, fragment)
  if (text === '*') return { scheme: '', host: '', escapedPath: '*', query: '', rest: '' }
  const scheme = /^([A-Za-z][A-Za-z\d+.-]*):/.exec(text)
  if (scheme === null && /^[^/?#]*:/.test(text)) return problem(text, text.startsWith(':') ? 'missing protocol scheme' : 'first path segment in URL cannot contain colon')
  const afterScheme = scheme === null ? whole : whole.slice(scheme[0].length)
  const question = afterScheme.indexOf('?')
  const hierarchy = question < 0 ? afterScheme : afterScheme.slice(0, question)
  const query = question < 0 ? '' : afterScheme.slice(question + 1)
  const own = { scheme: scheme === null ? '' : scheme[1]!.toLowerCase(), query, rest: fragment < 0 ? '' : text.slice(fragment) }
  if (!hierarchy.startsWith('/')) {
    if (scheme !== null) return { ...own, host: '', escapedPath: '' } // opaque: "mailto:someone"
    return problem(text, 'invalid URI for request')
  }
  if (!hierarchy.startsWith('//') || (scheme === null && hierarchy.startsWith('///'))) return withPath(text, own, '', hierarchy)
  const slash = hierarchy.indexOf('/', 2)
  const authority = slash < 0 ? hierarchy.slice(2) : hierarchy.slice(2, slash)
  const host = authority.slice(authority.lastIndexOf('@') + 1)
  const wrong = hostProblem(host)
  if (wrong !== undefined) return problem(text, wrong)
  return withPath(text, own, host, slash < 0 ? '' : hierarchy.slice(slash))
}

function withPath(text: string, own: Pick<UrlParts, 'scheme' | 'query' | 'rest'>, host: string, path: string): UrlParts | string {
  const bad = /%(?![\dA-Fa-f]{2}).{0,2}/.exec(path)
  if (bad !== null) return problem(text, `invalid URL escape ${JSON.stringify(bad[0])}`)
  return { ...own, host, escapedPath: escapedPath(path) }
}

/** Kept as written where that is a valid encoding; characters that no path may hold are encoded. */
function escapedPath(path: string): string {
  return path.replace(/[^\w$&+,/:;=@!'()*~.%[\]-]/gu, character => Array.from(new TextEncoder().encode(character), byte => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(''))
}

function hostProblem(host: string): string | undefined {
  if (host.startsWith('[')) {
    const end = host.lastIndexOf(']')
    if (end < 0) return "missing ']' in host"
    return portProblem(host.slice(end + 1))
  }
  const colon = host.lastIndexOf(':')
  const port = colon < 0 ? undefined : portProblem(host.slice(colon))
  if (port !== undefined) return port
  const escape = /%.{0,2}/.exec(host)
  if (escape !== null) return `invalid URL escape ${JSON.stringify(escape[0])}`
  const wrong = /[ <>"{}|\\^`]/.exec(host)
  return wrong === null ? undefined : `invalid character ${JSON.stringify(wrong[0])} in host name`
}

function portProblem(text: string): string | undefined {
  return text === '' || /^:\d*$/.test(text) ? undefined : `invalid port ${JSON.stringify(text)} after host`
}

function url(text: string): CelValue | CelFault {
  const parts = readUrl(text)
  return typeof parts === 'string' ? new CelFault(`URL parse error during conversion from string: ${parts}`) : new UrlValue(text, parts)
}

/** UR3 */
function hostname({ parts: { host } }: UrlValue): string {
  if (host.startsWith('[')) return host.slice(1, host.lastIndexOf(']'))
  const colon = host.indexOf(':')
  return colon < 0 ? host : host.slice(0, colon)
}

function port({ parts: { host } }: UrlValue): string {
  const after = host.startsWith('[') ? host.slice(host.lastIndexOf(']') + 1) : host
  const colon = after.lastIndexOf(':')
  return colon < 0 ? '' : after.slice(colon + 1)
}

/** UR2 */
function query({ parts }: UrlValue): CelValue {
  const values = new Map<string, string[]>()
  for (const pair of parts.query.split('&')) {
    if (pair === '' || pair.includes(';')) continue
    const equals = pair.indexOf('=')
    const key = decoded(equals < 0 ? pair : pair.slice(0, equals))
    const value = decoded(equals < 0 ? '' : pair.slice(equals + 1))
    if (key === undefined || value === undefined) continue
    const known = values.get(key)
    if (known === undefined) values.set(key, [value])
    else known.push(value)
  }
  return new EntryMap(new Map(Array.from(values, ([key, list]) => [key, [key, new ArrayList(list)]])))
}

function decoded(text: string): string | undefined {
  const spaced = text.replaceAll('+', ' ')
  if (!spaced.includes('%')) return spaced
  if (/%(?![\dA-Fa-f]{2})/.test(spaced)) return undefined
  const bytes: number[] = []
  const encoder = new TextEncoder()
  for (const [part] of spaced.matchAll(/%[\dA-Fa-f]{2}|[^%]+/g)) bytes.push(...(part.startsWith('%') ? [Number.parseInt(part.slice(1), 16)] : encoder.encode(part)))
  return new TextDecoder().decode(new Uint8Array(bytes))
}

export const urls: readonly CelOverload[] = [
  global('string_to_url', 'url', 'string -> kubernetes.URL', url),
  global('is_url_string', 'isURL', 'string -> bool', (text: string) => urlProblem(text) === undefined),
  member('url_get_scheme', 'getScheme', 'kubernetes.URL -> string', (value: UrlValue) => value.parts.scheme),
  member('url_get_host', 'getHost', 'kubernetes.URL -> string', (value: UrlValue) => value.parts.host),
  member('url_get_hostname', 'getHostname', 'kubernetes.URL -> string', hostname),
  member('url_get_port', 'getPort', 'kubernetes.URL -> string', port),
  member('url_get_escaped_path', 'getEscapedPath', 'kubernetes.URL -> string', (value: UrlValue) => value.parts.escapedPath),
  member('url_get_query', 'getQuery', 'kubernetes.URL -> map(string, list(string))', query),
]
