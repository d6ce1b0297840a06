/** Certificates of a throw-away cluster, made in memory: a CA, and whatever is signed by it. */
import 'reflect-metadata' // before x509, whose injector needs it
import { generateKeyPairSync, webcrypto } from 'node:crypto'
import * as x509 from '@peculiar/x509'

x509.cryptoProvider.set(webcrypto as never)

export interface CertifiedKey {
  readonly cert: string
  readonly key: string
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const dayMs = 24 * 3600 * 1000

export interface TestAuthority {
  readonly cert: string
  sign(subject: { commonName: string; organizations?: readonly string[]; dns?: readonly string[]; ips?: readonly string[] }): Promise<CertifiedKey>
}

export async function createTestAuthority(name: string): Promise<TestAuthority> {
  const keys = (await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair
  const now = Date.now()
  const dates = { notBefore: new Date(now - dayMs), notAfter: new Date(now + dayMs) }
  const authority = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: '01', name: `CN=${name}`, ...dates, signingAlgorithm: algorithm, keys: keys as never,
    extensions: [new x509.BasicConstraintsExtension(true, undefined, true), new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.digitalSignature, true)],
  })
  let serial = 1
  return {
    cert: authority.toString('pem'),
    async sign({ commonName, organizations = [], dns = [], ips = [] }) {
      const own = (await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair
      serial += 1
      const names = [...dns.map(value => ({ type: 'dns' as const, value })), ...ips.map(value => ({ type: 'ip' as const, value }))]
      const certificate = await x509.X509CertificateGenerator.create({
        serialNumber: serial.toString(16).padStart(2, '0'),
        subject: new x509.Name([...organizations.map(organization => ({ O: [organization] })), { CN: [commonName] }]).toString(),
        issuer: authority.subject, ...dates, signingAlgorithm: algorithm, publicKey: own.publicKey as never, signingKey: keys.privateKey as never,
        extensions: names.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension(names)],
      })
      const key = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', own.privateKey)).toString('base64')
      return { cert: certificate.toString('pem'), key: `-----BEGIN PRIVATE KEY-----\n${key.match(/.{1,64}/g)!.join('\n')}\n-----END PRIVATE KEY-----\n` }
    },
  }
}

/** A signed PKCS#10 request as PEM; the name as "CN=jane, O=dev". */
export async function createCertificateRequest(name: string): Promise<string> {
  const keys = (await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair
  return (await x509.Pkcs10CertificateRequestGenerator.create({ name, keys: keys as never, signingAlgorithm: algorithm })).toString('pem')
}

/** RSA, as service account tokens are signed with. */
export function createTokenKeys(): { privateKey: string; publicKey: string } {
  return generateKeyPairSync('rsa', { modulusLength: 2048, publicKeyEncoding: { type: 'spki', format: 'pem' }, privateKeyEncoding: { type: 'pkcs8', format: 'pem' } })
}
