/** The real controller manager against the real API server and store; a stand-in plays scheduler and kubelets. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { openSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Pod } from '../../agents/api/groups/core-v1/types.ts'
import { configMaps, customResourceDefinitions, daemonSets, deployments, endpointSlices, jobs, leases, namespaces, nodes, persistentVolumeClaims, persistentVolumes, pods, replicaSets, resourceQuotas, serviceAccounts, services, statefulSets } from '../../agents/api/resources.ts'
import type { KubernetesObject, ResourceType } from '../../agents/api/resources.ts'
import { microTimeText, timeText } from '../../agents/base/clock.ts'
import { createClient } from '../../agents/machinery/client.ts'
import type { Client } from '../../agents/machinery/client.ts'
import { isConflict, isNotFound } from '../../agents/machinery/status-error.ts'
import { createHttpTransport, readKubeconfig, systemClock } from '../../agents/runtime/index.ts'
import type { HttpTransport } from '../../agents/runtime/index.ts'
import { startControlPlane } from './control-plane.ts'
import type { ControlPlane } from './control-plane.ts'

const program = join(import.meta.dirname, '../../agents/control-plane/controller-manager/edge/main.ts')
const managerPort = 20_000 + (process.pid % 20_000)
const aliveNodes = new Set(['node-1', 'node-2'])
const abort = new AbortController()
let plane: ControlPlane
let transport: HttpTransport
let client: Client
let manager: ChildProcess
let playing: Promise<void> | undefined
let podServes: (pod: Pod) => boolean = () => true
let nextIp = 1

async function startManager(): Promise<void> {
  const kubeconfig = await plane.kubeconfigFor({ name: 'system:kube-controller-manager' })
  const caFile = join(plane.folder, 'root-ca.crt')
  writeFileSync(caFile, plane.ca)
  const serving = await plane.certificateFor({ commonName: 'kube-controller-manager', ips: ['127.0.0.1'] })
  const [servingCert, servingKey] = [join(plane.folder, 'kcm.crt'), join(plane.folder, 'kcm.key')]
  writeFileSync(servingCert, serving.cert)
  writeFileSync(servingKey, serving.key)
  const log = openSync(join(plane.folder, 'kcm.log'), 'a')
  manager = spawn(process.execPath, [program, `--kubeconfig=${kubeconfig}`, `--secure-port=${managerPort}`, `--tls-cert-file=${servingCert}`, `--tls-private-key-file=${servingKey}`, '--bind-address=127.0.0.1', '--use-service-account-credentials=true', '--allocate-node-cidrs=true', '--cluster-cidr=10.244.0.0/16',
    '--service-cluster-ip-range=10.96.0.0/16', `--root-ca-file=${caFile}`, '--node-monitor-grace-period=3s', '--node-monitor-period=1s'], { stdio: ['ignore', log, log] })
}

async function stopManager(signal: NodeJS.Signals): Promise<void> {
  const gone = new Promise(resolve => manager.once('exit', resolve))
  manager.kill(signal)
  await gone
}

/** Binds Pods to living nodes, makes them ready, ends those being deleted, renews leases. */
async function playNodes(): Promise<void> {
  let renewedAt = 0
  while (!abort.signal.aborted) {
    if (Date.now() - renewedAt > 700) {
      renewedAt = Date.now()
      for (const name of aliveNodes) {
        await client.patch(leases, { namespace: 'kube-node-lease', name }, { spec: { holderIdentity: name, renewTime: microTimeText(Date.now()) } }, { patchType: 'merge' }).catch(async (error: unknown) => {
          if (isNotFound(error)) await client.create(leases, { metadata: { namespace: 'kube-node-lease', name }, spec: { holderIdentity: name } }).catch(() => {})
        })
      }
    }
    const { items } = await client.list(pods).catch(() => ({ items: [] as Pod[] }))
    await Promise.all(items.map(pod => playPod(pod).catch((error: unknown) => {
      if (!isNotFound(error) && !isConflict(error) && !abort.signal.aborted && (error as Error).name !== 'ConnectionError') throw error
    })))
    await pause(50)
  }
}

