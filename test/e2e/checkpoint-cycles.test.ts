/**
 * Save, change, rewind, over and over, while the cluster is written to and the machines talk: after every rewind nothing remembers
 * the undone time, and nothing that was there before the save is missing. Then the lab host is killed at each step of both.
 *
 * KUBARIUM_CHECKPOINT_CYCLES says how many cycles: 50 for a proof. Without it a few are made of the control plane alone; what a
 * rewind does to virtual machines is in checkpoints.test.ts.
 */
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { TestLab, eventually, whyNoLab } from './test-lab.ts'

const asked = process.env['KUBARIUM_CHECKPOINT_CYCLES']
const cycles = Number(asked ?? 3)

const withoutMachines = `apiVersion: kubarium.dev/v1
kind: Lab
metadata: {name: default}
spec: {provider: simulated, nodes: 3}
`

describe.skipIf(asked === undefined || whyNoLab('qemu') !== null)('virtual machines', () => { inLab(new TestLab('qemu'), ['node-1', 'node-2']) })
/** The same of the control plane alone: more cycles in less time. */
describe('simulated nodes', () => { inLab(new TestLab('namespace'), []) })

/** @param machines nodes with a machine */
function inLab(lab: TestLab, machines: readonly string[]): void {
  const shelf = join(lab.home, 'labs/default/checkpoints')
  const ticker = { attempted: 0, acknowledged: 0, isOn: true, ended: Promise.resolve() }

  beforeAll(async () => {
    if (machines.length > 0) await lab.up(machines.length)
    else {
      const file = join(lab.home, 'lab.yaml')
      writeFileSync(file, withoutMachines)
      const ended = await lab.kubarium(['up', '-f', file])
      expect(ended.code, ended.stderr).toBe(0)
    }
    await lab.must(['create', 'deployment', 'kept', '--image=registry.k8s.io/pause:3.10', '--replicas=3'])
    await lab.must(['expose', 'deployment', 'kept', '--port=80'])
    await lab.must(['rollout', 'status', 'deployment/kept'])
    for (const [node, other] of [['node-1', '172.30.0.12'], ['node-2', '172.30.0.11']] as const) if (machines.includes(node)) await lab.onNode(node, 'sh', '-c', `nohup ping -q -i 0.02 ${other} >/dev/null 2>&1 &`)
    ticker.ended = tick()
  }, 900_000)
  afterAll(async () => {
    ticker.isOn = false
    await ticker.ended
    await lab.remove()
  }, 300_000)

  /** The load: a ConfigMap after the other, tick-1, tick-2, …; those that an interrupted lab refuses are left out. */
  async function tick(): Promise<void> {
    while (ticker.isOn) {
      const number = ++ticker.attempted
      if ((await lab.kubectl(['create', 'configmap', `tick-${number}`, '--request-timeout=5s'])).code === 0) ticker.acknowledged = number
      await new Promise(resolve => setTimeout(resolve, 100))
    }
  }

  async function must(...argv: string[]): Promise<void> {
    const ended = await lab.kubarium(['checkpoint', ...argv, '--name', lab.name])
    if (ended.code !== 0) throw new Error(`checkpoint ${argv.join(' ')} failed with status ${ended.code}: ${ended.stdout}${ended.stderr}`)
  }

  /** What does not change by itself. */
  async function picture(): Promise<Readonly<Record<string, string>>> {
    const objects = async (): Promise<string> => {
      const { items } = await lab.json<{ items: { kind: string; metadata: { namespace?: string; name: string; uid: string } }[] }>(['get', 'deployments,replicasets,pods,services,secrets,namespaces,serviceaccounts,nodes,endpointslices', '-A'])
      return items.map(({ kind, metadata: { namespace = '', name, uid } }) => `${kind} ${namespace}/${name} ${uid}`).sort().join('\n')
    }
    const seen = await Promise.all(machines.map(name => lab.onNode(name, 'sh', '-c', 'ctr -n k8s.io containers list -q | sort; ip -o -4 addr | tr -s " " | cut -d" " -f2-4 | sort; ip route; iptables-save -t nat | grep -v "^#" | sed "s/\\[[0-9:]*\\]//" | sort; ls /root; cat /proc/sys/kernel/random/boot_id')))
    return { store: await objects(), ...Object.fromEntries(machines.map((name, index) => [name, seen[index]!])) }
  }

  async function ticks(): Promise<ReadonlySet<number>> {
    const names = (await lab.must(['get', 'configmaps', '-o', 'name'])).split('\n')
    return new Set(names.flatMap(name => (name.startsWith('configmap/tick-') ? [Number(name.slice('configmap/tick-'.length))] : [])))
  }

  async function steady(): Promise<void> {
    await lab.must(['rollout', 'status', 'deployment/kept', '--timeout=200s'])
    await lab.must(['wait', 'node', '--all', '--for=condition=Ready', '--timeout=200s'])
  }

  test(`${cycles} cycles of saving, changing and rewinding`, { timeout: 300_000 + cycles * 240_000 }, async () => {
    for (let cycle = 1; cycle <= cycles; cycle++) {
      const startedAt = Date.now()
      const name = `cycle-${cycle}`
      const before = await picture()
      const sure = await ticks()
      await must('save', name)
      const savedAt = Date.now()
      const undoneFrom = ticker.attempted + 1
      await lab.must(['create', 'deployment', 'undone', '--image=registry.k8s.io/pause:3.10', '--replicas=2'])
      await lab.must(['expose', 'deployment', 'undone', '--port=81'])
      await lab.must(['rollout', 'status', 'deployment/undone'])
      await Promise.all(machines.map(node => lab.onNode(node, 'touch', `/root/undone-${cycle}`)))
      const undoneUntil = ticker.acknowledged
      const rewindsAt = Date.now()
      await must('rewind', name)
      const rewoundAt = Date.now()
      expect(await picture(), `cycle ${cycle}`).toEqual(before)
      const after = await ticks()
      expect([...sure].filter(number => !after.has(number)), `cycle ${cycle}: lost`).toEqual([])
      expect([...after].filter(number => number >= undoneFrom && number <= undoneUntil), `cycle ${cycle}: remembered`).toEqual([])
      await steady()
      if (cycle > 1) await must('delete', `cycle-${cycle - 1}`)
      process.stderr.write(`cycle ${cycle}: save ${savedAt - startedAt} ms with the comparison, rewind ${rewoundAt - rewindsAt} ms, ${undoneUntil - undoneFrom + 1} ticks undone\n`)
    }
  })

  /** Kills the lab host as soon as the command says that it is at this step; true where it came to that. */
  async function killAt(argv: readonly string[], words: string): Promise<boolean> {
    const child = lab.start(process.execPath, [join(import.meta.dirname, '../../electron/cli/launch.mjs'), 'checkpoint', ...argv, '--name', lab.name])
    let said = ''
    let wasKilled = false
    const pid = lab.hostPid()
    for (const stream of [child.stdout!, child.stderr!]) stream.on('data', (piece: Buffer) => {
      said += piece.toString()
      if (wasKilled || !said.includes(words)) return
      wasKilled = true
      process.kill(pid, 'SIGKILL')
    })
    await new Promise(resolve => child.once('close', resolve))
    return wasKilled
  }

  /** The old checkpoint is whole, nothing half is left, and the lab does what is asked of it. */
  async function requireWorking(what: string): Promise<void> {
    expect((await lab.kubarium(['status', '--name', lab.name])).code, what).toBe(0) // starts the next lab host
    await eventually(`${what}: no rewind or save under way`, async () => !existsSync(join(shelf, 'rewinding.json')) && !existsSync(join(shelf, 'saving.json')), 240_000)
    await eventually(`${what}: the API server`, async () => (await lab.kubectl(['get', '--raw', '/readyz', '--request-timeout=5s'])).code === 0)
    await steady()
    await must('verify', 'old')
    expect(readdirSync(shelf).filter(name => name.endsWith('.new')), what).toEqual([])
    await lab.must(['scale', 'deployment/kept', '--replicas=2'])
    await lab.must(['rollout', 'status', 'deployment/kept', '--timeout=200s'])
    await lab.must(['scale', 'deployment/kept', '--replicas=3'])
    await steady()
  }

  test('a lab host that is killed at a step of a save or a rewind leaves the old checkpoint and a lab that works', { timeout: 1_800_000 }, async () => {
    await must('save', 'old')
    for (const words of ['making ready', 'everything stands still', 'taking memory', 'writing to the disk', 'checksums']) {
      const wasKilled = await killAt(['save', 'cut'], words)
      await requireWorking(`save killed at "${words}" (${wasKilled ? 'killed' : 'it was quicker'})`)
      await lab.kubarium(['checkpoint', 'delete', 'cut', '--name', lab.name])
    }
    for (const words of ['Looking whether', 'Ending what runs', 'Putting back', 'Starting from']) {
      const wasKilled = await killAt(['rewind', 'old'], words)
      await requireWorking(`rewind killed at "${words}" (${wasKilled ? 'killed' : 'it was quicker'})`)
    }
  })
}
