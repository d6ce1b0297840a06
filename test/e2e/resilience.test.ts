/**
 * Each control-plane process is killed in turn while the API is under load: nothing acknowledged is lost, watches resume
 * without gaps, everything comes back by itself.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { ConfigMap, Pod } from '../../agents/api/groups/core-v1/types.ts'
import { configMaps } from '../../agents/api/resources.ts'
import { createClient } from '../../agents/machinery/client.ts'
import type { Client } from '../../agents/machinery/client.ts'
import { isAlreadyExists, isExpired, isNotFound } from '../../agents/machinery/status-error.ts'
import { createHttpTransport, readKubeconfig, systemClock } from '../../agents/runtime/index.ts'
import { connectEtcd } from '../../agents/runtime/grpc/connect-etcd.ts'
import type { EtcdClient } from '../../agents/wire/etcd/client.ts'
import { prefixRange } from '../../agents/wire/etcd/key-range.ts'
import type { DrillRun } from '../../electron/contract/drills.ts'
import type { FaultState } from '../../electron/contract/faults.ts'
import { TestLab, eventually, whyNoLab } from './test-lab.ts'

const provider = process.getuid?.() === 0 ? 'namespace' : 'qemu'
const reason = whyNoLab(provider)
const namespace = 'load'
const everyMs = 20 // 50 a second

/** What the load asked for and what it was told, by name. */
class Load {
  readonly created = new Set<string>()
  readonly deleted = new Set<string>()
  /** Asked for without an answer: may be there or not. */
  readonly unknown = new Set<string>()
  acknowledged = 0
  refused = 0
  readonly #client: Client
  readonly #stop = new AbortController()
  readonly #pending = new Set<Promise<void>>()
  #count = 0

  constructor(client: Client) {
    this.#client = client
  }

  async run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const name = `load-${String(this.#count++).padStart(5, '0')}`
      this.#begin(this.#create(name))
      const old = [...this.created].find(other => !this.unknown.has(other))
      if (this.#count % 2 === 0 && old !== undefined) {
        this.created.delete(old)
        this.#begin(this.#delete(old))
      }
      await new Promise(resolve => setTimeout(resolve, everyMs))
    }
    await Promise.allSettled(this.#pending)
  }

  stop(): void {
    this.#stop.abort()
  }

  #begin(work: Promise<void>): void {
    const tracked = work.finally(() => this.#pending.delete(tracked))
    this.#pending.add(tracked)
  }

  async #create(name: string): Promise<void> {
    try {
      await this.#client.create(configMaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace }, data: { name } }, {}, AbortSignal.timeout(5_000))
      this.created.add(name)
      this.acknowledged++
    } catch (error) {
      if (!isAlreadyExists(error)) this.unknown.add(name)
      this.refused++
    }
  }

  async #delete(name: string): Promise<void> {
    try {
      await this.#client.delete(configMaps, { namespace, name }, {}, AbortSignal.timeout(5_000))
      this.deleted.add(name)
      this.acknowledged++
    } catch (error) {
      if (isNotFound(error)) this.deleted.add(name)
      else this.unknown.add(name)
      this.refused++
    }
  }
}

/** A watcher that resumes after the last revision it saw, and never lists again: a gap would show. */
async function record(client: Client, from: string, seen: string[], signal: AbortSignal): Promise<void> {
  let resourceVersion = from
  while (!signal.aborted) {
    try {
      for await (const { type, object } of client.watch(configMaps, { namespace, resourceVersion, allowWatchBookmarks: true }, signal)) {
        resourceVersion = object.metadata.resourceVersion
        if (type !== 'BOOKMARK') seen.push(`${resourceVersion} ${type} ${object.metadata.name}`)
      }
    } catch (error) {
      if (isExpired(error)) throw error
      await new Promise(resolve => setTimeout(resolve, 100))
    }
  }
}

