/**
 * Which form of answer a client asked for. Upstream: apiserver/pkg/endpoints/handlers/negotiation.
 *
 *   NG1  Clauses are tried by falling q, equal ones in the order sent; the first that can be served wins.
 *   NG2  A missing Accept, and any wildcard, means JSON.
 *   NG3  as=Table and as=PartialObjectMetadata[List] are served in meta.k8s.io v1 and v1beta1; Table has no protobuf form.
 *   NG4  Other parameters (charset, stream) do not matter.
 */
export type Encoding = 'json' | 'yaml' | 'protobuf'
export type Transform = 'Table' | 'PartialObjectMetadata' | 'PartialObjectMetadataList'

export interface Negotiated {
  readonly encoding: Encoding
  readonly transform?: Transform
  readonly transformVersion?: 'v1' | 'v1beta1'
}

export interface MediaClause {
  readonly type: string
  readonly parameters: Readonly<Record<string, string>>
  readonly quality: number
}

export const jsonType = 'application/json'
export const yamlType = 'application/yaml'
export const protobufType = 'application/vnd.kubernetes.protobuf'
export const bodyTypes = [jsonType, yamlType, protobufType]
export const watchTypes = [`${jsonType};stream=watch`, `${protobufType};stream=watch`]

const encodings: Readonly<Record<string, Encoding>> = {
  'application/json': 'json',
  'application/yaml': 'yaml',
  'application/vnd.kubernetes.protobuf': 'protobuf',
  'application/*': 'json',
  '*/*': 'json',
}

export interface NegotiationRules {
  /** Encodings this endpoint can write. */
  readonly encodings: readonly Encoding[]
  readonly transforms: boolean
}

export const anyForm: NegotiationRules = { encodings: ['json', 'yaml', 'protobuf'], transforms: true }
export const plainForm: NegotiationRules = { encodings: ['json', 'yaml', 'protobuf'], transforms: false }

const maxCachedLength = 512
const cached = new Map<string, readonly MediaClause[]>()

export function readMediaClauses(header: string): readonly MediaClause[] {
  const known = cached.get(header)
  if (known !== undefined) return known
  const clauses = header
    .split(',')
    .map(readClause)
    .filter(clause => clause.type !== '')
  const sorted = clauses.toSorted((a, b) => b.quality - a.quality)
  if (header.length > maxCachedLength) return sorted
  if (cached.size > 500) cached.clear()
  cached.set(header, sorted)
  return sorted
}

function readClause(text: string): MediaClause {
  const [type = '', ...rest] = text.split(';')
  const parameters: Record<string, string> = {}
  for (const part of rest) {
    const at = part.indexOf('=')
    if (at > 0) parameters[part.slice(0, at).trim().toLowerCase()] = part.slice(at + 1).trim().replace(/^"|"$/g, '')
  }
  const quality = parameters['q'] === undefined ? 1 : Number(parameters['q'])
  return { type: type.trim().toLowerCase(), parameters, quality: Number.isFinite(quality) ? quality : 0 }
}

/** undefined when nothing the client accepts can be served. */
export function negotiate(accept: string | undefined, rules: NegotiationRules): Negotiated | undefined {
  if (accept === undefined || accept.trim() === '') return { encoding: 'json' } // NG2
  for (const { type, parameters } of readMediaClauses(accept)) {
    const encoding = Object.hasOwn(encodings, type) ? encodings[type] : undefined
    if (encoding === undefined || !rules.encodings.includes(encoding)) continue
    const as = parameters['as']
    if (as === undefined || as === '') return { encoding }
    const transform = readTransform(as, parameters, encoding, rules)
    if (transform !== undefined) return { encoding, ...transform }
  }
  return undefined
}

function readTransform(as: string, parameters: MediaClause['parameters'], encoding: Encoding, rules: NegotiationRules) {
  const version = parameters['v']
  if (!rules.transforms || parameters['g'] !== 'meta.k8s.io' || (version !== 'v1' && version !== 'v1beta1')) return undefined
  if (as === 'Table') return encoding === 'protobuf' ? undefined : ({ transform: 'Table', transformVersion: version } as const) // NG3
  if (as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList') return { transform: as, transformVersion: version } as const
  return undefined
}

/** The type of a request body without parameters; JSON where the client said nothing. */
export function bodyType(header: string | undefined): string {
  if (header === undefined || header.trim() === '') return jsonType
  return header.split(';')[0]!.trim().toLowerCase()
}
