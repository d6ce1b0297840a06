import { createHash, timingSafeEqual } from 'node:crypto'
import ssh2 from 'ssh2'

export interface SshKeyPair {
  /** OpenSSH's PEM form. */
  readonly privateKey: string
  /** "ssh-ed25519 AAAA… comment" */
  readonly publicKey: string
}

/** ssh2 1.17 leaves out the first byte of a public key when it is zero: one pair in 256, which no SSH program reads. */
export function generateSshKeyPair(comment: string): SshKeyPair {
  for (;;) {
    const pair = ssh2.utils.generateKeyPairSync('ed25519', { comment })
    if (isReadable(pair.private) && isReadable(pair.public)) return { privateKey: pair.private, publicKey: pair.public }
  }
}

function isReadable(key: string): boolean {
  return !(ssh2.utils.parseKey(key) instanceof Error)
}

/** The wire form of "ssh-ed25519 AAAA… comment". */
export function publicKeyBytes(publicKey: string): Buffer {
  return Buffer.from(publicKey.trim().split(/\s+/)[1] ?? '', 'base64')
}

export function isSameKey(publicKey: string, presented: Buffer): boolean {
  const pinned = publicKeyBytes(publicKey)
  return pinned.length > 0 && pinned.length === presented.length && timingSafeEqual(pinned, presented)
}

/** As ssh-keygen -l prints it. */
export function fingerprint(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`
}
