import { createHash, createPrivateKey, createPublicKey, sign } from 'node:crypto'

/** Signs claims as a JWT: RS256 or ES256, by the kind of the key. Its key id is upstream's: the hash of the public key. */
export function tokenSigner(privateKeyPem: string | undefined): ((claims: Readonly<Record<string, string>>) => string) | undefined {
  if (privateKeyPem === undefined) return undefined
  const key = createPrivateKey(privateKeyPem)
  const isRsa = key.asymmetricKeyType === 'rsa'
  const kid = createHash('sha256').update(createPublicKey(key).export({ type: 'spki', format: 'der' })).digest('base64url')
  const header = base64url({ alg: isRsa ? 'RS256' : 'ES256', kid })
  return claims => {
    const text = `${header}.${base64url(claims)}`
    return `${text}.${sign('sha256', Buffer.from(text), isRsa ? key : { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
  }
}

function base64url(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
