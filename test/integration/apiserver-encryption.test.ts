/** Encryption at rest with a real server and store: what lies in the store, and how keys are exchanged. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connectEtcd } from '../../agents/runtime/grpc/connect-etcd.ts'
import { startControlPlane } from './control-plane.ts'
import type { ControlPlane } from './control-plane.ts'
import { findKubectls, kubectlWith } from './kubectl.ts'
import { rawApi } from './raw-api.ts'
import type { RawApi } from './raw-api.ts'

let folder: string
let file: string
let plane: ControlPlane
let api: RawApi

const secret = (seed: number) => Buffer.alloc(32, seed).toString('base64')
const providerOf = (name: string, key: string, seed: number) => `  - ${name}: {keys: [{name: ${key}, secret: "${secret(seed)}"}]}\n`
const write = (providers: string) => {
  writeFileSync(file, `apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources:\n- resources: [secrets, configmaps]\n  providers:\n${providers}`)
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kubarium-encryption-'))
  file = join(folder, 'encryption.yaml')
  write(providerOf('aescbc', 'first', 1) + '  - identity: {}\n')
  plane = await startControlPlane({ flags: [`--encryption-provider-config=${file}`, '--encryption-provider-config-automatic-reload', '--feature-gates=AllowUnsafeMalformedObjectDeletion=true'] })
  api = rawApi(plane)
})

afterAll(async () => {
  await plane?.stop()
  rmSync(folder, { recursive: true, force: true })
})

async function stored(key: string): Promise<string> {
  await using store = connectEtcd({ endpoints: [plane.etcdServer] })
  const { kvs } = await store.range({ key })
  return Buffer.from(kvs[0]!.value).toString('latin1')
}

const secretsOf = '/api/v1/namespaces/default/secrets'

describe('encryption at rest', () => {
  test('the store holds no plain text; every reader sees plain objects', async () => {
    await api.call('POST', secretsOf, { metadata: { name: 'a', labels: { tier: 'gold' } }, stringData: { password: 'correct-horse' } })
    const bytes = await stored('/registry/secrets/default/a')
    expect(bytes).toMatch(/^k8s:enc:aescbc:v1:first:/)
    for (const plain of ['correct-horse', Buffer.from('correct-horse').toString('base64'), 'gold', 'Secret']) expect(bytes).not.toContain(plain)
    expect((await api.call('GET', `${secretsOf}?labelSelector=tier=gold`)).json.items.map((item: { data: object }) => item.data)).toEqual([{ password: Buffer.from('correct-horse').toString('base64') }])
    expect(await stored('/registry/namespaces/default')).toMatch(/^\{"kind":"Namespace"/)
    expect(await stored('/registry/masterleases/127.0.0.1')).not.toContain('k8s:enc')
  })

  test('the file is read again; what an older key wrote is read, and written anew by a replace that changes nothing', async () => {
    write(providerOf('secretbox', 'second', 2) + providerOf('aescbc', 'first', 1))
    let uses = ''
    for (let waited = 0; !uses.startsWith('k8s:enc:secretbox') && waited < 15_000; waited += 250) {
      await pause(250)
      await api.call('DELETE', `${secretsOf}/probe`)
      await api.call('POST', secretsOf, { metadata: { name: 'probe' } })
      uses = await stored('/registry/secrets/default/probe')
    }
    expect(uses).toMatch(/^k8s:enc:secretbox:v1:second:/)
    expect(await stored('/registry/secrets/default/a')).toMatch(/^k8s:enc:aescbc:v1:first:/)
    const before = (await api.call('GET', `${secretsOf}/a`)).json
    const kubectl = kubectlWith(findKubectls().at(-1)!, plane.kubeconfig)
    const replaced = await kubectl('replace -f -', { stdin: (await kubectl('get secret a -o json')).stdout })
    expect(replaced).toMatchObject({ code: 0 })
    expect(await stored('/registry/secrets/default/a')).toMatch(/^k8s:enc:secretbox:v1:second:/)
    const after = (await api.call('GET', `${secretsOf}/a`)).json
    expect(after.data).toEqual(before.data)
    expect(Number(after.metadata.resourceVersion)).toBeGreaterThan(Number(before.metadata.resourceVersion))
    const again = await api.call('PUT', `${secretsOf}/a`, after)
    expect(again.json.metadata.resourceVersion).toBe(after.metadata.resourceVersion) // a replace that changes nothing leaves no trace again
  })

  test('a server that starts anew reads what is encrypted', async () => {
    await plane.killApiServer()
    await plane.startApiServer()
    expect((await api.call('GET', `${secretsOf}/a`)).json.data.password).toBe(Buffer.from('correct-horse').toString('base64'))
  })

  test('without the key only what cannot be read fails, by the name of its key; it can be deleted, and comes back with the key', async () => {
    await api.call('POST', secretsOf, { metadata: { name: 'lost' } })
    await plane.killApiServer()
    write(providerOf('aesgcm', 'third', 3) + '  - identity: {}\n')
    const started = plane.startApiServer()
    const isServing = async () => (await api.call('GET', '/livez/ping').catch(() => undefined))?.status === 200
    for (let waited = 0; !(await isServing()) && waited < 60_000; waited += 100) await pause(100)
    const refused = (name: string) => ({ status: 500, reason: 'InternalError', message: `Internal error occurred: unable to transform key "/registry/secrets/default/${name}": no matching prefix found` })
    const answer = async (method: string, path: string, body?: object) => {
      const { status, json } = await api.call(method, path, body)
      return { status, reason: json.reason as string, message: json.message as string }
    }
    expect(await answer('GET', secretsOf)).toEqual(refused('a'))
    expect(await answer('GET', `${secretsOf}/a`)).toEqual(refused('a'))
    expect((await answer('GET', '/api/v1/secrets')).status).toBe(500)
    expect(await answer('PATCH', `${secretsOf}/a`)).toMatchObject({ status: 415 })
    expect(await answer('GET', `${secretsOf}?watch=true`)).toEqual({ status: 429, reason: 'TooManyRequests', message: 'storage is (re)initializing' })
    expect((await answer('GET', '/api/v1/namespaces')).status).toBe(200)
    expect((await answer('POST', secretsOf, { metadata: { name: 'fresh' } })).status).toBe(201)
    expect((await answer('GET', `${secretsOf}/fresh`)).status).toBe(200)
    expect((await api.call('GET', '/readyz')).text).toContain('[-]informer-sync failed: reason withheld')
    expect(plane.apiServerLog()).toMatch(/"stored value cannot be read[^"]*".*unable to transform key/)

    const unsafe = { kind: 'DeleteOptions', apiVersion: 'v1', ignoreStoreReadErrorWithClusterBreakingPotential: true }
    expect(await answer('DELETE', `${secretsOf}/lost`)).toEqual(refused('lost'))
    expect(await answer('DELETE', `${secretsOf}/fresh`, unsafe)).toMatchObject({ status: 422, message: 'secrets "fresh" is invalid: ignoreStoreReadErrorWithClusterBreakingPotential: Invalid value: true: it is exclusively used to delete corrupt object(s), try again by removing this option' })
    expect(await answer('DELETE', `${secretsOf}/lost`, { ...unsafe, gracePeriodSeconds: 0 })).toMatchObject({ status: 422 })
    expect((await answer('DELETE', `${secretsOf}/lost`, unsafe)).status).toBe(200)
    expect((await answer('GET', `${secretsOf}/lost`)).status).toBe(404)

    write(providerOf('aesgcm', 'third', 3) + providerOf('secretbox', 'second', 2) + providerOf('aescbc', 'first', 1))
    await started // the file is read again, and the server gets ready
    expect((await api.call('GET', `${secretsOf}/a`)).json.data.password).toBe(Buffer.from('correct-horse').toString('base64'))
    expect((await api.call('GET', secretsOf)).json.items.map((item: { metadata: { name: string } }) => item.metadata.name)).toEqual(['a', 'fresh', 'probe'])
  })
})
