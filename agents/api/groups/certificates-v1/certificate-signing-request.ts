/**
 * CertificateSigningRequest.
 *
 *   CR1  username, uid, groups and extra are the requester's; the registry sets them on create and they never change.
 *   CR3  The request is PEM that holds one whole DER sequence; what is in it is the signer's to read.
 *   CR2  Conditions change through approval (Approved, Denied) and status (Failed, certificate); a certificate never changes.
 */
import { defineKind } from '../../define-kind.ts'
import { invalid, notSupported, required, type FieldError } from '../../field-error.ts'
import { ageCell, humanDuration } from '../../printing.ts'
import { certificateSigningRequests } from '../../resources.ts'
import { decodeBase64 } from '../../schema/base64.ts'
import { semanticallyEqual } from '../../schema/clone.ts'
import { immutable } from '../../validation/metadata.ts'
import { isAnyName } from '../../validation/names.ts'
import type { CertificateSigningRequest } from './types.ts'

const usages = [
  'any', 'cert sign', 'client auth', 'code signing', 'content commitment', 'crl sign', 'data encipherment', 'decipher only', 'digital signature', 'email protection', 'encipher only',
  'ipsec end system', 'ipsec tunnel', 'ipsec user', 'key agreement', 'key encipherment', 'microsoft sgc', 'netscape sgc', 'ocsp signing', 's/mime', 'server auth', 'signing', 'timestamping',
]

export const certificateSigningRequest = defineKind<CertificateSigningRequest>(certificateSigningRequests, {
  nameRule: isAnyName,
  printer: 'printCertificateSigningRequest',
  validate: ({ spec }) => validateSpec(spec),
  prepareForUpdate(object, old) {
    object.spec = old.spec // CR1: what is sent is ignored
  },
  validateUpdateIsComplete: true,
  validateUpdate: (object, old) => immutable(object.spec, old.spec, 'spec', semanticallyEqual), // CR1
  validateStatusUpdate: (object, old) => {
    const was = old.status.certificate
    const now = object.status.certificate
    if (was !== undefined && was !== now) return [invalid('status.certificate', '<certificate data>', 'updates may not set new certificate data')]
    return now === undefined || now === '' || now === was || holdsCertificate(now) ? [] : [invalid('status.certificate', '<certificate data>', 'must contain at least one CERTIFICATE PEM block')]
  },
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

function validateSpec(spec: CertificateSigningRequest['spec']): FieldError[] {
  const errors: FieldError[] = []
  if (!isPemRequest(spec.request as string | null)) errors.push(invalid('spec.request', '<certificate request data>', 'PEM block type must be CERTIFICATE REQUEST'))
  if ((spec.usages ?? []).length === 0) errors.push(required('spec.usages'))
  spec.usages?.forEach((usage, index) => {
    if (!usages.includes(usage)) errors.push(notSupported(`spec.usages[${index}]`, usage, usages))
  })
  if (spec.signerName === '') errors.push(required('spec.signerName'))
  else if (!/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?\.[a-z0-9.-]+\/[^/].*$/.test(spec.signerName)) errors.push(invalid('spec.signerName', spec.signerName, "must be a fully qualified domain and path of the form 'example.com/signer-name'"))
  if (spec.expirationSeconds !== undefined && spec.expirationSeconds < 600) errors.push(invalid('spec.expirationSeconds', spec.expirationSeconds, 'may not specify a duration less than 600 seconds (10 minutes)'))
  return errors
}

const pemBegin = '-----BEGIN CERTIFICATE REQUEST-----'
const pemEnd = '-----END CERTIFICATE REQUEST-----'
function holdsCertificate(encoded: string): boolean {
  return new TextDecoder().decode(decodeBase64(encoded)).includes('-----BEGIN CERTIFICATE-----')
}

function isPemRequest(request: string | null): boolean {
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
