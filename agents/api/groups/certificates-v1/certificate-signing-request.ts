/**
 * CertificateSigningRequest.
 *
 *   CR1  username, uid, groups and extra are the requester's; the registry sets them on create and they never change.
 *   CR3  The request is PEM that holds one whole DER sequence; what is in it is the signer's to read.
 *   CR2  Conditions change through approval (Approved, Denied) and status (Failed, certificate); a certificate never changes.
 *   CR4  Approved, Denied and Failed are True or absent, never taken back, and the first two exclude each other.
 *   CR5  Conditions without times get them when they are written; one that keeps its status keeps its transition time.
 */
import { defineKind } from '../../define-kind.ts'
import { duplicate, forbidden, invalid, notSupported, required, tooLong, type FieldError } from '../../field-error.ts'
import { ageCell, humanDuration } from '../../printing.ts'
import { certificateSigningRequests } from '../../resources.ts'
import { decodeBase64 } from '../../schema/base64.ts'
import { semanticallyEqual } from '../../schema/clone.ts'
import { immutable } from '../../validation/metadata.ts'
import { isAnyName, isDns1123Label, isDns1123Subdomain } from '../../validation/names.ts'
import type { CertificateSigningRequest, CertificateSigningRequestCondition } from './types.ts'

export const keyUsages = [
  'any', 'cert sign', 'client auth', 'code signing', 'content commitment', 'crl sign', 'data encipherment', 'decipher only', 'digital signature', 'email protection', 'encipher only',
  'ipsec end system', 'ipsec tunnel', 'ipsec user', 'key agreement', 'key encipherment', 'microsoft sgc', 'netscape sgc', 'ocsp signing', 's/mime', 'server auth', 'signing', 'timestamping',
]

export const certificateSigningRequest = defineKind<CertificateSigningRequest>(certificateSigningRequests, {
  nameRule: isAnyName,
  printer: 'printCertificateSigningRequest',
  neverOwned: ['spec'],
  validate: ({ spec }) => validateSpec(spec),
  prepareForUpdate(object, old) {
    object.spec = old.spec // CR1: what is sent is ignored
  },
  validateUpdateIsComplete: true,
  validateUpdate: (object, old) => immutable(object.spec, old.spec, 'spec', semanticallyEqual), // CR1
  validateStatusUpdate: (object, old) => [...validateConditions(object), ...keptConditions(object, old), ...keptDecisions(object, old), ...validateCertificate(object, old)],
  selectableFields: { 'spec.signerName': object => object.spec.signerName },
  cells({ metadata, spec, status }, now) {
    const duration = spec.expirationSeconds === undefined ? '<none>' : humanDuration(spec.expirationSeconds * 1000)
    return [metadata.name, ageCell(metadata.creationTimestamp, now), spec.signerName, spec.username ?? '', duration, conditionCell(status)]
  },
})

function conditionCell(status: CertificateSigningRequest['status']): string {
  const has = (type: string) => status.conditions?.some(condition => condition.type === type) === true
  const parts: string[] = has('Denied') ? ['Denied'] : has('Approved') ? ['Approved'] : has('Failed') ? [] : ['Pending']
  if (has('Failed')) parts.push('Failed')
  if ((status.certificate ?? '') !== '') parts.push('Issued')
  return parts.join(',')
}

const decisions = ['Approved', 'Denied']
const final = [...decisions, 'Failed']

/** Of a change through /approval. */
export function validateApproval(object: CertificateSigningRequest, old: CertificateSigningRequest): FieldError[] {
  return [...validateConditions(object), ...keptConditions(object, old)]
}

/** CR5 */
export function withConditionTimes(conditions: readonly CertificateSigningRequestCondition[], old: readonly CertificateSigningRequestCondition[], now: string): CertificateSigningRequestCondition[] {
  return conditions.map(condition => {
    const before = old.find(other => other.type === condition.type && other.status === condition.status && (other.lastTransitionTime ?? null) !== null)
    return { ...condition, lastUpdateTime: condition.lastUpdateTime ?? now, lastTransitionTime: condition.lastTransitionTime ?? before?.lastTransitionTime ?? now }
  })
}

/** CR4 */
function validateConditions({ status }: CertificateSigningRequest): FieldError[] {
  const errors: FieldError[] = []
  const conditions = status.conditions ?? []
  conditions.forEach(({ type, status: value }, index) => {
    const path = `status.conditions[${index}]`
    if (type === '') errors.push(required(`${path}.type`))
    const allowed = final.includes(type) ? ['True'] : ['False', 'True', 'Unknown']
    if ((value as string | undefined) === undefined || value === '') errors.push(required(`${path}.status`))
    else if (!allowed.includes(value)) errors.push(notSupported(`${path}.status`, value, allowed))
    if (decisions.includes(type) && conditions.slice(0, index).some(other => decisions.includes(other.type) && other.type !== type)) errors.push(invalid('status.conditions', type, 'Approved and Denied conditions are mutually exclusive'))
    if (conditions.findIndex(other => other.type === type) < index) errors.push(duplicate(`${path}.type`, type))
  })
  return errors
}

function ofType({ status }: CertificateSigningRequest, type: string): CertificateSigningRequestCondition[] {
  return (status.conditions ?? []).filter(condition => condition.type === type)
}

