/** Clients that are not ours, over TLS with client certificates: etcdctl and the etcd3 package. */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Etcd3 } from 'etcd3'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connectEtcd } from '../../../runtime/grpc/connect-etcd.ts'
import { grpcCode } from '../../../wire/grpc/grpc-error.ts'
import { bundleStore, spawnStore, type StoreProcess } from '../testing/bundled-store.ts'
import { makeCertificates } from '../testing/certificates.ts'
import { findProgram, freePort } from '../testing/engines.ts'

const run = promisify(execFile)
const etcdctl = findProgram('etcdctl')

describe('over TLS with client certificates', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kubarium-tls-'))
  const file = (name: string): string => join(folder, name)
  let certificates: Awaited<ReturnType<typeof makeCertificates>>
  let store: StoreProcess
  let host: string
  let metrics: string

  beforeAll(async () => {
    certificates = await makeCertificates()
    const { ca, server, client } = certificates
    for (const [name, text] of Object.entries({ 'ca.crt': ca, 'server.crt': server.cert, 'server.key': server.key, 'client.crt': client.cert, 'client.key': client.key })) writeFileSync(file(name), text, { mode: 0o600 })
    host = `127.0.0.1:${String(await freePort())}`
    metrics = `http://127.0.0.1:${String(await freePort())}`
    store = await spawnStore(await bundleStore(folder), [
      `--data-dir=${file('data')}`, `--listen-client-urls=https://${host}`, `--listen-metrics-urls=${metrics}`, `--cert-file=${file('server.crt')}`, `--key-file=${file('server.key')}`,
      `--trusted-ca-file=${file('ca.crt')}`, '--client-cert-auth', '--snapshot-count=100',
    ])
  })
  afterAll(async () => {
    await store.kill('SIGTERM')
    rmSync(folder, { recursive: true, force: true })
  })

  const ctl = async (...words: string[]): Promise<string> => {
    const { stdout } = await run(etcdctl!, [`--endpoints=${host}`, `--cacert=${file('ca.crt')}`, `--cert=${file('client.crt')}`, `--key=${file('client.key')}`, ...words], { env: { ...process.env, ETCDCTL_API: '3' }, timeout: 10_000 })
    return stdout.trim()
  }

  it('GS4 nobody without a certificate of the CA is served', async () => {
    const { ca, client } = certificates
    const other = (await makeCertificates()).client
    const endpoints = [`https://${host}`]
    await using welcome = connectEtcd({ endpoints, tls: { ca, ...client } })
    expect((await welcome.put({ key: 'tls' })).revision).toBeGreaterThan(1n)
    for (const tls of [{ ca }, { ca, ...other }, { ...client }]) {
      await using stranger = connectEtcd({ endpoints, tls })
      await expect(stranger.put({ key: 'tls' })).rejects.toMatchObject({ code: grpcCode.Unavailable })
    }
    await using plain = connectEtcd({ endpoints: [`http://${host}`] })
    await expect(plain.put({ key: 'tls' })).rejects.toMatchObject({ code: grpcCode.Unavailable })
  })

  it.skipIf(etcdctl === undefined)('etcdctl reads, writes, leases, compacts, and looks after the store', async () => {
    expect(await ctl('put', 'ctl/a', '1')).toBe('OK')
    expect(await ctl('put', '--prev-kv', 'ctl/a', '2')).toBe('OK\nctl/a\n1')
    expect(await ctl('get', '--prefix', 'ctl/')).toBe('ctl/a\n2')
    expect(await ctl('get', '--from-key', 'ctl/', '--limit=1', '--keys-only')).toBe('ctl/a')
    expect(await ctl('endpoint', 'health')).toBe('')
    expect(await ctl('endpoint', 'status', '-w', 'simple')).toContain('3.6.0')
    expect(await ctl('endpoint', 'hashkv')).toMatch(/^127\.0\.0\.1:\d+, \d+$/)
    expect(await ctl('member', 'list')).toContain('started')
    const lease = /lease (\w+) granted with TTL\(60s\)/.exec(await ctl('lease', 'grant', '60'))![1]!
    expect(await ctl('put', `--lease=${lease}`, 'ctl/leased', 'x')).toBe('OK')
    expect(await ctl('lease', 'timetolive', '--keys', lease)).toContain('ctl/leased')
    expect(await ctl('lease', 'keep-alive', '--once', lease)).toContain('keepalived with TTL(60)')
    expect(await ctl('lease', 'revoke', lease)).toContain('revoked')
    expect(await ctl('get', 'ctl/leased')).toBe('')
    expect(await ctl('del', 'ctl/a')).toBe('1')
    const { header } = JSON.parse(await ctl('get', 'ctl/a', '-w', 'json')) as { header: { revision: number } }
    expect(await ctl('compact', '--physical', String(header.revision))).toBe(`compacted revision ${String(header.revision)}`)
    expect(await ctl('defrag')).toContain('Finished defragmenting')
    expect(await ctl('alarm', 'list')).toBe('')
    await ctl('snapshot', 'save', file('snapshot.db'))
    expect(statSync(file('snapshot.db')).size % 512).toBe(32)
    await expect(ctl('user', 'list')).rejects.toThrow('authentication is not supported by the embedded store')
    await expect(ctl('member', 'add', 'x', '--peer-urls=http://127.0.0.1:1')).rejects.toThrow('exactly one member')
  })

  it.skipIf(etcdctl === undefined)('etcdctl runs transactions and elects nobody else\'s leader', async () => {
    const child = execFile(etcdctl!, [`--endpoints=${host}`, `--cacert=${file('ca.crt')}`, `--cert=${file('client.crt')}`, `--key=${file('client.key')}`, 'txn'], { env: { ...process.env, ETCDCTL_API: '3' } })
    const output = new Promise<string>(resolve => {
      let text = ''
      child.stdout!.on('data', (part: string) => { text += part })
      child.once('close', () => { resolve(text) })
    })
    child.stdin!.end('mod("txn/a") = "0"\n\nput txn/a made\nget txn/a\n\nget txn/a\n\n')
    expect((await output).trim()).toBe('SUCCESS\n\nOK\n\ntxn/a\nmade')
    await expect(ctl('move-leader', '8e9e05c52164694d')).rejects.toThrow()
  })

  it('the etcd3 package reads, writes, watches, leases and locks', async () => {
    const { ca, client: pem } = certificates
    const client = new Etcd3({ hosts: `https://${host}`, credentials: { rootCertificate: Buffer.from(ca), privateKey: Buffer.from(pem.key), certChain: Buffer.from(pem.cert) } })
    const watcher = await client.watch().prefix('npm/').create()
    const seen: string[] = []
    watcher.on('put', kv => { seen.push(`put ${kv.key.toString()}`) })
    watcher.on('delete', kv => { seen.push(`delete ${kv.key.toString()}`) })
    await client.put('npm/a').value('1')
    expect(await client.get('npm/a').string()).toBe('1')
    const { succeeded } = await client.if('npm/a', 'Version', '==', 1).then(client.put('npm/b').value('2')).else(client.get('npm/a')).commit()
    expect(succeeded).toBe(true)
    expect(await client.getAll().prefix('npm/').strings()).toEqual({ 'npm/a': '1', 'npm/b': '2' })
    const lease = client.lease(10)
    await lease.put('npm/leased').value('x')
    await lease.revoke()
    expect(await client.get('npm/leased').string()).toBeNull()
    expect(await client.lock('npm-lock').do(() => 'held')).toBe('held')
    await client.delete().prefix('npm/')
    await expect.poll(() => seen).toEqual(['put npm/a', 'put npm/b', 'put npm/leased', 'delete npm/leased', 'delete npm/a', 'delete npm/b'])
    await watcher.cancel()
    client.close()
  })

  it('tells about itself over HTTP', async () => {
    const get = async (path: string): Promise<string> => (await fetch(metrics + path)).text()
    expect(JSON.parse(await get('/health'))).toEqual({ health: 'true', reason: '' })
    expect(await get('/readyz')).toContain('ok')
    const text = await get('/metrics')
    expect(text).toMatch(/etcd_mvcc_db_total_size_in_bytes \d+/)
    expect(text).toMatch(/etcd_server_has_leader 1/)
    expect(JSON.parse(await get('/debug/inspect'))).toEqual({ subjects: ['history', 'keys', 'leases', 'members', 'revisions', 'spans', 'value', 'verbosity', 'watches'] })
    await using client = connectEtcd({ endpoints: [`https://${host}`], tls: { ca: certificates.ca, ...certificates.client } })
    await client.put({ key: '/registry/pods/default/web' })
    await client.delete({ key: '/registry/pods/default/web' })
    expect((JSON.parse(await get('/debug/inspect/history/registry/pods/default/web')) as { change: string }[]).map(({ change }) => change)).toEqual(['created', 'deleted'])
    await client.put({ key: '/registry/pods/default/web' })
    expect(JSON.parse(await get('/debug/inspect/keys/registry/'))).toMatchObject({ below: { '/registry/pods/': 1 } })
  })
})
