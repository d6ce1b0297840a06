/**
 * The options of a log request, checked and said as the kubelet's own API has them.
 * Upstream: pkg/apis/core/validation ValidatePodLogOptions.
 *
 *   LO1  What is no number, truth value or time at all is a 400; what is out of bounds a 422 that names every wrong field.
 *   LO2  stream is refused: PodLogsQuerySplitStreams is alpha and off by default in 1.36.
 *   LO3  insecureSkipTLSVerifyBackend is this server's matter and is not handed on.
 */
import type { FieldError } from '../../../api/field-error.ts'
import { forbidden, invalid as invalidField } from '../../../api/field-error.ts'
import { badRequest, invalid } from '../http/api-error.ts'

export interface LogRequest {
  /** With its question mark, or empty. */
  readonly kubeletQuery: string
  readonly skipsVerification: boolean
}

const truths: Readonly<Record<string, boolean>> = { '': false, true: true, false: false, 1: true, 0: false, t: true, f: false, T: true, F: false, True: true, False: false, TRUE: true, FALSE: false }

export function readLogRequest(query: URLSearchParams, podName: string): LogRequest {
  const kubelet = new URLSearchParams()
  for (const name of ['follow', 'previous', 'timestamps']) if (readTruth(query, name)) kubelet.set(name, 'true')
  const errors: FieldError[] = []
  const tailLines = readWhole(query, 'tailLines')
  const limitBytes = readWhole(query, 'limitBytes')
  const sinceSeconds = readWhole(query, 'sinceSeconds')
  const sinceTime = readTime(query)
  if (tailLines !== undefined && tailLines < 0) errors.push(invalidField('tailLines', tailLines, 'must be greater than or equal to 0'))
  if (limitBytes !== undefined && limitBytes < 1) errors.push(invalidField('limitBytes', limitBytes, 'must be greater than 0'))
  if (sinceSeconds !== undefined && sinceTime !== undefined) errors.push(forbidden('[]', 'at most one of `sinceTime` or `sinceSeconds` may be specified'))
  else if (sinceSeconds !== undefined && sinceSeconds < 1) errors.push(invalidField('sinceSeconds', sinceSeconds, 'must be greater than 0'))
  if (query.has('stream')) errors.push(forbidden('stream', 'may not be specified')) // LO2
  if (errors.length > 0) throw invalid({ group: '', kind: 'PodLogOptions' }, podName, errors)
  for (const [name, value] of [['sinceSeconds', sinceSeconds], ['sinceTime', sinceTime], ['tailLines', tailLines], ['limitBytes', limitBytes]] as const) {
    if (value !== undefined) kubelet.set(name, String(value))
  }
  const text = kubelet.toString()
  return { kubeletQuery: text === '' ? '' : `?${text}`, skipsVerification: readTruth(query, 'insecureSkipTLSVerifyBackend') }
}

/** LO1 */
function readTruth(query: URLSearchParams, name: string): boolean {
  const text = query.get(name) ?? ''
  return Object.hasOwn(truths, text) ? truths[text]! : true // upstream takes any other text for true
}

function readWhole(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name)
  if (text === null || text === '') return undefined
  const value = Number(text)
  if (!/^[+-]?\d+$/.test(text)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`)
  if (Math.abs(value) >= 2 ** 63) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: value out of range`)
  return value
}

function readTime(query: URLSearchParams): string | undefined {
  const text = query.get('sinceTime')
  if (text === null || text === '') return undefined
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(text) || Number.isNaN(Date.parse(text))) throw badRequest(`parsing time ${JSON.stringify(text)} as "2006-01-02T15:04:05Z07:00": cannot parse ${JSON.stringify(text)} as "2006"`)
  return text
}
