import ssh2 from 'ssh2'
import { expect, test } from 'vitest'
import { generateSshKeyPair, isSameKey, publicKeyBytes } from './ssh-keys.ts'

test('every key pair can be read, also those whose public key begins with a zero byte', () => {
  for (let round = 0; round < 2_000; round++) {
    const { privateKey, publicKey } = generateSshKeyPair('node-1')
    const read = ssh2.utils.parseKey(privateKey)
    if (read instanceof Error) throw read
    expect(isSameKey(publicKey, read.getPublicSSH())).toBe(true)
    expect(publicKeyBytes(publicKey)).toHaveLength(4 + 'ssh-ed25519'.length + 4 + 32)
  }
})
