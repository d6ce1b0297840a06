import { describe, expect, test } from 'vitest'
import { FakeClock } from '../../../base/fake-clock.ts'
import { positionedYaml } from '../config-files/positioned-yaml.ts'
import { systemClock } from '../../../runtime/index.ts'
import { MemoryStorage } from '../storage/memory-storage.ts'
import { storageContract } from '../storage/storage.contract.ts'
import { EncryptedStorage } from './encrypted-storage.ts'
import { readEncryptionConfig } from './encryption-config.ts'
import { cbcCipher, gcmCipher, secretboxCipher } from './value-ciphers.ts'

const key = (seed: number, bytes = 32) => Buffer.from(Array.from({ length: bytes }, (_byte, at) => (at * 7 + seed) % 256))
const text = (seed: number, bytes = 32) => key(seed, bytes).toString('base64')
const read = (yaml: string) => readEncryptionConfig(positionedYaml(yaml, 'encryption.yaml'))
const config = (resources: string, providers: string) => read(`apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources:\n- resources: ${resources}\n  providers:\n${providers}`)
const provider = (name: string, keyName: string, seed: number) => `  - ${name}: {keys: [{name: ${keyName}, secret: "${text(seed)}"}]}\n`
const secretKey = '/registry/secrets/default/a'
const plain = Buffer.from('{"kind":"Secret","apiVersion":"v1","metadata":{"name":"a"}}')

const upstreamValues: readonly (readonly ['aescbc' | 'aesgcm' | 'secretbox', string])[] = [
  ['aescbc', 'd8hLatFY3luRQxxLTIH8QFcjIIxrLbL1tnyX/EAFaqFSyKk9ESPCngvZWrGu3nLo'],
  ['aesgcm', 'AFHf+Q09y+O77BDzP06JevE/Y9e/rW0rXQ3ynKNugb73HbCpra54Cw+Q+Gia'],
  ['secretbox', 'FZh6KLIItks03hFhmpmUMWJos2bkkTKwvPEy9i3aS3svFMwQRdDOdArlc51rf7oGicTS8C6Oe9hu'],
]

describe('value ciphers', () => {
  test.each([['aescbc', cbcCipher], ['aesgcm', gcmCipher], ['secretbox', secretboxCipher]] as const)('%s opens what it sealed, of every length, and nothing else', (_name, cipherOf) => {
    const cipher = cipherOf(new Uint8Array(key(1)))
    for (const length of [0, 1, 15, 16, 17, 1_000]) {
      const sealed = cipher.seal(Buffer.alloc(length, 7), secretKey)
      expect(cipher.open(sealed, secretKey)).toEqual(Buffer.alloc(length, 7))
      expect(() => cipherOf(new Uint8Array(key(2))).open(sealed, secretKey)).toThrow()
    }
    expect(cipher.seal(plain, secretKey)).not.toEqual(cipher.seal(plain, secretKey)) // VC1
    expect(() => cipher.open(Buffer.alloc(5), secretKey)).toThrow('the stored data was shorter than the required size')
  })

  test('VC2 an aesgcm value does not open under another key of the store', () => {
    const cipher = gcmCipher(new Uint8Array(key(1)))
    expect(() => cipher.open(cipher.seal(plain, secretKey), '/registry/secrets/default/b')).toThrow('cipher: message authentication failed')
  })

  // Sealed by k8s.io/apiserver v0.36.0 with the keys and the storage key of this test.
  test.each(upstreamValues)('%s: what upstream sealed is opened', (name, sealed) => {
    const cipherOf = { aescbc: cbcCipher, aesgcm: gcmCipher, secretbox: secretboxCipher }[name]
    expect(cipherOf(new Uint8Array(key(1))).open(Buffer.from(sealed, 'base64'), secretKey).toString()).toBe('{"kind":"Secret"}')
  })
})

