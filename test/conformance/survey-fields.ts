/**
 * What a server says to every field of a kind: the least object with one more field, set to what OpenAPI allows there and
 * what validation may refuse. Nothing is stored (dryRun=All).
 *
 *   SF1  Each field of the schema down to a depth is tried with an empty value, a likely and an unlikely one.
 *   SF2  status and what the server itself fills in are left out.
 */
import type { RawApi } from '../integration/raw-api.ts'

/* eslint-disable @typescript-eslint/no-explicit-any -- schemas of the wire are read freely */
export type Schemas = Readonly<Record<string, any>>

/** A field by its path (a number is a place in a list), and what to set it to. */
export interface FieldTrial {
  readonly path: readonly (string | number)[]
  readonly value: unknown
}

const deepest = 4
const leftOut = new Set(['apiVersion', 'kind', 'metadata', 'status'])

/** The trials of the object whose schema is named. */
export function fieldTrials(schemas: Schemas, root: string): FieldTrial[] {
  const trials: FieldTrial[] = []
  const visit = (schema: any, path: readonly (string | number)[], seen: readonly string[]) => {
    const name = referenceOf(schema)
    if (name !== undefined && seen.includes(name)) return
    const whole = name === undefined ? schema : schemas[name]
    const known = name === undefined ? seen : [...seen, name]
    if (path.length > 0) for (const value of valuesOf(whole)) trials.push({ path, value })
    if (path.filter(step => typeof step === 'string').length >= deepest) return
    for (const [field, property] of Object.entries<any>(whole?.properties ?? {})) if (path.length > 0 || !leftOut.has(field)) visit(property, [...path, field], known)
    if (whole?.items !== undefined) visit(whole.items, [...path, 0], known)
  }
  visit({ $ref: root }, [], [])
  return trials
}

function referenceOf(schema: any): string | undefined {
  const reference: string | undefined = schema?.$ref ?? schema?.allOf?.[0]?.$ref
  return reference?.slice(reference.lastIndexOf('/') + 1)
}

function valuesOf(schema: any): readonly unknown[] {
  if (schema?.oneOf !== undefined) return ['1500m', -1, 'x']
  switch (schema?.type) {
    case 'string': return schema.format === 'date-time' ? ['2026-01-01T00:00:00Z'] : schema.format === 'byte' ? ['YQ=='] : ['', 'likely', 'Not Likely!']
    case 'integer': return [0, -1, 70_000]
    case 'boolean': return [false, true]
    case 'array': return [[]]
    case 'object': return schema.additionalProperties === undefined ? [{}] : [{}, { 'Not Likely!': schema.additionalProperties.type === 'string' ? 'x' : {} }]
    default: return [{}]
  }
}

/** The object with the field set; what lies on the way to it is made where it is missing. */
export function withField(object: unknown, [step, ...rest]: FieldTrial['path'], value: unknown): unknown {
  if (step === undefined) return value
  if (typeof step === 'number') {
    const list = Array.isArray(object) ? [...object as unknown[]] : []
    list[step] = withField(list[step], rest, value)
    return list
  }
  const fields = typeof object === 'object' && object !== null ? object as Record<string, unknown> : {}
  return { ...fields, [step]: withField(fields[step], rest, value) }
}

/** Asks for each trial, a few at a time; the answers in the order of the trials. */
export async function tryFields(api: RawApi, collection: string, whole: object, trials: readonly FieldTrial[]): Promise<{ readonly trial: FieldTrial; readonly answer: unknown }[]> {
  const answers: { readonly trial: FieldTrial; readonly answer: unknown }[] = []
  const width = 8
  for (let at = 0; at < trials.length; at += width) {
    answers.push(...await Promise.all(trials.slice(at, at + width).map(async trial => {
      const { status, json, headers } = await api.call('POST', `${collection}?dryRun=All`, withField(whole, trial.path, trial.value))
      const { managedFields: _, ...metadata } = json?.metadata ?? {}
      return { trial, answer: [status, status < 300 ? { ...json, metadata } : json, headers['warning'] ?? ''] }
    })))
  }
  return answers
}
/* eslint-enable @typescript-eslint/no-explicit-any */