describe('the control plane under load', () => {
  let lab: TestLab
  let client: Client
  let etcd: EtcdClient

  beforeEach(({ skip }) => { if (reason !== null) skip(reason) })
  beforeAll(async () => {
    if (reason !== null) return
    lab = new TestLab(provider, 'sturdy')
    await lab.up(1)
    client = createClient(createHttpTransport(readKubeconfig(lab.kubeconfig)), { userAgent: 'load', clock: systemClock })
    await lab.must(['create', 'namespace', namespace])
    const pki = (file: string) => readFileSync(join(lab.home, 'labs', lab.name, 'pki', file), 'utf8')
    const components = JSON.parse((await lab.kubarium(['component', 'list', '--name', lab.name, '-o', 'json'])).stdout) as { name: string; address: string | null }[]
    etcd = connectEtcd({ endpoints: [`https://${components.find(one => one.name === 'etcd')!.address!.replace(/^https?:\/\//, '')}`], tls: { ca: pki('etcd-ca.crt'), cert: pki('apiserver-etcd-client.crt'), key: pki('apiserver-etcd-client.key') } })
  })
  afterAll(async () => {
    await etcd?.close()
    await lab?.remove()
  })

  test.each(['kube-scheduler', 'kube-controller-manager', 'cloud-controller-manager', 'metrics-server', 'kube-apiserver', 'etcd'])('kill -9 of %s', { timeout: 900_000 }, async component => {
    const start = await client.list(configMaps, { namespace })
    const seen: string[] = []
    const watching = new AbortController()
    const watcher = record(client, start.resourceVersion, seen, watching.signal)
    const load = new Load(client)
    const running = load.run()
    await eventually('the load runs', () => Promise.resolve(load.acknowledged > 60))
    const victim = await lab.componentPid(component)
    process.kill(victim, 'SIGKILL')
    await eventually(`${component} is another process`, async () => (await lab.componentPid(component)) !== victim)
    const atReturn = load.acknowledged
    await eventually('writes are acknowledged again', () => Promise.resolve(load.acknowledged > atReturn + 60))
    load.stop()
    await running

    const there = new Set((await client.list(configMaps, { namespace })).items.map((map: ConfigMap) => map.metadata.name))
    expect([...load.created].filter(name => !there.has(name) && !load.unknown.has(name)), 'acknowledged creates').toEqual([])
    expect([...load.deleted].filter(name => there.has(name) && !load.unknown.has(name)), 'acknowledged deletes').toEqual([])
    expect(load.acknowledged).toBeGreaterThan(100)

    const history = await storeHistory(etcd, BigInt(start.resourceVersion) + 1n)
    await eventually('the watcher has seen what the store holds', async () => seen.length >= history.length)
    watching.abort()
    await watcher
    expect(seen).toEqual(history)
  })

  test('a deployment made while the scheduler was down runs when it is back', async () => {
    await lab.must(['delete', 'deployment', 'late', '--ignore-not-found', '--wait'])
    const before = await lab.componentPid('kube-scheduler')
    process.kill(before, 'SIGKILL')
    await lab.must(['create', 'deployment', 'late', '--image=web'])
    await eventually('the pod runs', async () => (await lab.json<{ items: Pod[] }>(['get', 'pods', '-l', 'app=late'])).items[0]?.status.phase === 'Running')
  })

  test('another program takes the place of the scheduler, one that does not work is taken out again, and ours comes back', async () => {
    const program = join(lab.home, 'their-scheduler')
    writeFileSync(program, `#!/bin/sh\nexec '${process.execPath}' '${join(import.meta.dirname, '../../dist/agents/kube-scheduler.mjs')}' "$@"\n`, { mode: 0o700 })
    const swap = (...argv: string[]) => lab.kubarium(['component', 'swap', 'kube-scheduler', '--name', lab.name, ...argv])
    const binary = async () => (JSON.parse((await lab.kubarium(['component', 'list', '--name', lab.name, '-o', 'json'])).stdout) as { name: string; binary?: string }[]).find(({ name }) => name === 'kube-scheduler')!.binary
    const schedules = async (name: string): Promise<void> => {
      await lab.must(['run', name, '--image=web'])
      await eventually(`${name} runs`, async () => (await lab.json<Pod>(['get', 'pod', name])).status.phase === 'Running')
      await lab.must(['delete', 'pod', name, '--grace-period=1'])
    }
    expect(await swap('--binary', program, '--flag', 'v=2')).toMatchObject({ code: 0 })
    const pid = await lab.componentPid('kube-scheduler')
    expect(readFileSync(`/proc/${pid}/cmdline`, 'utf8')).not.toContain('fault-injection-token-file')
    expect(readFileSync(`/proc/${pid}/cmdline`, 'utf8')).toContain('--v=2')
    expect(await binary()).toBe(program)
    await schedules('theirs')
    const failed = await swap('--binary', '/bin/false')
    expect([failed.code, failed.stderr]).toEqual([1, expect.stringContaining('What ran before runs again.')])
    expect(await binary()).toBe(program)
    expect(await swap('--built-in')).toMatchObject({ code: 0 })
    expect(await binary()).toBeUndefined()
    await schedules('ours')
  })

  test('what is broken on purpose can be seen from outside, and heals after a kill -9 of the lab host', { timeout: 900_000 }, async () => {
    const kubarium = async (...argv: string[]): Promise<string> => {
      const ended = await lab.kubarium(argv)
      if (ended.code !== 0) throw new Error(`kubarium ${argv.join(' ')} failed: ${ended.stderr}`)
      return ended.stdout
    }
    const inject = (...argv: string[]) => kubarium('fault', 'inject', ...argv, '--name', lab.name)
    const onNode = (command: string) => kubarium('ssh', 'node-1', '--name', lab.name, '--', command)
    const faults = async () => JSON.parse(await kubarium('fault', 'list', '--name', lab.name, '-o', 'json')) as FaultState[]
    const stateOf = async (component: string) => (JSON.parse(await kubarium('component', 'list', '--name', lab.name, '-o', 'json')) as { name: string; phase: string }[]).find(({ name }) => name === component)!.phase
    await lab.must(['create', 'service', 'clusterip', 'broken', '--tcp=80:80'])

    await inject('component-pause', 'kube-scheduler')
    await inject('node-port-block', 'node-1', '--set', 'port=8080')
    await inject('node-cpu-load', 'node-1')
    await inject('service-selector-wrong', 'default/broken')
    await inject('node-cordoned', 'node-1')
    expect(await stateOf('kube-scheduler')).toBe('paused')
    expect(await onNode('nft list tables; pgrep -r R -f "[d]o :; done" | wc -l')).toMatch(/kubarium_fault_[\s\S]*\n[1-9]\d*\n$/)
    expect(await lab.must(['get', 'service', 'broken', '-o', 'jsonpath={.spec.selector}'])).toContain('no-such-pod')
    expect(await lab.must(['get', 'nodes', '--no-headers'])).toContain('SchedulingDisabled')

    await inject('control-link-cut', 'node-1')
    expect((await lab.kubarium(['ssh', 'node-1', '--name', lab.name, '--', 'true'])).code, 'its sshd is still there').toBe(0)
    await eventually('nobody hears of the node', async () => (await lab.must(['get', 'nodes', '--no-headers'])).includes('NotReady'))

    const { pid } = JSON.parse(await kubarium('host', 'info', '-o', 'json')) as { pid: number }
    process.kill(pid, 'SIGKILL')
    await eventually('every fault is healed', async () => (await faults()).every(({ phase }) => phase === 'over'))
    expect((await faults()).map(({ end }) => end)).toEqual(Array.from({ length: 6 }, () => 'host-restarted'))
    await eventually('the scheduler works again', async () => (await stateOf('kube-scheduler')) === 'ready')
    expect(await onNode('nft list tables; pgrep -r R -f "[d]o :; done" | wc -l')).toMatch(/^(?![\s\S]*kubarium_fault)[\s\S]*\n0\n$/)
    expect(await lab.must(['get', 'service', 'broken', '-o', 'jsonpath={.spec.selector.app}'])).toBe('broken')
    await eventually('the node is heard of again', async () => / Ready +/.test(await lab.must(['get', 'nodes', '--no-headers'])))
  })

  test('a drill fails when nobody repairs, passes when its expert does, and leaves nothing behind', { timeout: 900_000 }, async () => {
    const verified = await lab.kubarium(['drill', 'verify', 'selector-selects-nothing', '--name', lab.name, '-o', 'json'], 600_000)
    expect(verified.code, verified.stderr).toBe(0)
    const { alone, repaired } = JSON.parse(verified.stdout) as Record<'alone' | 'repaired', DrillRun>
    expect([alone.verdict, repaired.verdict, repaired.score]).toEqual(['failed', 'passed', 100])
    expect(alone.seed).toBe(repaired.seed)
    expect(repaired.samples['web answers']!.some(({ ok }) => !ok)).toBe(true) // it was broken indeed
    expect(repaired.marks.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['fault', 'repair', 'heal']))
    expect(await lab.must(['get', 'namespaces', '-o', 'name'])).not.toContain('drill-')
    expect((await lab.kubarium(['drill', 'report', repaired.id, '--html', '--name', lab.name])).stdout).toMatch(/^<!doctype html>[\s\S]*passed, 100 of 100/)
  })

  test('what a drill did is put back after a kill -9 of the lab host', { timeout: 900_000 }, async () => {
    const broken = lab.kubarium(['drill', 'run', 'cordoned-and-forgotten', '--name', lab.name], 600_000)
    await eventually('the node is cordoned', async () => (await lab.must(['get', 'nodes', '--no-headers'])).includes('SchedulingDisabled'))
    process.kill(lab.hostPid(), 'SIGKILL')
    expect((await broken).code).not.toBe(0)
    await eventually('the namespace of the drill is gone', async () => {
      await lab.kubarium(['status', '--name', lab.name]) // starts the lab host
      return !(await lab.must(['get', 'namespaces', '-o', 'name'])).includes('drill-')
    })
    await eventually('the node takes pods again', async () => !(await lab.must(['get', 'nodes', '--no-headers'])).includes('SchedulingDisabled'))
  })
})

/** Every change below the namespace since a revision, as a watcher of the API would name it. */
async function storeHistory(etcd: EtcdClient, startRevision: bigint): Promise<string[]> {
  const prefix = `/registry/configmaps/${namespace}/`
  const { revision } = await etcd.range({ ...prefixRange(prefix), countOnly: true })
  const watch = etcd.watch({ ...prefixRange(prefix), startRevision, progressNotify: true })
  const lines: string[] = []
  const known = new Set<string>()
  watch.requestProgress()
  for await (const batch of watch) {
    if (batch.kind === 'events') {
      for (const event of batch.events) {
        const name = event.kv.key.slice(prefix.length)
        const type = event.type === 'delete' ? 'DELETED' : event.kv.version === 1n ? 'ADDED' : 'MODIFIED'
        if (event.kv.modRevision <= revision) lines.push(`${event.kv.modRevision} ${type} ${name}`)
        known.add(name)
      }
    }
    if (batch.kind !== 'created' && batch.revision >= revision) break
  }
  watch.cancel()
  return lines
}