async function playPod(pod: Pod): Promise<void> {
  const key = { namespace: pod.metadata.namespace!, name: pod.metadata.name }
  const { nodeName } = pod.spec
  if (nodeName === undefined) {
    const names = [...aliveNodes]
    const wanted = pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms[0]?.matchFields?.[0]?.values?.[0]
    const name = wanted ?? names[nextIp % names.length]
    if (name !== undefined) await client.createSubresource(pods, key, 'binding', { kind: 'Binding', apiVersion: 'v1', metadata: key, target: { kind: 'Node', name } })
  } else if (!aliveNodes.has(nodeName)) {
    return
  } else if (pod.metadata.deletionTimestamp !== undefined) {
    await client.delete(pods, key, { gracePeriodSeconds: 0 })
  } else if (pod.status.phase === 'Pending') {
    const isJob = pod.metadata.labels?.['job-name'] !== undefined
    const ip = `10.244.${nodeName.at(-1)}.${nextIp++ % 250 + 1}`
    const status = isJob ? { phase: 'Succeeded' } : { phase: 'Running', podIP: ip, podIPs: [{ ip }], startTime: timeText(Date.now()), conditions: [{ type: 'Ready', status: podServes(pod) ? 'True' : 'False', lastTransitionTime: timeText(Date.now()) }] }
    await client.patch(pods, key, { status }, { patchType: 'merge', subresource: 'status' })
  }
}

async function until<T>(what: string, read: () => Promise<T | undefined | false>, withinMs = 90_000): Promise<T> {
  const deadline = Date.now() + withinMs
  for (;;) {
    const found = await read().catch((error: unknown) => {
      if (isNotFound(error)) return undefined
      throw error
    })
    if (found !== undefined && found !== false) return found
    if (Date.now() > deadline) throw new Error(`not within ${withinMs} ms: ${what}\n${readFileSync(join(plane.folder, 'kcm.log'), 'utf8').split('\n').filter(line => !line.includes('"info"')).slice(-15).join('\n')}`)
    await pause(30)
  }
}

const isGone = async (type: ResourceType, key: { namespace?: string; name: string }): Promise<boolean> => client.get(type, key).then(() => false, (error: unknown) => isNotFound(error))
const listOf = async <T extends KubernetesObject>(type: ResourceType<T>, namespace: string): Promise<T[]> => (await client.list(type, { namespace })).items
const web = (namespace: string, replicas: number) => ({
  metadata: { namespace, name: 'web' },
  spec: { replicas, selector: { matchLabels: { app: 'web' } }, template: { metadata: { labels: { app: 'web' } }, spec: { terminationGracePeriodSeconds: 1, containers: [{ name: 'web', image: 'web:1' }] } } },
})
const complete = (namespace: string, replicas: number) => until('rollout complete', async () => {
  const { status, metadata } = await client.get(deployments, { namespace, name: 'web' })
  return status.updatedReplicas === replicas && status.availableReplicas === replicas && status.replicas === replicas && status.observedGeneration === metadata.generation
})
const patchWeb = (namespace: string, spec: unknown) => client.patch(deployments, { namespace, name: 'web' }, { spec }, { patchType: 'strategic' })

/** Empty, whatever an earlier try of the same test has left in it. */
async function makeNamespace(name: string): Promise<void> {
  if (!await isGone(namespaces, { name })) {
    await client.delete(namespaces, { name }).catch(() => {})
    await until(`namespace ${name} of an earlier try gone`, () => isGone(namespaces, { name }))
  }
  await client.create(namespaces, { metadata: { name }, spec: {} })
  await until(`default service account in ${name}`, () => client.get(serviceAccounts, { namespace: name, name: 'default' }))
}

beforeAll(async () => {
  plane = await startControlPlane()
  transport = createHttpTransport(readKubeconfig(plane.kubeconfig))
  client = createClient(transport, { userAgent: 'test', clock: systemClock })
  for (const name of aliveNodes) {
    await client.create(nodes, { metadata: { name }, spec: {} })
    await client.patch(nodes, { name }, { status: { conditions: [{ type: 'Ready', status: 'True', reason: 'KubeletReady', lastHeartbeatTime: timeText(Date.now()), lastTransitionTime: timeText(Date.now()) }] } }, { patchType: 'merge', subresource: 'status' })
  }
  await startManager()
  playing = playNodes()
})

