/**
 * Reads PKCS #10 requests and signs them with the cluster's CA. The X.509 library is loaded at the first request: few
 * clusters ever see one, and every process would pay for it.
 */
import { createPrivateKey, randomBytes, webcrypto } from 'node:crypto'
import type * as X509 from '@peculiar/x509'
import type { CertificateAuthority } from '../controllers/certificates/certificate-controllers.ts'
import type { RequestContent } from '../controllers/certificates/plan-certificate.ts'

const backdatedMs = 5 * 60_000

const extendedUsages: Readonly<Record<string, string>> = {
  'server auth': '1.3.6.1.5.5.7.3.1', 'client auth': '1.3.6.1.5.5.7.3.2', 'code signing': '1.3.6.1.5.5.7.3.3', 'email protection': '1.3.6.1.5.5.7.3.4', 'timestamping': '1.3.6.1.5.5.7.3.8', 'ocsp signing': '1.3.6.1.5.5.7.3.9',
}
const keyUsageBits: Readonly<Record<string, number>> = { 'signing': 1, 'digital signature': 1, 'content commitment': 2, 'key encipherment': 4, 'data encipherment': 8, 'key agreement': 16, 'cert sign': 32, 'crl sign': 64 }

export function createCertificateAuthority({ cert, key, durationMs }: { readonly cert: string; readonly key: string; readonly durationMs: number }): CertificateAuthority {
  let loading: Promise<typeof X509> | undefined
  const load = (): Promise<typeof X509> => (loading ??= (async () => {
    await import('reflect-metadata')
    const x509 = await import('@peculiar/x509')
    x509.cryptoProvider.set(webcrypto as never)
    return x509
  })())
  const read = async (request: string): Promise<X509.Pkcs10CertificateRequest> => new (await load()).Pkcs10CertificateRequest(Buffer.from(request, 'base64').toString('utf8'))
  return {
    longestSeconds: Math.floor(durationMs / 1_000),
    async readRequest(text): Promise<RequestContent> {
      const x509 = await load()
      const request = await read(text)
      const names = request.extensions.find(extension => extension instanceof x509.SubjectAlternativeNameExtension)?.names.items ?? []
      return {
        commonName: request.subjectName.getField('CN')[0] ?? '', organizations: request.subjectName.getField('O'),
        dnsNames: names.filter(({ type }) => type === 'dns').map(({ value }) => value), addresses: names.filter(({ type }) => type === 'ip').map(({ value }) => value),
        others: names.filter(({ type }) => type !== 'dns' && type !== 'ip').length,
      }
    },
    async sign(text, { usages, lifeSeconds }) {
      const x509 = await load()
      const request = await read(text)
      if (!(await request.verify())) throw new Error('the request is not signed by its own key')
      const authority = new x509.X509Certificate(cert)
      const { signingKey, signingAlgorithm } = await importKey(key)
      const names = request.extensions.find(extension => extension instanceof x509.SubjectAlternativeNameExtension)
      const bits = usages.reduce((sum, usage) => sum | (keyUsageBits[usage] ?? 0), 0)
      const extended = usages.map(usage => extendedUsages[usage]).filter(oid => oid !== undefined)
      const notAfter = Math.min(Date.now() + lifeSeconds * 1_000, authority.notAfter.getTime())
      const certificate = await x509.X509CertificateGenerator.create({
        serialNumber: randomBytes(16).toString('hex').replace(/^[89a-f]/, '7'), subject: request.subject, issuer: authority.subject,
        notBefore: new Date(Date.now() - backdatedMs), notAfter: new Date(notAfter), signingAlgorithm, publicKey: request.publicKey, signingKey,
        extensions: [
          new x509.BasicConstraintsExtension(false, undefined, true), ...(bits === 0 ? [] : [new x509.KeyUsagesExtension(bits, true)]), ...(extended.length === 0 ? [] : [new x509.ExtendedKeyUsageExtension(extended)]),
          await x509.AuthorityKeyIdentifierExtension.create(authority), ...(names === undefined ? [] : [names]),
        ],
      })
      return Buffer.from(`${certificate.toString('pem')}\n`).toString('base64')
    },
  }
}

async function importKey(pem: string): Promise<{ signingKey: never; signingAlgorithm: never }> {
  const key = createPrivateKey(pem)
  const algorithm = key.asymmetricKeyType === 'rsa'
    ? { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
    : { name: 'ECDSA', namedCurve: key.asymmetricKeyDetails?.namedCurve === 'secp384r1' ? 'P-384' : 'P-256', hash: 'SHA-256' }
  const signingKey = await webcrypto.subtle.importKey('pkcs8', key.export({ type: 'pkcs8', format: 'der' }), algorithm, false, ['sign'])
  return { signingKey: signingKey as never, signingAlgorithm: algorithm as never }
}