describe('encrypted storage', () => {
  async function setUp(yaml?: ReturnType<typeof read>) {
    const inner = new MemoryStorage(new FakeClock())
    const storage = new EncryptedStorage(inner, yaml)
    const raw = async (of = secretKey) => Buffer.from((await inner.get(of)).value!.value).toString('latin1')
    return { inner, storage, raw }
  }

  test('VT1 secrets are sealed under provider and key, others are not', async () => {
    const { storage, raw } = await setUp(config('[secrets]', provider('aescbc', 'key1', 1)))
    await storage.put(secretKey, plain, 0)
    await storage.put('/registry/configmaps/default/a', plain, 0)
    expect(await raw()).toMatch(/^k8s:enc:aescbc:v1:key1:/)
    expect(await raw()).not.toContain('Secret')
    expect(await raw('/registry/configmaps/default/a')).toBe(plain.toString())
    expect((await storage.get(secretKey)).value).toMatchObject({ value: plain })
    const page = await storage.range('/registry/')
    expect(page.values.map(value => Buffer.from(value.value).toString())).toEqual([plain.toString(), plain.toString()])
    const refused = await storage.put(secretKey, plain, 0)
    expect(refused.ok ? undefined : Buffer.from(refused.current!.value)).toEqual(plain)
  })

  test('VT2, VT3: keys are exchanged without a gap; what an older one sealed is stale', async () => {
    const { inner, storage } = await setUp(config('[secrets]', provider('aescbc', 'key1', 1)))
    await storage.put(secretKey, plain, 0)
    const both = new EncryptedStorage(inner, config('[secrets]', `${provider('secretbox', 'key2', 2)}${provider('aescbc', 'key1', 9)}${provider('aescbc', 'key1', 1)}`))
    const old = (await both.get(secretKey)).value!
    expect([Buffer.from(old.value), old.isStale]).toEqual([plain, true])
    await both.put(secretKey, old.value, old.revision)
    expect((await both.get(secretKey)).value!.isStale).toBeUndefined()
    const withoutOld = new EncryptedStorage(inner, config('[secrets]', provider('secretbox', 'key2', 2)))
    expect(Buffer.from((await withoutOld.get(secretKey)).value!.value)).toEqual(plain)
  })

  test('what was not encrypted is read, and stale, while identity is still listed', async () => {
    const { inner, storage } = await setUp(config('[secrets]', `${provider('aesgcm', 'k', 1)}  - identity: {}\n`))
    await inner.put(secretKey, plain, 0)
    expect((await storage.get(secretKey)).value).toMatchObject({ isStale: true })
    expect((await new EncryptedStorage(inner, config('[secrets]', provider('aesgcm', 'k', 1))).get(secretKey)).value!.problem!.message).toBe('unable to transform key "/registry/secrets/default/a": no matching prefix found')
  })

  test('EN2, VT4: without the key a value comes up closed, with the name of its key; all others come as they are', async () => {
    const { inner, storage } = await setUp(config('[secrets]', provider('aescbc', 'k', 1)))
    const blind = new EncryptedStorage(inner)
    const seen: string[] = []
    blind.watch('', 0, { onChanges(changes) { seen.push(...changes.map(change => `${change.key} ${change.problem?.message ?? 'ok'}`)) }, onEnd() {} })
    await storage.put(secretKey, plain, 0)
    await storage.put('/registry/pods/default/a', plain, 0)
    const why = 'unable to transform key "/registry/secrets/default/a": no matching prefix found'
    expect((await blind.get(secretKey)).value!.problem!.message).toBe(why)
    expect((await blind.range('/registry/')).values.map(({ key, problem }) => [key, problem?.message])).toEqual([['/registry/pods/default/a', undefined], [secretKey, why]])
    expect(seen).toEqual([`${secretKey} ${why}`, '/registry/pods/default/a ok'])
    blind.use(config('[secrets]', provider('aescbc', 'k', 1)))
    expect(Buffer.from((await blind.get(secretKey)).value!.value)).toEqual(plain)
  })

  test('EC1, EN1: wildcards and the places of the store', async () => {
    const place = async (resources: string, of: string) => {
      const { storage, raw } = await setUp(config(resources, provider('aescbc', 'k', 1)))
      await storage.put(of, plain, 0)
      return (await raw(of)).startsWith('k8s:enc:')
    }
    expect(await place('["*."]', '/registry/services/specs/default/a')).toBe(true)
    expect(await place('["*."]', '/registry/deployments/default/a')).toBe(false)
    expect(await place('["*.apps"]', '/registry/deployments/default/a')).toBe(true)
    expect(await place('[deployments.apps]', '/registry/deployments/default/a')).toBe(true)
    expect(await place('[widgets.example.com]', '/registry/example.com/widgets/default/a')).toBe(true)
    expect(await place('["*.*"]', '/registry/example.com/widgets/a')).toBe(true)
    expect(await place('["*.*"]', '/registry/apiextensions.k8s.io/customresourcedefinitions/a')).toBe(true)
    expect(await place('["*.*"]', '/registry/masterleases/10.0.0.1')).toBe(false)
  })

  test('EC2, EC3: what is wrong is refused with its place, and without the secret', () => {
    const refusal = (resources: string, providers: string) => {
      try {
        config(resources, providers)
        return 'accepted'
      } catch (error) {
        return (error as Error).message
      }
    }
    expect(refusal('[secrets]', '  - kms: {name: a, endpoint: "unix:///x"}\n')).toBe('encryption.yaml:6:5: resources[0].providers[0].kms: Invalid value: "a": KMS providers are not supported by this server; use aescbc, aesgcm or secretbox')
    expect(refusal('[secrets]', `  - aescbc: {keys: [{name: k, secret: "${text(1, 20)}"}]}\n`)).toBe('encryption.yaml:6:31: resources[0].providers[0].aescbc.keys[0].secret: Invalid value: "REDACTED": secret is not of the expected length, got 20, expected one of [16 24 32]')
    expect(refusal('[secrets, "*."]', '  - identity: {}\n')).toContain("encryption.yaml:4:3: resources[0].resources: Invalid value: [\"secrets\",\"*.\"]: using overlapping resources such as 'secrets' and '*.'")
    expect(refusal('[secrets]', '  - identity: {}\n    aescbc: {keys: []}\n')).toContain('more than one provider specified in a single element')
    expect(refusal('[secrets]', '  - salsa: {}\n')).toContain('encryption.yaml:6:5: unknown field "resources[0].providers[0].salsa"')
  })
})

storageContract('EncryptedStorage', async () => ({ storage: new EncryptedStorage(new MemoryStorage(systemClock), config('["*.*"]', provider('aesgcm', 'k', 1))), end: async () => {} }))