afterAll(async () => {
  abort.abort()
  manager?.kill('SIGKILL')
  await playing
  transport?.[Symbol.dispose]()
  await plane?.stop()
})

describe('controller manager', () => {
  it('is healthy', async () => {
    using own = createHttpTransport({ server: `https://127.0.0.1:${managerPort}`, ca: plane.ca })
    const reply = await until('healthz', () => own.request({ method: 'GET', path: '/healthz' }).catch(() => undefined))
    expect([reply.status, reply.body]).toEqual([200, 'ok'])
  })

  it('gives nodes Pod CIDRs, and namespaces their account and CA', async () => {
    await makeNamespace('basics')
    await until('root CA', async () => (await client.get(configMaps, { namespace: 'basics', name: 'kube-root-ca.crt' })).data?.['ca.crt'] === plane.ca)
    const cidrs = await until('pod CIDRs', async () => {
      const all = (await client.list(nodes)).items.map(({ spec }) => spec.podCIDR)
      return all.every(cidr => cidr !== undefined) && all
    })
    expect(cidrs.toSorted()).toEqual(['10.244.0.0/24', '10.244.1.0/24'])
  })

  it('rolls a deployment out, scales it, updates it without a gap, and back', async () => {
    await makeNamespace('rollout')
    await client.create(services, { metadata: { namespace: 'rollout', name: 'web' }, spec: { selector: { app: 'web' }, ports: [{ port: 80 }] } })
    await client.create(deployments, web('rollout', 3))
    await complete('rollout', 3)
    const readyEndpoints = async (): Promise<number> => (await listOf(endpointSlices, 'rollout')).flatMap(slice => slice.endpoints ?? []).filter(({ conditions }) => conditions?.ready === true).length
    await until('three endpoints', async () => (await readyEndpoints()) === 3)

    let fewest = 3
    const watching = new AbortController()
    const watch = (async () => {
      while (!watching.signal.aborted) fewest = Math.min(fewest, await readyEndpoints())
    })()
    await patchWeb('rollout', { template: { spec: { containers: [{ name: 'web', image: 'web:2' }] } } })
    await complete('rollout', 3)
    watching.abort()
    await watch
    expect(fewest).toBe(3)
    expect((await listOf(pods, 'rollout')).filter(pod => pod.metadata.deletionTimestamp === undefined).map(pod => pod.spec.containers[0]!.image)).toEqual(['web:2', 'web:2', 'web:2'])

    await patchWeb('rollout', { replicas: 6 })
    await complete('rollout', 6)
    await patchWeb('rollout', { replicas: 1 })
    await complete('rollout', 1)
    expect((await listOf(replicaSets, 'rollout')).map(({ metadata, spec }) => `${metadata.annotations?.['deployment.kubernetes.io/revision']} ${spec.replicas}`).toSorted()).toEqual(['1 0', '2 1'])
  })

  it('a killed controller manager goes on where it was', async () => {
    if (manager.exitCode !== null || manager.signalCode !== null) await startManager()
    await makeNamespace('crash')
    podServes = pod => pod.spec.containers[0]!.image !== 'slow'
    await client.create(deployments, web('crash', 4))
    await complete('crash', 4)
    await patchWeb('crash', { template: { spec: { containers: [{ name: 'web', image: 'web:2' }] } } })
    await stopManager('SIGKILL')
    await patchWeb('crash', { replicas: 5 })
    await startManager()
    await complete('crash', 5)
    expect((await listOf(pods, 'crash')).filter(pod => pod.metadata.deletionTimestamp === undefined)).toHaveLength(5)
  })

  it('deletes what a deleted deployment owned, in the background, foreground and not at all', async () => {
    await makeNamespace('cascade')
    const key = { namespace: 'cascade', name: 'web' }
    for (const propagationPolicy of ['Background', 'Foreground'] as const) {
      await client.create(deployments, web('cascade', 2))
      await complete('cascade', 2)
      await client.delete(deployments, key, { propagationPolicy })
      await until(`${propagationPolicy}: all gone`, async () => (await isGone(deployments, key)) && (await listOf(replicaSets, 'cascade')).length === 0 && (await listOf(pods, 'cascade')).length === 0)
    }
    await client.create(deployments, web('cascade', 2))
    await complete('cascade', 2)
    await client.delete(deployments, key, { propagationPolicy: 'Orphan' })
    await until('orphaned', () => isGone(deployments, key))
    expect((await listOf(replicaSets, 'cascade')).map(({ metadata }) => metadata.ownerReferences ?? [])).toEqual([[]])
    expect(await listOf(pods, 'cascade')).toHaveLength(2)
  })

  it('collects custom resources too', async () => {
    await makeNamespace('custom')
    await client.delete(customResourceDefinitions, { name: 'widgets.example.com' }).catch(() => {})
    await until('no definition of an earlier try', () => isGone(customResourceDefinitions, { name: 'widgets.example.com' }))
    await client.create(customResourceDefinitions, {
      metadata: { name: 'widgets.example.com' },
      spec: { group: 'example.com', scope: 'Namespaced', names: { plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'WidgetList' }, versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } } }] },
    })
    const widgets: ResourceType = { group: 'example.com', version: 'v1', resource: 'widgets', kind: 'Widget', namespaced: true }
    const widget = await until('widget made', () => client.create(widgets, { metadata: { namespace: 'custom', name: 'w' } }).catch(() => undefined))
    await client.create(configMaps, { metadata: { namespace: 'custom', name: 'owned', ownerReferences: [{ apiVersion: 'example.com/v1', kind: 'Widget', name: 'w', uid: widget.metadata.uid }] } })
    await pause(500)
    expect(await isGone(configMaps, { namespace: 'custom', name: 'owned' })).toBe(false)
    await client.delete(widgets, { namespace: 'custom', name: 'w' })
    await until('owned map collected', () => isGone(configMaps, { namespace: 'custom', name: 'owned' }))
  })

  it('gives back to a quota what was deleted, under the eyes of admission', async () => {
    await makeNamespace('counted')
    const key = { namespace: 'counted', name: 'q' }
    await client.create(resourceQuotas, { metadata: key, spec: { hard: { 'pods': '2', 'count/configmaps': '3', 'count/deployments.apps': '1' } } })
    const used = (wanted: Record<string, string>) => until(`used ${JSON.stringify(wanted)}`, async () => {
      const { status } = await client.get(resourceQuotas, key)
      return JSON.stringify(Object.entries(status.used ?? {}).sort()) === JSON.stringify(Object.entries(wanted).sort())
    })
    await used({ 'pods': '0', 'count/configmaps': '1', 'count/deployments.apps': '0' })
    await client.create(deployments, web('counted', 3))
    await used({ 'pods': '2', 'count/configmaps': '1', 'count/deployments.apps': '1' })
    await expect(client.create(deployments, { ...web('counted', 1), metadata: { namespace: 'counted', name: 'second' } })).rejects.toThrow('exceeded quota: q, requested: count/deployments.apps=1, used: count/deployments.apps=1, limited: count/deployments.apps=1')
    await client.delete(deployments, { namespace: 'counted', name: 'web' })
    await used({ 'pods': '0', 'count/configmaps': '1', 'count/deployments.apps': '0' })
  })

  it('empties a namespace that is deleted', async () => {
    await makeNamespace('doomed')
    await client.create(deployments, web('doomed', 3))
    await complete('doomed', 3)
    await client.delete(namespaces, { name: 'doomed' })
    await until('namespace gone', () => isGone(namespaces, { name: 'doomed' }))
    expect(await listOf(pods, 'doomed')).toEqual([])
  })

  it('runs daemons on each node and a job to its end', async () => {
    await makeNamespace('work')
    await client.create(daemonSets, { metadata: { namespace: 'work', name: 'agent' }, spec: { selector: { matchLabels: { app: 'agent' } }, template: { metadata: { labels: { app: 'agent' } }, spec: { containers: [{ name: 'a', image: 'a' }] } } } })
    await until('daemons ready', async () => (await client.get(daemonSets, { namespace: 'work', name: 'agent' })).status.numberAvailable === 2)
    await client.create(jobs, { metadata: { namespace: 'work', name: 'sum' }, spec: { completions: 3, parallelism: 2, template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'c' }] } } } })
    const { status } = await until('job complete', async () => {
      const job = await client.get(jobs, { namespace: 'work', name: 'sum' })
      return job.status.conditions?.some(({ type, status: is }) => type === 'Complete' && is === 'True') === true && job
    })
    expect(status).toMatchObject({ succeeded: 3 })
  })

  it('moves Pods from a node that has gone silent', async () => {
    aliveNodes.add('node-2')
    await makeNamespace('silent')
    const draft = web('silent', 2)
    await client.create(deployments, { ...draft, spec: { ...draft.spec, template: { ...draft.spec.template, spec: { ...draft.spec.template.spec, tolerations: ['not-ready', 'unreachable'].map(name => ({ key: `node.kubernetes.io/${name}`, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 1 })) } } } })
    await complete('silent', 2)
    aliveNodes.delete('node-2')
    await until('node Unknown and tainted', async () => {
      const node = await client.get(nodes, { name: 'node-2' })
      return node.status.conditions?.find(({ type }) => type === 'Ready')?.status === 'Unknown' && node.spec.taints?.some(({ effect }) => effect === 'NoExecute') === true
    })
    await until('all on the other node', async () => {
      const alive = (await listOf(pods, 'silent')).filter(pod => pod.metadata.deletionTimestamp === undefined)
      return alive.length === 2 && alive.every(pod => pod.spec.nodeName === 'node-1' && pod.status.phase === 'Running')
    })
    aliveNodes.add('node-2')
    await client.patch(nodes, { name: 'node-2' }, { status: { conditions: [{ type: 'Ready', status: 'True', lastHeartbeatTime: timeText(Date.now()), lastTransitionTime: timeText(Date.now()) }] } }, { patchType: 'strategic', subresource: 'status' })
    await until('node back', async () => (await client.get(nodes, { name: 'node-2' })).spec.taints === undefined)
  })

  it('does all of it with the rights upstream gives each controller, and no others', async () => {
    await makeNamespace('rights')
    const volume = (name: string) => client.create(persistentVolumes, { metadata: { name }, spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], storageClassName: 'manual', persistentVolumeReclaimPolicy: 'Retain', hostPath: { path: `/tmp/${name}` } } })
    await Promise.all([volume('rights-1'), volume('rights-2')])
    const claim = { accessModes: ['ReadWriteOnce' as const], storageClassName: 'manual', resources: { requests: { storage: '1Gi' } } }
    await client.create(statefulSets, {
      metadata: { namespace: 'rights', name: 'db' },
      spec: { serviceName: 'db', replicas: 2, persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Delete', whenScaled: 'Delete' }, selector: { matchLabels: { app: 'db' } }, template: { metadata: { labels: { app: 'db' } }, spec: { containers: [{ name: 'c', image: 'c' }] } }, volumeClaimTemplates: [{ metadata: { name: 'data' }, spec: claim }] },
    } as never)
    await until('claims bound', async () => (await listOf(persistentVolumeClaims, 'rights')).filter(({ status }) => status.phase === 'Bound').length === 2)
    await until('both ready', async () => (await client.get(statefulSets, { namespace: 'rights', name: 'db' })).status.readyReplicas === 2)
    await client.patch(statefulSets, { namespace: 'rights', name: 'db' }, { spec: { replicas: 1 } }, { patchType: 'merge' })
    await until('one claim left', async () => (await listOf(persistentVolumeClaims, 'rights')).length === 1)
    await client.delete(statefulSets, { namespace: 'rights', name: 'db' })
    await until('no claim left', async () => (await listOf(persistentVolumeClaims, 'rights')).length === 0)
    await Promise.all(['rights-1', 'rights-2'].map(name => client.delete(persistentVolumes, { name })))
    await until('volumes gone', () => isGone(persistentVolumes, { name: 'rights-1' }))
    const refused = readFileSync(join(plane.folder, 'kcm.log'), 'utf8').split('\n').filter(line => line.includes(' is forbidden: '))
    expect(refused.filter(line => line.includes(' cannot '))).toEqual([])
  })
})
