/** A CA with a server and a client certificate, for one test. */
import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import * as x509 from '@peculiar/x509'

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }

export interface Pem {
  readonly cert: string
  readonly key: string
}

export async function makeCertificates(): Promise<{ ca: string; server: Pem; client: Pem }> {
  x509.cryptoProvider.set(webcrypto as never)
  const caKeys = await newKeys()
  const lasting = { notBefore: new Date(Date.now() - 60_000), notAfter: new Date(Date.now() + 3_600_000) }
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: '01', name: 'CN=test-ca', ...lasting, signingAlgorithm: algorithm, keys: caKeys as never,
    extensions: [new x509.BasicConstraintsExtension(true, 1, true), new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true)],
  })
  const issue = async (name: string, serialNumber: string, usage: x509.ExtendedKeyUsage): Promise<Pem> => {
    const keys = await newKeys()
    const cert = await x509.X509CertificateGenerator.create({
      serialNumber, subject: `CN=${name}`, issuer: ca.subject, ...lasting, signingAlgorithm: algorithm, publicKey: keys.publicKey as never, signingKey: caKeys.privateKey as never,
      extensions: [new x509.ExtendedKeyUsageExtension([usage]), new x509.SubjectAlternativeNameExtension([{ type: 'ip', value: '127.0.0.1' }, { type: 'dns', value: 'localhost' }])],
    })
    const key = x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY')
    return { cert: cert.toString('pem'), key }
  }
  return { ca: ca.toString('pem'), server: await issue('etcd', '02', x509.ExtendedKeyUsage.serverAuth), client: await issue('kube-apiserver', '03', x509.ExtendedKeyUsage.clientAuth) }
}

async function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
}
