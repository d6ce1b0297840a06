/**
 * What a list or watch was asked for, read from the query and checked.
 * Upstream: apimachinery/pkg/apis/meta/internalversion/validation.
 *
 *   LO1  resourceVersionMatch needs resourceVersion, is forbidden with continue; Exact is forbidden with "0" or a watch.
 *   LO2  sendInitialEvents needs watch and resourceVersionMatch=NotOlderThan; on a list it is refused.
 *   LO3  A continue token carries the revision of the first page and the key to go on from; a bad one, or one beside a
 *        resourceVersion, is a 400.
 */
import type { FieldError } from '../../../api/field-error.ts'
import { forbidden, invalid as invalidField, notSupported } from '../../../api/field-error.ts'
import { badRequest, invalid } from '../http/api-error.ts'
import { isTrue } from '../http/request-info.ts'

export interface ContinueToken {
  /** -1 goes on without consistency. */
  readonly revision: number
  /** First key of the next page, relative to the resource's prefix. */
  readonly start: string
}

export interface ListOptions {
  readonly labelSelector: string
  readonly fieldSelector: string
  readonly limit: number
  readonly continue: ContinueToken | undefined
  readonly resourceVersion: string
  readonly match: '' | 'Exact' | 'NotOlderThan'
  readonly watch: boolean
  readonly allowBookmarks: boolean
  readonly sendInitialEvents: boolean
  readonly timeoutSeconds: number | undefined
}

export function readListOptions(query: URLSearchParams, watch: boolean): ListOptions {
  const resourceVersion = query.get('resourceVersion') ?? ''
  const match = query.get('resourceVersionMatch') ?? ''
  const token = query.get('continue') ?? ''
  const sendInitial = query.get('sendInitialEvents')
  const failures: FieldError[] = []
  if (resourceVersion !== '') checkUint64(resourceVersion)
  if (sendInitial !== null) failures.push(...checkSendInitialEvents(watch, match))
  else if (match !== '') failures.push(...checkMatch({ match, resourceVersion, token, watch }))
  if (failures.length > 0) throw invalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', failures)
  if (token !== '' && resourceVersion !== '' && resourceVersion !== '0') throw badRequest('specifying resource version is not allowed when using continue')
  return {
    labelSelector: query.get('labelSelector') ?? '',
    fieldSelector: query.get('fieldSelector') ?? '',
    limit: readNumber(query, 'limit') ?? 0,
    continue: token === '' ? undefined : readContinueToken(token),
    resourceVersion,
    match: match as ListOptions['match'],
    watch,
    allowBookmarks: isTrue(query.get('allowWatchBookmarks')),
    sendInitialEvents: isTrue(sendInitial),
    timeoutSeconds: readNumber(query, 'timeoutSeconds'),
  }
}

const maxUint64 = 18_446_744_073_709_551_615n

function checkUint64(text: string): void {
  const why = !/^\d+$/.test(text) ? 'invalid syntax' : text.length > 20 || BigInt(text) > maxUint64 ? 'value out of range' : undefined
  if (why !== undefined) throw badRequest(`invalid resource version: resourceVersion: Invalid value: ${JSON.stringify(text)}: strconv.ParseUint: parsing ${JSON.stringify(text)}: ${why}`)
}

function checkSendInitialEvents(watch: boolean, match: string): FieldError[] {
  if (!watch) return [forbidden('sendInitialEvents', 'sendInitialEvents is forbidden for list')]
  if (match === 'NotOlderThan') return []
  return [forbidden('resourceVersionMatch', 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan')]
}

function checkMatch(asked: { match: string; resourceVersion: string; token: string; watch: boolean }): FieldError[] {
  if (asked.watch) return [forbidden('resourceVersionMatch', 'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided')]
  const failures: FieldError[] = []
  if (asked.resourceVersion === '') failures.push(forbidden('resourceVersionMatch', 'resourceVersionMatch is forbidden unless resourceVersion is provided'))
  if (asked.token !== '') failures.push(forbidden('resourceVersionMatch', 'resourceVersionMatch is forbidden when continue is provided'))
  if (asked.match !== 'Exact' && asked.match !== 'NotOlderThan') {
    failures.push(notSupported('resourceVersionMatch', asked.match, ['Exact', 'NotOlderThan', '']))
  }
  if (asked.match === 'Exact' && asked.resourceVersion === '0') {
    failures.push(forbidden('resourceVersionMatch', 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'))
  }
  return failures
}

function readNumber(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name)
  if (text === null || text === '') return undefined
  if (!/^[+-]?\d+$/.test(text)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`)
  const number = Number(text)
  if (Math.abs(number) >= 2 ** 63) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: value out of range`)
  return number
}

export function renderContinueToken(token: ContinueToken): string {
  return Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv: token.revision, start: token.start })).toString('base64url')
}

export function readContinueToken(text: string): ContinueToken {
  try {
    const { v, rv, start } = JSON.parse(Buffer.from(text, 'base64url').toString('utf8')) as { v: unknown; rv: unknown; start: unknown }
    if (v !== 'meta.k8s.io/v1') throw new Error('server does not recognize this encoded version')
    if (typeof rv !== 'number' || !Number.isSafeInteger(rv) || typeof start !== 'string' || start === '' || start.startsWith('/') || start.includes('/../')) throw new Error('incorrect encoded values')
    return { revision: rv, start }
  } catch (error) {
    const why = error instanceof SyntaxError ? `invalid character '${firstCharacter(text)}' looking for beginning of value` : (error as Error).message
    throw badRequest(`invalid continue token: continue key is not valid: ${why}`)
  }
}

/** As Go shows the first byte of what is no JSON: it takes it for a character of Latin 1. */
function firstCharacter(text: string): string {
  const byte = Buffer.from(text, 'base64url')[0] ?? 0
  return byte >= 0x20 && byte !== 0x7f && (byte < 0x80 || byte > 0xa0) ? String.fromCharCode(byte) : `\\u${byte.toString(16).padStart(4, '0')}`
}

export function checkedResourceVersion(text: string): number {
  if (!/^\d+$/.test(text)) throw invalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', [invalidField('resourceVersion', text, 'must be a number')])
  return Number(text)
}
