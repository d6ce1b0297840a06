/**
 * One resource's providers in order: the first writes, all read. Upstream: apiserver/pkg/storage/value/transformer.go.
 *
 *   VT1  A value begins with its provider and key, "k8s:enc:aescbc:v1:<key>:", or with neither (identity).
 *   VT2  Every provider and key whose prefix fits is tried, for two may have one name while keys are exchanged.
 *   VT3  What the first provider's first key would not have written is stale.
 *   VT4  The identity provider does not read what is encrypted.
 */
import { ValueNotReadableError } from '../storage/storage.ts'
import type { ValueCipher } from './value-ciphers.ts'

export interface ValueKey {
  /** Empty for identity. */
  readonly prefix: Buffer
  readonly cipher: ValueCipher | undefined
}

export interface OpenedValue {
  readonly value: Uint8Array
  readonly isStale: boolean
}

const encryptedMark = Buffer.from('k8s:enc:')

export class ValueTransformer {
  readonly #keys: readonly ValueKey[]

  constructor(keys: readonly ValueKey[]) {
    this.#keys = keys
  }

  seal(value: Uint8Array, storageKey: string): Uint8Array {
    const { prefix, cipher } = this.#keys[0]!
    return cipher === undefined ? value : Buffer.concat([prefix, cipher.seal(value, storageKey)])
  }

  open(stored: Uint8Array, storageKey: string): OpenedValue {
    const failures: string[] = []
    for (const [index, { prefix, cipher }] of this.#keys.entries()) {
      if (cipher === undefined) {
        if (!isEncrypted(stored)) return { value: stored, isStale: index !== 0 }
        continue // VT4
      }
      if (!startsWith(stored, prefix)) continue
      try {
        return { value: cipher.open(stored.subarray(prefix.length), storageKey), isStale: index !== 0 } // VT3
      } catch (error) {
        failures.push(error instanceof Error ? error.message : String(error)) // VT2
      }
    }
    throw new ValueNotReadableError(`unable to transform key ${JSON.stringify(storageKey)}: ${failures.length === 0 ? 'no matching prefix found' : [...new Set(failures)].join(', ')}`)
  }
}

/** For resources that are not in the configuration. */
export const plainValues = new ValueTransformer([{ prefix: Buffer.alloc(0), cipher: undefined }])

/** JSON begins with a brace, so the first byte nearly always decides. */
function isEncrypted(stored: Uint8Array): boolean {
  return stored[0] === encryptedMark[0] && startsWith(stored, encryptedMark)
}

function startsWith(bytes: Uint8Array, prefix: Buffer): boolean {
  if (bytes.length < prefix.length) return false
  for (let at = 0; at < prefix.length; at++) if (bytes[at] !== prefix[at]) return false
  return true
}
