/**
 * The subject of a certificate or of a certificate request, read from its DER bytes, because Node hands out neither
 * attributes it has no name for nor anything about requests.
 *
 *   DN1  Lengths are checked against what is there before they are believed; whatever does not fit is "not readable".
 *   DN2  Attributes keep their order, so that the last common name wins, as in Go.
 */
export interface NameAttribute {
  readonly oid: string
  readonly value: string
}

export const oids = { commonName: '2.5.4.3', organization: '2.5.4.10', uid: '1.3.6.1.4.1.57683.2', extensionRequest: '1.2.840.113549.1.9.14', subjectAltName: '2.5.29.17' } as const

interface Element {
  readonly tag: number
  readonly content: Uint8Array
  /** With its tag and length. */
  readonly whole: Uint8Array
}

export class DerError extends Error {}

/** The elements of a constructed value (DN1). */
export function readElements(bytes: Uint8Array): Element[] {
  const found: Element[] = []
  let at = 0
  while (at < bytes.length) {
    const start = at
    const tag = bytes[at]!
    let length = bytes[at + 1]
    if (length === undefined || (tag & 0x1f) === 0x1f) throw new DerError('not DER')
    at += 2
    if (length >= 0x80) {
      const count = length & 0x7f
      if (count === 0 || count > 4 || at + count > bytes.length) throw new DerError('not DER')
      length = 0
      for (let index = 0; index < count; index++) length = length * 256 + bytes[at + index]!
      at += count
    }
    if (at + length > bytes.length) throw new DerError('not DER')
    found.push({ tag, content: bytes.subarray(at, at + length), whole: bytes.subarray(start, at + length) })
    at += length
  }
  return found
}

/** Subject of an X.509 certificate. */
export function subjectOfCertificate(der: Uint8Array): NameAttribute[] {
  const body = readElements(inside(readElements(inside(readElements(der)[0]))[0]))
  const skipped = body[0]?.tag === 0xa0 ? 1 : 0 // an explicit version
  return readName(inside(body[skipped + 4]))
}

export interface CertificationRequest {
  readonly subject: readonly NameAttribute[]
  readonly dnsNames: readonly string[]
  readonly ipAddresses: readonly string[]
  readonly emailAddresses: readonly string[]
  readonly uris: readonly string[]
}

/** A PKCS#10 request. */
export function readCertificationRequest(der: Uint8Array): CertificationRequest {
  const outer = readElements(der)
  if (outer.length !== 1) throw new DerError('trailing data')
  const info = readElements(inside(readElements(inside(outer[0]))[0]))
  const names = { dnsNames: [] as string[], ipAddresses: [] as string[], emailAddresses: [] as string[], uris: [] as string[] }
  const attributes = info.find(element => element.tag === 0xa0)
  for (const attribute of attributes === undefined ? [] : readElements(attributes.content)) {
    const [type, values] = readElements(attribute.content)
    if (type === undefined || values === undefined || readOid(type.content) !== oids.extensionRequest) continue
    for (const extension of readElements(inside(readElements(values.content)[0]))) {
      const parts = readElements(extension.content)
      if (readOid(inside(parts[0])) === oids.subjectAltName) readAltNames(inside(parts.at(-1)), names)
    }
  }
  return { subject: readName(inside(info[1])), ...names }
}

export interface RequestSignature {
  readonly signed: Uint8Array
  /** SubjectPublicKeyInfo. */
  readonly key: Uint8Array
  readonly algorithm: string
  readonly signature: Uint8Array
}

/** What a PKCS#10 request is signed with, and over what. */
export function readSignature(der: Uint8Array): RequestSignature {
  const [info, algorithm, signature] = readElements(inside(readElements(der)[0]))
  const key = readElements(inside(info))[2]
  if (key === undefined || signature?.tag !== 0x03) throw new DerError('not DER')
  return { signed: info!.whole, key: key.whole, algorithm: readOid(inside(readElements(inside(algorithm))[0])), signature: signature.content.subarray(1) }
}

export function valuesOf(name: readonly NameAttribute[], oid: string): string[] {
  return name.filter(attribute => attribute.oid === oid).map(attribute => attribute.value)
}

function readAltNames(bytes: Uint8Array, names: { dnsNames: string[]; ipAddresses: string[]; emailAddresses: string[]; uris: string[] }): void {
  for (const { tag, content } of readElements(inside(readElements(bytes)[0]))) {
    if (tag === 0x81) names.emailAddresses.push(latin(content))
    else if (tag === 0x82) names.dnsNames.push(latin(content))
    else if (tag === 0x86) names.uris.push(latin(content))
    else if (tag === 0x87) names.ipAddresses.push([...content].join('.'))
  }
}

function readName(bytes: Uint8Array): NameAttribute[] {
  return readElements(bytes).flatMap(set => readElements(set.content).map(pair => {
    const [type, value] = readElements(pair.content)
    return { oid: readOid(inside(type)), value: readText(value) }
  }))
}

function readText(element: Element | undefined): string {
  if (element === undefined) throw new DerError('not DER')
  if (element.tag === 0x1e) return new TextDecoder('utf-16be').decode(element.content)
  return element.tag === 0x14 ? latin(element.content) : new TextDecoder().decode(element.content)
}

function latin(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
}

function readOid(bytes: Uint8Array): string {
  const numbers: number[] = []
  let value = 0
  for (const byte of bytes) {
    value = value * 128 + (byte & 0x7f)
    if ((byte & 0x80) !== 0) continue
    if (numbers.length === 0) numbers.push(Math.min(2, Math.floor(value / 40)), value - 40 * Math.min(2, Math.floor(value / 40)))
    else numbers.push(value)
    value = 0
  }
  return numbers.join('.')
}

function inside(element: Element | undefined): Uint8Array {
  if (element === undefined) throw new DerError('not DER')
  return element.content
}
