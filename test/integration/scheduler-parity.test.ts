/**
 * The scheduling scenarios against a scheduler process and a real API server: TEST_SCHEDULER=<binary of kube-scheduler>
 * asks upstream whether the expected column is right, TEST_SCHEDULER=own asks our process. ONLY=<topic> for one file.
 * Scenarios with plugin arguments have a profile of their own each; their pods ask for it by its name.
 */
import { spawn } from 'node:child_process'
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { parse } from 'yaml'
import type { Pod } from '../../agents/api/groups/core-v1/types.ts'
import type { ResourceClaim } from '../../agents/api/groups/resource-v1/types.ts'
import type { KubernetesObject } from '../../agents/api/kubernetes-object.ts'
import type { Scenario, ScenarioFile } from '../../agents/control-plane/scheduler/parity/scenario.ts'
import { expected, nameOf } from '../../agents/control-plane/scheduler/parity/scenario.ts'
import { shortNode, shortObject, shortPod } from '../../agents/control-plane/scheduler/parity/short-objects.ts'
import type { ControlPlane } from './control-plane.ts'
import { startControlPlane } from './control-plane.ts'
import type { RawApi } from './raw-api.ts'
import { rawApi } from './raw-api.ts'

const binary = process.env['TEST_SCHEDULER']
const only = process.env['ONLY']
const root = join(import.meta.dirname, '../..')
const folder = join(root, 'agents/control-plane/scheduler/parity/scenarios')
const files = readdirSync(folder).filter(name => name.endsWith('.yaml')).sort().map(name => parse(readFileSync(join(folder, name), 'utf8')) as ScenarioFile).filter(({ topic }) => only === undefined || topic === only)

const withArguments = files.flatMap(({ scenarios }) => scenarios).filter(({ args }) => args !== undefined)

function schedulerOf(scenario: Scenario): string {
  return scenario.args === undefined ? 'default-scheduler' : `with-arguments-${withArguments.indexOf(scenario)}`
}

function configuration(kubeconfig: string): object {
  const apiVersion = 'kubescheduler.config.k8s.io/v1'
  return {
    apiVersion, kind: 'KubeSchedulerConfiguration', clientConnection: { kubeconfig, qps: 1_000, burst: 1_000 }, leaderElection: { leaderElect: false },
    profiles: [{ schedulerName: 'default-scheduler' }, ...withArguments.map(scenario => ({
      schedulerName: schedulerOf(scenario),
      pluginConfig: Object.entries(scenario.args!).map(([name, args]) => ({ name, args: { apiVersion, kind: `${name}Args`, ...args } })),
    }))],
  }
}

/** Plugins that would change what a scenario says: priorities by class, accounts, taints of unready nodes, default classes. */
const withoutAdmission = 'Priority,ServiceAccount,TaintNodesByCondition,DefaultTolerationSeconds,DefaultStorageClass,StorageObjectInUseProtection'
const hold = 'example.com/hold'

const places: Readonly<Record<string, string>> = {
  Namespace: '/api/v1/namespaces', Node: '/api/v1/nodes', Pod: '/api/v1/namespaces/NS/pods', Service: '/api/v1/namespaces/NS/services', PersistentVolume: '/api/v1/persistentvolumes', PersistentVolumeClaim: '/api/v1/namespaces/NS/persistentvolumeclaims',
  ReplicaSet: '/apis/apps/v1/namespaces/NS/replicasets', PodDisruptionBudget: '/apis/policy/v1/namespaces/NS/poddisruptionbudgets', StorageClass: '/apis/storage.k8s.io/v1/storageclasses', CSINode: '/apis/storage.k8s.io/v1/csinodes',
  CSIDriver: '/apis/storage.k8s.io/v1/csidrivers', CSIStorageCapacity: '/apis/storage.k8s.io/v1/namespaces/NS/csistoragecapacities', VolumeAttachment: '/apis/storage.k8s.io/v1/volumeattachments',
  DeviceClass: '/apis/resource.k8s.io/v1/deviceclasses', ResourceSlice: '/apis/resource.k8s.io/v1/resourceslices', ResourceClaim: '/apis/resource.k8s.io/v1/namespaces/NS/resourceclaims',
}