function keptConditions(object: CertificateSigningRequest, old: CertificateSigningRequest): FieldError[] {
  return final.filter(type => ofType(object, type).length < ofType(old, type).length).map(type => forbidden('status.conditions', `updates may not remove a condition of type ${JSON.stringify(type)}`))
}

/** Decisions are made through /approval only. */
function keptDecisions(object: CertificateSigningRequest, old: CertificateSigningRequest): FieldError[] {
  return decisions.flatMap(type => {
    const [now, before] = [ofType(object, type), ofType(old, type)]
    if (now.length > before.length) return [forbidden('status.conditions', `updates may not add a condition of type ${JSON.stringify(type)}`)]
    return now.length === before.length && !semanticallyEqual(now, before) ? [forbidden('status.conditions', `updates may not modify a condition of type ${JSON.stringify(type)}`)] : []
  })
}

function validateCertificate(object: CertificateSigningRequest, old: CertificateSigningRequest): FieldError[] {
  const certificate = object.status.certificate ?? ''
  const before = old.status.certificate ?? ''
  if (certificate === before) return []
  if (before !== '') return [forbidden('status.certificate', 'updates may not modify existing certificate content')]
  const text = new TextDecoder().decode(decodeBase64(certificate))
  const blocks = [...text.matchAll(/-----BEGIN ([^-\n]+)-----\n([\s\S]*?)-----END \1-----/g)]
  const other = blocks.find(([, type]) => type !== 'CERTIFICATE')
  if (other !== undefined) return [invalid('status.certificate', '<certificate data>', `only CERTIFICATE PEM blocks are allowed, found ${JSON.stringify(other[1])}`)]
  if (blocks.some(([, , body]) => body!.includes(':'))) return [invalid('status.certificate', '<certificate data>', 'no PEM block headers are permitted')]
  return blocks.length > 0 ? [] : [invalid('status.certificate', '<certificate data>', 'must contain at least one CERTIFICATE PEM block')]
}

function validateSpec(spec: CertificateSigningRequest['spec']): FieldError[] {
  const errors: FieldError[] = []
  if (!isRequestPem(spec.request as string | null)) errors.push(invalid('spec.request', spec.request as string | null, 'PEM block type must be CERTIFICATE REQUEST'))
  if ((spec.usages ?? []).length === 0) errors.push(required('spec.usages'))
  spec.usages?.forEach((usage, index) => {
    if (!keyUsages.includes(usage)) errors.push(notSupported(`spec.usages[${index}]`, usage, keyUsages))
  })
  spec.usages?.forEach((usage, index) => {
    if (spec.usages!.indexOf(usage) < index) errors.push(duplicate(`spec.usages[${index}]`, usage))
  })
  errors.push(...validateSignerName(spec.signerName, 'spec.signerName'))
  if (spec.expirationSeconds !== undefined && spec.expirationSeconds < 600) errors.push(invalid('spec.expirationSeconds', spec.expirationSeconds, 'may not specify a duration less than 600 seconds (10 minutes)'))
  return errors
}

const pemBegin = '-----BEGIN CERTIFICATE REQUEST-----'
const pemEnd = '-----END CERTIFICATE REQUEST-----'

const longestDomain = 253
/** The domain, a slash, and room for a label and a subdomain. */
const longestSigner = longestDomain + 1 + (longestDomain + 63 + 1)

function validateSignerName(name: string, path: string): FieldError[] {
  if (name === 'kubernetes.io/legacy-unknown') return [invalid(path, name, 'the legacy signerName is not allowed via this API version')]
  if (name === '') return [required(path)]
  const [domain = '', signer = '', ...more] = name.split('/')
  if (!name.includes('/') || more.length > 0) return [invalid(path, name, "must be a fully qualified domain and path of the form 'example.com/signer-name'")]
  const wrong = (text: string, rule: (label: string) => string[]) => {
    const label = text.split('.').find(each => rule(each).length > 0)
    return label === undefined ? [] : rule(label).map(why => invalid(path, text, `validating label ${JSON.stringify(label)}: ${why}`))
  }
  const errors: FieldError[] = domain.length > longestDomain ? [tooLong(path, longestDomain)] : []
  errors.push(...wrong(domain, isDns1123Label))
  if (!domain.includes('.')) errors.push(invalid(path, domain, 'should be a domain with at least two segments separated by dots'))
  errors.push(...wrong(signer, isDns1123Subdomain))
  return name.length > longestSigner ? [...errors, tooLong(path, longestSigner)] : errors
}

/** CR3 */
export function isRequestPem(request: string | null): boolean {
  if (request === null || request === '') return false
  const text = new TextDecoder().decode(decodeBase64(request))
  const begin = text.indexOf(pemBegin)
  const end = begin < 0 ? -1 : text.indexOf(pemEnd, begin)
  if (end < 0 || (begin > 0 && text[begin - 1] !== '\n')) return false
  const body = text.slice(begin + pemBegin.length, end).replace(/[\r\n\t ]/g, '')
  if (body.length === 0 || body.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(body)) return false
  return isWholeSequence(decodeBase64(body))
}

/** CR3: one DER sequence that ends where its length says. */
function isWholeSequence(der: Uint8Array): boolean {
  const first = der[1] ?? 0
  const count = first < 0x80 ? 0 : first & 0x7f
  if (der[0] !== 0x30 || count > 4) return false
  let length = count === 0 ? first : 0
  for (let at = 0; at < count; at += 1) length = length * 256 + (der[2 + at] ?? 0)
  return der.length === 2 + count + length
}
