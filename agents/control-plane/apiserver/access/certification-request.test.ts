import { X509Certificate } from 'node:crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import { createCertificateRequest, createTestAuthority } from '../../../../test/integration/test-pki.ts'
import { seededRandom } from '../../../base/random.ts'
import { checkRequestSignature, readRequestPem } from './certification-request.ts'
import { DerError, oids, readCertificationRequest, subjectOfCertificate, valuesOf } from './distinguished-name.ts'

const base64 = (text: string) => Buffer.from(text).toString('base64')
const pemOf = (der: Uint8Array) => `-----BEGIN CERTIFICATE REQUEST-----\n${Buffer.from(der).toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`
let pem: string

beforeAll(async () => {
  pem = await createCertificateRequest('O=system:nodes, CN=system:node:n1')
})

describe('certificate requests', () => {
  test('DN2 the subject is read with its attributes in order', () => {
    const { subject } = readCertificationRequest(readRequestPem(base64(pem)))
    expect([valuesOf(subject, oids.organization), valuesOf(subject, oids.commonName)]).toEqual([['system:nodes'], ['system:node:n1']])
    expect(checkRequestSignature(base64(pem))).toBeUndefined()
  })

  test('CQ1 anything but one PEM block of the type is refused', () => {
    for (const text of ['', 'x', '-----BEGIN CERTIFICATE REQUEST-----', pem.replaceAll('CERTIFICATE REQUEST', 'CERTIFICATE'), pem.replaceAll('CERTIFICATE REQUEST', 'NEW CERTIFICATE REQUEST')]) expect(() => readRequestPem(base64(text))).toThrow('PEM block type must be CERTIFICATE REQUEST')
  })

  test('CQ2 a request that its key has not signed is refused', () => {
    const der = Buffer.from(readRequestPem(base64(pem)))
    const at = der.indexOf('system:node:n1')
    der.write('system:node:n2', at)
    expect(() => { checkRequestSignature(base64(pemOf(der))) }).toThrow('x509: certificate request signature does not match')
  })

  test('DN1 bytes that are not DER end in an error, never in anything else', () => {
    const random = seededRandom(7)
    const der = readRequestPem(base64(pem))
    for (let round = 0; round < 3_000; round++) {
      const broken = Uint8Array.from(der)
      for (let change = 0; change < 3; change++) broken[Math.floor(random.next() * broken.length)] = Math.floor(random.next() * 256)
      const cut = broken.subarray(0, Math.floor(random.next() * (broken.length + 1)))
      for (const bytes of [broken, cut]) {
        try {
          readCertificationRequest(bytes)
        } catch (error) {
          expect(error).toBeInstanceOf(DerError)
        }
      }
    }
  })

  test('DN2 the subject of a certificate, with a comma inside', async () => {
    const authority = await createTestAuthority('ca')
    const { cert } = await authority.sign({ commonName: 'jane', organizations: ['a, b', 'c'] })
    const subject = subjectOfCertificate(new X509Certificate(cert).raw)
    expect([valuesOf(subject, oids.commonName), valuesOf(subject, oids.organization)]).toEqual([['jane'], ['a, b', 'c']])
  })
})
