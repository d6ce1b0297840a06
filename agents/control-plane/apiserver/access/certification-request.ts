/**
 * Certificate signing requests (PKCS#10 as PEM) as they come in an object.
 *
 *   CQ1  One PEM block of the right type; anything else is refused in upstream's words.
 *   CQ2  The request is signed with the key it asks a certificate for, so that nobody gets one for another's key.
 */
import { createPublicKey, verify } from 'node:crypto'
import { DerError, readCertificationRequest, readSignature } from './distinguished-name.ts'

const hashes: Readonly<Record<string, string | null>> = {
  '1.2.840.113549.1.1.11': 'sha256', '1.2.840.113549.1.1.12': 'sha384', '1.2.840.113549.1.1.13': 'sha512',
  '1.2.840.10045.4.3.2': 'sha256', '1.2.840.10045.4.3.3': 'sha384', '1.2.840.10045.4.3.4': 'sha512', '1.3.101.112': null,
}

const begin = '-----BEGIN CERTIFICATE REQUEST-----'
const end = '-----END CERTIFICATE REQUEST-----'

/** CQ1 */
export function readRequestPem(base64: string): Uint8Array {
  const text = Buffer.from(base64, 'base64').toString('latin1')
  const from = text.indexOf(begin)
  const to = from < 0 ? -1 : text.indexOf(end, from)
  if (to < 0) throw new Error('PEM block type must be CERTIFICATE REQUEST')
  return Buffer.from(text.slice(from + begin.length, to).replaceAll(/[\r\n\t ]/g, ''), 'base64')
}

/** CQ2 */
export function checkRequestSignature(base64: string): void {
  const der = readRequestPem(base64)
  try {
    readCertificationRequest(der)
    const { signed, key, algorithm, signature } = readSignature(der)
    const hash = hashes[algorithm]
    if (hash === undefined) throw new Error('x509: cannot verify signature: algorithm unimplemented')
    if (!verify(hash, signed, createPublicKey({ key: Buffer.from(key), format: 'der', type: 'spki' }), signature)) throw new Error('x509: certificate request signature does not match')
  } catch (error) {
    throw error instanceof DerError ? new Error('asn1: structure error: malformed certificate request') : error
  }
}

