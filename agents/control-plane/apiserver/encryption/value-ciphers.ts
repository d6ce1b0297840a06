/**
 * How a value lies in the store when it is encrypted: the formats of upstream's providers, byte for byte.
 * Upstream: apiserver/pkg/storage/value/encrypt.
 *
 *   aescbc     16 bytes IV, then AES-CBC with PKCS #7 padding
 *   aesgcm     12 bytes nonce, then AES-GCM with its 16 byte tag; the storage key is authenticated too
 *   secretbox  24 bytes nonce, then XSalsa20-Poly1305
 *
 *   VC1  IVs and nonces are random and never reused on purpose.
 *   VC2  With aesgcm a value copied to another key does not open.
 *   VC3  What cannot be opened is an error; nothing of it is given out.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import nacl from 'tweetnacl'

export interface ValueCipher {
  seal(plain: Uint8Array, storageKey: string): Buffer
  /** Throws when the value was not sealed with this key (VC3). */
  open(sealed: Uint8Array, storageKey: string): Buffer
}

const blockBytes = 16
const nonceBytes = 12
const tagBytes = 16

export function cbcCipher(key: Uint8Array): ValueCipher {
  const algorithm = `aes-${key.length * 8}-cbc`
  return {
    seal(plain) {
      const iv = randomBytes(blockBytes)
      const cipher = createCipheriv(algorithm, key, iv)
      return Buffer.concat([iv, cipher.update(plain), cipher.final()])
    },
    open(sealed) {
      if (sealed.length < blockBytes) throw new Error('the stored data was shorter than the required size')
      const body = sealed.subarray(blockBytes)
      if (body.length % blockBytes !== 0) throw new Error('the stored data is not a multiple of the block size')
      if (body.length === 0) throw new Error('invalid PKCS7 data (empty or not padded)')
      const cipher = createDecipheriv(algorithm, key, sealed.subarray(0, blockBytes))
      try {
        return Buffer.concat([cipher.update(body), cipher.final()])
      } catch {
        throw new Error('invalid padding on input')
      }
    },
  }
}

export function gcmCipher(key: Uint8Array): ValueCipher {
  const algorithm = `aes-${key.length * 8}-gcm` as 'aes-256-gcm'
  return {
    seal(plain, storageKey) {
      const nonce = randomBytes(nonceBytes)
      const cipher = createCipheriv(algorithm, key, nonce)
      cipher.setAAD(Buffer.from(storageKey)) // VC2
      return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()])
    },
    open(sealed, storageKey) {
      if (sealed.length < nonceBytes + tagBytes) throw new Error('the stored data was shorter than the required size')
      const cipher = createDecipheriv(algorithm, key, sealed.subarray(0, nonceBytes), { authTagLength: tagBytes })
      cipher.setAAD(Buffer.from(storageKey))
      cipher.setAuthTag(sealed.subarray(sealed.length - tagBytes))
      try {
        return Buffer.concat([cipher.update(sealed.subarray(nonceBytes, sealed.length - tagBytes)), cipher.final()])
      } catch {
        throw new Error('cipher: message authentication failed')
      }
    },
  }
}

export function secretboxCipher(key: Uint8Array): ValueCipher {
  const { nonceLength, overheadLength } = nacl.secretbox
  return {
    seal(plain) {
      const nonce = randomBytes(nonceLength)
      return Buffer.concat([nonce, nacl.secretbox(new Uint8Array(plain), new Uint8Array(nonce), key)])
    },
    open(sealed) {
      if (sealed.length < nonceLength + overheadLength) throw new Error('the stored data was shorter than the required size')
      const plain = nacl.secretbox.open(new Uint8Array(sealed.subarray(nonceLength)), new Uint8Array(sealed.subarray(0, nonceLength)), key) as Uint8Array | null | false // its typings and its code disagree
      if (plain === null || plain === false) throw new Error('cipher: message authentication failed')
      return Buffer.from(plain.buffer, plain.byteOffset, plain.byteLength)
    },
  }
}