function pathOf({ kind, metadata }: KubernetesObject): string {
  return places[kind!]!.replace('NS', metadata.namespace ?? 'default')
}

/** One scenario's objects in a real cluster. */
class Stage {
  readonly #api: RawApi
  readonly #made: string[] = []
  readonly #uids = new Map<string, string>()

  constructor(api: RawApi) {
    this.#api = api
  }

  /** Creates it with its status, its deletion begun if it is terminating. Ids of others it names become theirs. */
  async make(object: KubernetesObject): Promise<string> {
    const { deletionTimestamp, ...metadata } = object.metadata
    const text = JSON.stringify({ ...object, metadata: { ...metadata, uid: undefined, resourceVersion: undefined, creationTimestamp: undefined, ...(deletionTimestamp === undefined || object.kind === 'Pod' ? {} : { finalizers: [hold] }) } })
    const body = text.replaceAll(/uid-[^"]*/g, uid => this.#uids.get(uid) ?? uid)
    const created = await this.#api.call('POST', pathOf(object), body)
    if (created.status !== 201 && !(created.status === 409 && object.kind === 'Namespace')) throw new Error(`${object.kind} ${object.metadata.name}: ${created.text}`)
    const path = `${pathOf(object)}/${object.metadata.name}`
    this.#made.push(path)
    this.#uids.set(object.metadata.uid, created.json?.metadata?.uid ?? '')
    if (created.status === 409) await this.#api.call('PATCH', path, { metadata: { labels: object.metadata.labels ?? {} } }, { 'content-type': 'application/merge-patch+json' })
    const { status } = object as { status?: unknown }
    if (status !== undefined && object.kind !== 'Namespace') await this.#api.call('PATCH', `${path}/status`, { status }, { 'content-type': 'application/merge-patch+json' })
    if (deletionTimestamp !== undefined) await this.#api.call('DELETE', path)
    return path
  }

  async clear(): Promise<void> {
    const { json: claims } = await this.#api.call('GET', '/apis/resource.k8s.io/v1/resourceclaims') // those that the scheduler made
    for (const { metadata } of claims.items as ResourceClaim[]) this.#made.push(`${places['ResourceClaim']!.replace('NS', metadata.namespace!)}/${metadata.name}`)
    for (const path of this.#made.reverse().filter(made => !made.startsWith(places['Namespace']!) || made.includes('/', places['Namespace']!.length + 1))) {
      await this.#api.call('PATCH', path, { metadata: { finalizers: null } }, { 'content-type': 'application/merge-patch+json' })
      await this.#api.call('DELETE', path, { kind: 'DeleteOptions', apiVersion: 'v1', gracePeriodSeconds: 0 })
    }
  }
}

async function answerOf(api: RawApi, path: string, victims: readonly string[]): Promise<string> {
  let lastEvicted: readonly string[] | undefined
  for (let tries = 0; tries < 100; tries++) {
    await pause(150)
    const { json: pod } = await api.call('GET', path) as { json: Pod }
    if ((pod.spec.nodeName ?? '') !== '') return pod.spec.nodeName!
    const condition = pod.status.conditions?.find(({ type }) => type === 'PodScheduled')
    if (condition?.reason === 'SchedulingGated') return 'gated'
    if (condition?.reason !== 'Unschedulable') {
      if ((pod.status.nominatedNodeName ?? '') !== '') return pod.status.nominatedNodeName! // its volumes are being bound there
      continue
    }
    if (victims.length === 0) return condition.message ?? ''
    const evicted: string[] = []
    for (const victim of victims) {
      const { status, json } = await api.call('GET', victim)
      if (status === 404 || json.metadata.deletionTimestamp !== undefined) evicted.push(victim.slice(victim.lastIndexOf('/') + 1))
    }
    const isSettled = evicted.length > 0 && evicted.length === (lastEvicted ?? []).length
    lastEvicted = evicted
    if (isSettled && (pod.status.nominatedNodeName ?? '') !== '') return `preempts ${evicted.sort().join(' ')} on ${pod.status.nominatedNodeName!}`
    if (tries > 20) return condition.message ?? ''
  }
  return 'no answer'
}

async function play(api: RawApi, scenario: Scenario): Promise<string> {
  const stage = new Stage(api)
  try {
    const pods = (scenario.pods ?? []).map(shortPod)
    const subject = shortPod(scenario.pod)
    const namespaces = new Set([...pods, subject].map(pod => pod.metadata.namespace!))
    const objects = (scenario.objects ?? []).map(shortObject)
    const named = new Set(objects.filter(({ kind }) => kind === 'Namespace').map(({ metadata }) => metadata.name))
    for (const name of namespaces) if (!named.has(name)) await stage.make(shortObject(`namespace ${name}`))
    for (const object of objects.filter(({ kind }) => kind === 'Namespace')) await stage.make(object)
    for (const node of scenario.nodes) await stage.make(shortNode(node) as unknown as KubernetesObject)
    for (const object of [...objects.filter(({ kind }) => kind === 'PersistentVolumeClaim'), ...objects.filter(({ kind }) => kind !== 'PersistentVolumeClaim' && kind !== 'Namespace')]) await stage.make(object)
    const placed: string[] = []
    for (const pod of pods) placed.push(await stage.make(pod as unknown as KubernetesObject))
    await pause(400)
    const path = await stage.make({ ...subject, spec: { ...subject.spec, schedulerName: schedulerOf(scenario) }, status: undefined } as unknown as KubernetesObject)
    return await answerOf(api, path, scenario.preempts === undefined ? [] : placed)
  } finally {
    await stage.clear()
    await pause(100)
  }
}

describe.runIf(binary !== undefined)('scheduler parity', () => {
  let plane: ControlPlane
  let api: RawApi
  let stop: () => Promise<void>

  beforeAll(async () => {
    plane = await startControlPlane({ flags: [`--disable-admission-plugins=${withoutAdmission}`] })
    api = rawApi(plane)
    const kubeconfig = await plane.kubeconfigFor({ name: 'system:kube-scheduler' })
    const certificate = await plane.certificateFor({ commonName: 'kube-scheduler', dns: ['localhost'], ips: ['127.0.0.1'] })
    const certFile = join(plane.folder, 'scheduler.crt')
    const keyFile = join(plane.folder, 'scheduler.key')
    writeFileSync(certFile, certificate.cert)
    writeFileSync(keyFile, certificate.key, { mode: 0o600 })
    const configFile = join(plane.folder, 'scheduler.json')
    writeFileSync(configFile, JSON.stringify(configuration(kubeconfig)))
    const flags = [`--config=${configFile}`, '--bind-address=127.0.0.1', '--secure-port=0', `--tls-cert-file=${certFile}`, `--tls-private-key-file=${keyFile}`]
    const child = binary === 'own' ? spawn(process.execPath, [join(root, 'agents/control-plane/scheduler/edge/main.ts'), ...flags], { stdio: 'ignore' }) : spawn(binary!, flags, { stdio: 'ignore' })
    const ended = new Promise<void>(resolve => { child.once('exit', () => { resolve() }) })
    stop = async () => {
      child.kill('SIGTERM')
      await Promise.race([ended, pause(5_000).then(() => { child.kill('SIGKILL') })])
    }
    await pause(3_000)
  }, 120_000)

  afterAll(async () => {
    await stop()
    await plane.stop()
  }, 30_000)

  describe.each(files)('$topic', ({ scenarios }) => {
    test.each(scenarios.map(scenario => [nameOf(scenario), scenario] as const))('%s', async (_, scenario) => {
      const seen = await play(api, scenario)
      const wanted = scenario.gated === undefined ? expected(scenario) : ['gated']
      if (!wanted.includes(seen)) throw new Error(`came out: ${seen}\nwas to be: ${wanted.join(' or ')}`)
    }, 60_000)
  })
})
