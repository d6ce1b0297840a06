/**
 * Checkpoints of a lab of virtual machines: what is saved, changed and put back is compared from outside, in the store, in the
 * containers, in addresses and in rules. Labs of simulated nodes take the paths that need no machine: crashes, bundles, drills.
 */
import { appendFileSync, existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { CheckpointList } from '../../electron/contract/checkpoints.ts'
import { type Ended, TestLab, eventually, whyNoLab } from './test-lab.ts'

const withoutMachines = `apiVersion: kubarium.dev/v1
kind: Lab
metadata: {name: default}
spec: {provider: simulated, nodes: 3}
`

const checkpoint = (lab: TestLab, ...argv: string[]): Promise<Ended> => lab.kubarium(['checkpoint', ...argv, '--name', lab.name])

async function must(lab: TestLab, ...argv: string[]): Promise<string> {
  const ended = await checkpoint(lab, ...argv)
  if (ended.code !== 0) throw new Error(`checkpoint ${argv.join(' ')} failed with status ${ended.code}: ${ended.stdout}${ended.stderr}`)
  return ended.stdout
}

const listed = async (lab: TestLab): Promise<CheckpointList> => JSON.parse(await must(lab, 'list', '-o', 'json')) as CheckpointList

/** Everything in the store but what changes by itself: heartbeats, events, what a leader writes into its lease, status of nodes. */
async function store(lab: TestLab): Promise<readonly string[]> {
  const { items } = await lab.json<{ items: { kind: string; metadata: { namespace?: string; name: string; uid: string; generation?: number } }[] }>(['get', 'deployments,replicasets,pods,services,configmaps,secrets,namespaces,serviceaccounts,nodes,endpointslices', '-A'])
  return items.map(({ kind, metadata: { namespace = '', name, uid } }) => `${kind} ${namespace}/${name} ${uid}`).sort()
}

describe('simulated nodes', () => {
  const lab = new TestLab('namespace')
  beforeAll(async () => {
    const file = join(lab.home, 'lab.yaml')
    writeFileSync(file, withoutMachines)
    const ended = await lab.kubarium(['up', '-f', file])
    expect(ended.code, ended.stderr).toBe(0)
    await lab.must(['create', 'deployment', 'kept', '--image=nginx', '--replicas=4'])
    await lab.must(['rollout', 'status', 'deployment/kept'])
    await must(lab, 'save', 'one')
  }, 300_000)
  afterAll(() => lab.remove(), 120_000)

  test('rewind puts the store back, and no revision comes again: an old watch is told to list again', async () => {
    const before = await store(lab)
    await lab.must(['delete', 'deployment', 'kept', '--wait'])
    await lab.must(['create', 'configmap', 'undone', '--from-literal=a=b'])
    const undone = (await lab.json<{ metadata: { resourceVersion: string } }>(['get', 'configmap', 'undone'])).metadata.resourceVersion
    await must(lab, 'rewind', 'one')
    expect(await store(lab)).toEqual(before)
    expect((await lab.kubectl(['get', 'configmap', 'undone'])).stderr).toContain('not found')
    const { metadata } = JSON.parse(await lab.must(['get', '--raw', '/api/v1/configmaps?limit=1'])) as { metadata: { resourceVersion: string } }
    expect(Number(metadata.resourceVersion)).toBeGreaterThan(Number(undone))
    expect((await lab.kubectl(['get', '--raw', `/api/v1/configmaps?watch=true&resourceVersion=${undone}&timeoutSeconds=5`])).stderr).toMatch(/too old resource version/)
  })

  test('the control plane leads and works at once after it', async () => {
    await must(lab, 'rewind', 'one')
    await lab.must(['scale', 'deployment/kept', '--replicas=6'])
    await lab.must(['rollout', 'status', 'deployment/kept', '--timeout=10s'])
  })

  test('a lab host that is killed during a rewind finishes it when it starts again', async () => {
    await lab.must(['create', 'namespace', 'undone'])
    const rewinding = checkpoint(lab, 'rewind', 'one')
    const journal = join(lab.home, 'labs/default/checkpoints/rewinding.json')
    await eventually('the journal of the rewind', async () => existsSync(journal), 30_000, 2)
    process.kill(lab.hostPid(), 'SIGKILL')
    await rewinding
    await eventually('the rewind to be finished', async () => (await lab.kubarium(['status', '--name', lab.name])).code === 0 && !existsSync(journal), 60_000)
    await eventually('the API server', async () => (await lab.kubectl(['get', 'namespace', 'undone'])).stderr.includes('not found'), 60_000)
    await lab.must(['rollout', 'status', 'deployment/kept'])
  })

  test('a lab host that is killed during a save leaves a lab that works, and no half checkpoint', async () => {
    const saving = checkpoint(lab, 'save', 'cut')
    const journal = join(lab.home, 'labs/default/checkpoints/saving.json')
    const wasSeen = await eventually('the journal of the save', async () => existsSync(journal), 10_000, 1).catch(() => false) // it is there for some milliseconds
    if (wasSeen) process.kill(lab.hostPid(), 'SIGKILL')
    await saving
    expect((await lab.kubarium(['status', '--name', lab.name])).code).toBe(0) // starts the next lab host, which makes the lab go on
    await lab.must(['create', 'configmap', 'after', '--from-literal=a=b'])
    const { checkpoints } = await listed(lab)
    expect(checkpoints.map(({ name }) => name)).toContain('one')
    expect(readdirSync(join(lab.home, 'labs/default/checkpoints')).filter(name => name.endsWith('.new'))).toEqual([])
    await must(lab, 'verify', 'one')
  })

  test('a branch is a lab beside the first, and outlives the checkpoint and the rewind of the first', async () => {
    const branched = await checkpoint(lab, 'branch', 'one', 'beside')
    expect(branched.code, branched.stderr).toBe(0)
    const beside = (...argv: string[]) => lab.kubarium(['kubectl', '--name', 'beside', '--', ...argv])
    await beside('delete', 'deployment', 'kept')
    expect((await beside('get', 'deployment', 'kept')).stderr).toContain('not found')
    expect(await lab.must(['get', 'deployment', 'kept', '-o', 'name'])).toBe('deployment.apps/kept')
    expect((await lab.kubarium(['delete', '--name', 'beside'])).code).toBe(0)
    await must(lab, 'verify', 'one')
  })

  test('a bundle becomes a lab where there is none', async () => {
    const file = join(lab.home, 'one.checkpoint')
    await must(lab, 'export', 'one', file)
    const imported = await lab.kubarium(['checkpoint', 'import', file, '--name', 'carried'])
    expect(imported.code, imported.stderr).toBe(0)
    expect((await lab.kubarium(['kubectl', '--name', 'carried', '--', 'get', 'deployment', 'kept', '-o', 'name'])).stdout.trim()).toBe('deployment.apps/kept')
    expect((await lab.kubarium(['delete', '--name', 'carried'])).code).toBe(0)
  })

  test('a damaged checkpoint is refused by name before anything is touched', async () => {
    await must(lab, 'save', 'spoilt')
    appendFileSync(join(lab.home, 'labs/default/checkpoints/spoilt/etcd/kubarium-etcd.db'), 'x')
    const pid = await lab.componentPid('kube-apiserver')
    const refused = await checkpoint(lab, 'rewind', 'spoilt')
    expect(refused.code).toBe(1)
    expect(refused.stderr).toMatch(/checkpoint "spoilt" is damaged: etcd\/kubarium-etcd.db/)
    expect(await lab.componentPid('kube-apiserver')).toBe(pid)
    await must(lab, 'delete', 'spoilt')
  })

  test('a fault that was in effect is in effect again, and one that came later is not', async () => {
    const injected = await lab.kubarium(['fault', 'inject', 'api-latency', 'kube-apiserver', '--name', lab.name, '--set', 'ms=300', 'resource=configmaps'])
    const target = injected.code === 0 ? 'api-latency' : 'component-pause'
    if (injected.code !== 0) expect((await lab.kubarium(['fault', 'inject', 'component-pause', 'kube-scheduler', '--name', lab.name])).code).toBe(0)
    await must(lab, 'save', 'broken')
    expect((await lab.kubarium(['fault', 'heal', '--name', lab.name])).code).toBe(0)
    expect((await lab.kubarium(['fault', 'inject', 'component-pause', 'metrics-server', '--name', lab.name])).code).toBe(0)
    await must(lab, 'rewind', 'broken')
    const states = JSON.parse((await lab.kubarium(['fault', 'list', '--name', lab.name, '-o', 'json'])).stdout) as { kind: string; phase: string; target: { name?: string } }[]
    expect(states.filter(({ phase }) => phase !== 'over').map(({ kind }) => kind)).toEqual([target])
    expect((await lab.kubarium(['fault', 'heal', '--name', lab.name])).code).toBe(0)
    await must(lab, 'rewind', 'one')
  })
})

const noMachines = whyNoLab('qemu')
describe.skipIf(noMachines !== null)('virtual machines', () => {
  const lab = new TestLab('qemu')
  const nodes = ['node-1', 'node-2']
  beforeAll(async () => {
    await lab.up(2)
    await lab.must(['create', 'deployment', 'kept', '--image=registry.k8s.io/pause:3.10', '--replicas=4'])
    await lab.must(['expose', 'deployment', 'kept', '--port=80'])
    await lab.must(['rollout', 'status', 'deployment/kept'])
  }, 900_000)
  afterAll(() => lab.remove(), 300_000)

  /** What a node is made of, as far as it does not change by itself. */
  async function node(name: string): Promise<Readonly<Record<string, string>>> {
    return {
      containers: (await lab.onNode(name, 'ctr', '-n', 'k8s.io', 'containers', 'list', '-q')).split('\n').sort().join(' '),
      addresses: (await lab.onNode(name, 'ip', '-o', '-4', 'addr')).split('\n').map(line => line.split(/\s+/).slice(1, 4).join(' ')).sort().join('\n'),
      routes: await lab.onNode(name, 'ip', 'route'),
      rules: (await lab.onNode(name, 'sh', '-c', 'iptables-save -t nat | grep -v "^#" | sed "s/\\[[0-9:]*\\]//"')).split('\n').sort().join('\n'),
      boot: await lab.onNode(name, 'cat', '/proc/sys/kernel/random/boot_id'),
    }
  }

  test('save, change much, rewind: store, containers, addresses and rules are what they were, and clocks are right', { timeout: 900_000 }, async () => {
    const before = { store: await store(lab), nodes: await Promise.all(nodes.map(node)) }
    await must(lab, 'save', 'one')
    const saved = (await listed(lab)).checkpoints[0]!
    expect(saved.machines).toEqual(nodes)
    expect(saved.standstillMs).toBeLessThan(10_000) // the target is 2 s on a quiet machine; the benchmark measures it
    await lab.must(['delete', 'deployment', 'kept'])
    await lab.must(['create', 'deployment', 'undone', '--image=registry.k8s.io/pause:3.10', '--replicas=6'])
    await lab.must(['expose', 'deployment', 'undone', '--port=81'])
    await lab.must(['rollout', 'status', 'deployment/undone'])
    await lab.onNode('node-1', 'touch', '/root/undone')
    await must(lab, 'rewind', 'one')
    expect(await store(lab)).toEqual(before.store)
    expect(await Promise.all(nodes.map(node))).toEqual(before.nodes)
    expect((await lab.kubarium(['ssh', '--name', lab.name, 'node-1', '--', 'test', '-e', '/root/undone'])).code).not.toBe(0)
    for (const name of nodes) expect(Math.abs(Number(await lab.onNode(name, 'date', '+%s')) * 1_000 - Date.now())).toBeLessThan(15_000)
    for (const name of nodes) expect(await lab.must(['wait', `node/${name}`, '--for=condition=Ready', '--timeout=120s'])).toContain('condition met')
    await lab.must(['scale', 'deployment/kept', '--replicas=6'])
    await lab.must(['rollout', 'status', 'deployment/kept', '--timeout=120s'])
  })

  test('a branch has the same inside and other doors outside', { timeout: 600_000 }, async () => {
    const branched = await lab.kubarium(['checkpoint', 'branch', 'one', 'beside', '--name', lab.name])
    expect(branched.code, branched.stderr).toBe(0)
    const inside = async (name: string): Promise<string> => (await lab.kubarium(['ssh', '--name', name, 'node-1', '--', 'sh', '-c', 'hostname; ip -o -4 addr show lan0'])).stdout
    expect(await inside('beside')).toBe(await inside(lab.name))
    await lab.kubarium(['kubectl', '--name', 'beside', '--', 'delete', 'deployment', 'kept'])
    expect(await lab.must(['get', 'deployment', 'kept', '-o', 'name'])).toBe('deployment.apps/kept')
    expect((await lab.kubarium(['delete', '--name', 'beside'])).code).toBe(0)
    await must(lab, 'verify', 'one')
  })
})

describe.skipIf(whyNoLab('namespace') !== null)('namespace machines', () => {
  const lab = new TestLab('namespace')
  beforeAll(async () => { await lab.up(1) }, 600_000)
  afterAll(() => lab.remove(), 120_000)

  test('are refused by name, and nothing stands still', async () => {
    const refused = await checkpoint(lab, 'save', 'one')
    expect(refused.code).toBe(1)
    expect(refused.stderr).toMatch(/node-1 cannot be saved: it is made by the provider namespace/)
    expect(await listed(lab)).toMatchObject({ checkpoints: [], damaged: [] })
  })
})
