/**
 * /statusz and /flagz: what runs here since when, and with which flags. Upstream: apiserver/pkg/server/{statusz,flagz},
 * on by default since 1.36.
 *
 *   ZP1  Plain text is for people; who wants to read it by program asks for config.k8s.io/v1beta1 (or v1alpha1, which warns)
 *        as JSON or YAML, and nothing else.
 *   ZP2  Values of flags are as the command line or the defaults have them; files are named, never shown.
 */
import { stringify } from 'yaml'
import { timeText } from '../../../base/clock.ts'
import { durationText } from '../../../base/duration.ts'
import type { FlagSpecs } from '../../../runtime/index.ts'
import { notAcceptable } from '../http/api-error.ts'
import type { Exchange } from '../http/exchange.ts'
import { jsonType, readMediaClauses, yamlType } from '../http/negotiation.ts'

export interface ServerStatus {
  readonly startedMs: number
  readonly goVersion: string
  readonly binaryVersion: string
  readonly emulationVersion: string
  readonly paths: readonly string[]
}

interface Page {
  readonly kind: 'Statusz' | 'Flagz'
  readonly text: string
  readonly fields: Readonly<Record<string, unknown>>
}

const component = 'kube-apiserver'
const textType = 'text/plain'
const versions = ['v1beta1', 'v1alpha1']
const warning = 'Warning: This endpoint is not meant to be machine parseable, has no formatting compatibility guarantees and is for debugging purposes only.'

export async function serveStatusz(exchange: Exchange, status: ServerStatus): Promise<void> {
  const upSeconds = Math.max(0, Math.floor((exchange.startedMs - status.startedMs) / 1000))
  await servePage(exchange, {
    kind: 'Statusz',
    text: ['', `${component} statusz`, warning, '', `Started: ${new Date(status.startedMs).toUTCString()}`, `Up: ${durationText(upSeconds * 1000)}`, `Go version: ${status.goVersion}`, `Binary version: ${status.binaryVersion}`, `Emulation version: ${status.emulationVersion}`, `Paths: ${status.paths.join(' ')}`, ''].join('\n'),
    fields: { startTime: timeText(status.startedMs), uptimeSeconds: upSeconds, goVersion: status.goVersion, binaryVersion: status.binaryVersion, emulationVersion: status.emulationVersion, paths: status.paths },
  })
}

export async function serveFlagz(exchange: Exchange, flags: Readonly<Record<string, string>>): Promise<void> {
  const sorted = Object.entries(flags).sort(([a], [b]) => (a < b ? -1 : 1))
  await servePage(exchange, { kind: 'Flagz', text: ['', `${component} flagz`, warning, ...sorted.map(([name, value]) => `${name}=${value}`), ''].join('\n'), fields: { flags: Object.fromEntries(sorted) } })
}

/** ZP2: every flag that has a value, as a command line would give it. */
export function flagTexts(specs: FlagSpecs, values: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(Object.entries(specs).flatMap(([name, { type }]) => {
    const value = values[name]
    if (value === undefined) return []
    if (Array.isArray(value)) return [[name, `[${value.join(',')}]`]]
    if (type === 'duration') return [[name, durationText(value as number)]]
    if (type === 'map') return [[name, Object.entries(value as Record<string, string>).map(([key, text]) => `${key}=${text}`).join(',')]]
    return [[name, String(value as string | number | boolean)]]
  }))
}

/** ZP1 */
async function servePage(exchange: Exchange, { kind, text, fields }: Page): Promise<void> {
  const form = negotiate(exchange.header('accept'), kind)
  if (form === undefined) throw notAcceptable([textType, jsonType, yamlType])
  if (form.type === textType) {
    await exchange.send(200, 'text/plain; charset=utf-8', text)
    return
  }
  if (form.version === 'v1alpha1') exchange.warn(`This version of the ${kind.toLowerCase()} endpoint is deprecated. Please use a newer version.`)
  const object = { kind, apiVersion: `config.k8s.io/${form.version}`, metadata: { name: component }, ...fields }
  await exchange.send(200, form.type, form.type === jsonType ? `${JSON.stringify(object)}\n` : stringify(object))
}

function negotiate(accept: string | undefined, kind: Page['kind']): { readonly type: string; readonly version: string } | undefined {
  if (accept === undefined || accept.trim() === '') return { type: textType, version: '' }
  for (const { type, parameters } of readMediaClauses(accept)) {
    const { as, g, v } = parameters
    if (as === undefined && (type === textType || type === 'text/*' || type === '*/*')) return { type: textType, version: '' }
    if ((type === jsonType || type === yamlType) && as === kind && g === 'config.k8s.io' && v !== undefined && versions.includes(v)) return { type, version: v }
  }
  return undefined
}
