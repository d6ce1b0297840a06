import { createHash, timingSafeEqual } from 'node:crypto'
import ssh2 from 'ssh2'

export interface SshKeyPair {
  /** OpenSSH's PEM form. */
  readonly privateKey: string
  /** "ssh-ed25519 AAAA… comment" */
  readonly publicKey: string
}

export function generateSshKeyPair(comment: string): SshKeyPair {
  const pair = ssh2.utils.generateKeyPairSync('ed25519', { comment })
  return { privateKey: pair.private, publicKey: pair.public }
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
