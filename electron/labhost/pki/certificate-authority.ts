/**
 * Certificates of a lab: EC P-256 keys, X.509 v3, PEM text in and out. No files here; see lab-pki.ts.
 *
 * Certificates are valid from an hour before now, because the clock of a machine that has just been restored may be
 * behind, and for as long as the caller says.
 */
import 'reflect-metadata'
import { X509Certificate, createPrivateKey, generateKeyPair as generateKeyPairCallback, randomBytes, webcrypto } from 'node:crypto'
import { isIP } from 'node:net'
import { promisify } from 'node:util'
import * as x509 from '@peculiar/x509'

const generateKeyPair = promisify(generateKeyPairCallback)
const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
const day = 24 * 3_600_000

x509.cryptoProvider.set(webcrypto)

export interface KeyAndCertificate {
  readonly key: string
  readonly certificate: string
}

export interface LeafRequest {
  readonly commonName: string
  readonly organizations?: readonly string[]
  /** DNS names and IP addresses; present for server certificates. */
  readonly hosts?: readonly string[]
  readonly usages: readonly ('server' | 'client')[]
}

export async function createAuthority(commonName: string, nowMs: number, days = 3650): Promise<KeyAndCertificate> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: nameOf(commonName, []),
    notBefore: new Date(nowMs - 3_600_000),
    notAfter: new Date(nowMs + days * day),
    signingAlgorithm: algorithm,
    keys: keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyEncipherment, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  return { key: await privateKeyText(keys.privateKey), certificate: pem(certificate) }
}

export async function issueLeaf(authority: KeyAndCertificate, request: LeafRequest, nowMs: number, days = 365): Promise<KeyAndCertificate> {
  const issuer = new x509.X509Certificate(authority.certificate)
  const issuerKey = await importPrivateKey(authority.key)
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const usages = request.usages.map(usage => (usage === 'server' ? x509.ExtendedKeyUsage.serverAuth : x509.ExtendedKeyUsage.clientAuth))
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: nameOf(request.commonName, request.organizations ?? []),
    issuer: issuer.subjectName.toJSON(),
    notBefore: new Date(nowMs - 3_600_000),
    notAfter: new Date(Math.min(nowMs + days * day, issuer.notAfter.getTime())),
    signingAlgorithm: algorithm,
    publicKey: keys.publicKey,
    signingKey: issuerKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyEncipherment, true),
      new x509.ExtendedKeyUsageExtension(usages),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
      ...((request.hosts ?? []).length === 0
        ? []
        : [new x509.SubjectAlternativeNameExtension(request.hosts!.map(host => ({ type: isIP(host) === 0 ? ('dns' as const) : ('ip' as const), value: host })))]),
    ],
  })
  return { key: await privateKeyText(keys.privateKey), certificate: pem(certificate) }
}

/** RSA pair that signs service account tokens (RS256), as PKCS#8 and SPKI. */
export async function createSigningPair(): Promise<{ readonly privateKey: string; readonly publicKey: string }> {
  return generateKeyPair('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  })
}

/**
 * Whether a certificate on disk still answers the request: issued by this authority, key and names as asked, and not
 * ending within `renewBeforeMs`.
 */
export function answersRequest(held: KeyAndCertificate, authority: KeyAndCertificate, request: LeafRequest, nowMs: number, renewBeforeMs = 30 * day): boolean {
  try {
    const certificate = new X509Certificate(held.certificate)
    const issuer = new X509Certificate(authority.certificate)
    if (!certificate.checkIssued(issuer) || !certificate.verify(issuer.publicKey)) return false
    if (!certificate.checkPrivateKey(createPrivateKey(held.key))) return false
    if (Date.parse(certificate.validTo) - nowMs < renewBeforeMs) return false
    const wantedSubject = [...(request.organizations ?? []).map(organization => `O=${organization}`), `CN=${request.commonName}`].sort().join('\n')
    if ((certificate.subject ?? '').split('\n').sort().join('\n') !== wantedSubject) return false
    const heldHosts = (certificate.subjectAltName ?? '').split(', ').filter(entry => entry !== '').map(entry => entry.slice(entry.indexOf(':') + 1)).sort().join()
    return heldHosts === [...(request.hosts ?? [])].sort().join()
  } catch {
    return false
  }
}

function nameOf(commonName: string, organizations: readonly string[]): x509.JsonName {
  return [...organizations.map(organization => ({ O: [organization] })), { CN: [commonName] }]
}

/** 16 octets, positive, unpredictable. */
function serialNumber(): string {
  const bytes = randomBytes(16)
  bytes[0] = (bytes[0]! & 0x7f) | 0x40
  return bytes.toString('hex')
}

function pem(certificate: x509.X509Certificate): string {
  return `${certificate.toString('pem').trim()}\n`
}

async function privateKeyText(key: webcrypto.CryptoKey): Promise<string> {
  const bytes = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key))
  return `-----BEGIN PRIVATE KEY-----\n${bytes.toString('base64').replace(/(.{64})(?!$)/g, '$1\n')}\n-----END PRIVATE KEY-----\n`
}

async function importPrivateKey(text: string): Promise<webcrypto.CryptoKey> {
  const bytes = createPrivateKey(text).export({ type: 'pkcs8', format: 'der' })
  return webcrypto.subtle.importKey('pkcs8', bytes as unknown as ArrayBuffer, algorithm, false, ['sign'])
}
