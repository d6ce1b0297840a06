/**
 * The keys of service account tokens: one to sign with, several to check with, told apart by their ids.
 * Upstream: pkg/serviceaccount/{jwt,openidmetadata}.go.
 *
 *   KY1  kid is base64url(SHA-256(public key as SPKI DER)), so that several keys can be told apart and found in the JWKS.
 *   KY2  RSA signs RS256; the curve of an elliptic key decides among ES256, ES384 and ES512; nothing else is a key here.
 *   KY3  A file may hold several keys, public or private; of a private one only the public half checks.
 */
import { createHash, createPrivateKey, createPublicKey } from 'node:crypto'
import type { KeyObject } from 'node:crypto'

export interface CheckingKey {
  readonly id: string
  readonly algorithm: string
  readonly key: KeyObject
}

export class TokenKeySet {
  readonly #byId = new Map<string, CheckingKey>()

  constructor(keys: readonly KeyObject[]) {
    for (const key of keys) this.#byId.set(keyId(key), { id: keyId(key), algorithm: algorithmOf(key), key })
  }

  /** Every key that may have made a signature: the one of that id, or all when a token names none. */
  keysFor(id: string | undefined): readonly CheckingKey[] {
    if (id === undefined || id === '') return [...this.#byId.values()]
    const found = this.#byId.get(id)
    return found === undefined ? [] : [found]
  }

  get algorithms(): readonly string[] {
    return [...new Set([...this.#byId.values()].map(({ algorithm }) => algorithm))].sort()
  }

  /** As a JSON Web Key Set. */
  jwks(): { keys: object[] } {
    return { keys: [...this.#byId.values()].map(({ id, algorithm, key }) => ({ use: 'sig', kid: id, alg: algorithm, ...key.export({ format: 'jwk' }) })) }
  }
}

/** KY1 */
export function keyId(key: KeyObject): string {
  return createHash('sha256').update(key.export({ type: 'spki', format: 'der' })).digest('base64url')
}

/** KY2 */
export function algorithmOf(key: KeyObject): string {
  if (key.asymmetricKeyType === 'rsa') return 'RS256'
  const curve = key.asymmetricKeyType === 'ec' ? key.asymmetricKeyDetails?.namedCurve : undefined
  const algorithm = { prime256v1: 'ES256', secp384r1: 'ES384', secp521r1: 'ES512' }[curve ?? '']
  if (algorithm === undefined) throw new Error('service account keys are RSA, or ECDSA on P-256, P-384 or P-521')
  return algorithm
}

/** KY3 */
export function readCheckingKeys(pem: string, file: string): KeyObject[] {
  const blocks = [...pem.matchAll(/-----BEGIN ([A-Z ]+)-----[\s\S]+?-----END \1-----/g)]
  const keys = blocks.filter(([, type]) => type !== 'EC PARAMETERS').map(([block, type]) => (type!.includes('PRIVATE') ? createPublicKey(createPrivateKey(block) as never) : createPublicKey(block)))
  if (keys.length === 0) throw new Error(`${file} does not contain a valid RSA or ECDSA key`)
  for (const key of keys) algorithmOf(key)
  return keys
}
