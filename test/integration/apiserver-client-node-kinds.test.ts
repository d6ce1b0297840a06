/**
 * @kubernetes/client-node, unchanged: its typed calls for every kind that is served, and its informers through what can go
 * wrong: compacted history, a server that is killed, a store that is restarted.
 */
import { readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import * as k8s from '@kubernetes/client-node'
import type { KubernetesObject, V1ConfigMap } from '@kubernetes/client-node'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { kinds } from '../../agents/api/kinds.ts'
import { connectEtcd } from '../../agents/runtime/grpc/connect-etcd.ts'
import { startControlPlane } from './control-plane.ts'
import type { ControlPlane } from './control-plane.ts'
import { createCertificateRequest } from './test-pki.ts'

let plane: ControlPlane
let config: k8s.KubeConfig
let certificateRequest: string

beforeAll(async () => {
  plane = await startControlPlane()
  certificateRequest = await createCertificateRequest('CN=kinds')
  config = new k8s.KubeConfig()
  config.loadFromFile(plane.kubeconfig)
  const core = config.makeApiClient(k8s.CoreV1Api)
  await core.createNamespace({ body: { metadata: { name: 'kinds' } } })
  await core.createNamespacedServiceAccount({ namespace: 'kinds', body: { metadata: { name: 'default' } } })
})

afterAll(async () => {
  await plane?.stop()
})

interface Sample {
  apiVersion: string
  kind: string
  metadata: { name?: string; namespace?: string; labels?: Record<string, string>; [field: string]: unknown }
  [field: string]: unknown
}

const samples = JSON.parse(readFileSync(new URL('../../agents/api/testdata/samples.json', import.meta.url), 'utf8')) as Sample[]
const name = 'typed'

/** Kinds that the samples leave out, and what has to be changed in a sample so that this server takes it as it is. */
const written: Readonly<Record<string, (sample: Sample | undefined) => Omit<Sample, 'apiVersion' | 'kind'>>> = {
  'v1/Pod': () => ({ metadata: {}, spec: { containers: [{ name: 'c', image: 'i' }] } }),
  'v1/Namespace': () => ({ metadata: {} }),
  'v1/Node': () => ({ metadata: {} }),
  'v1/Service': () => ({ metadata: {}, spec: { ports: [{ port: 80 }], selector: { a: 'b' } } }),
  'v1/PersistentVolume': () => ({ metadata: {}, spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], hostPath: { path: '/x' } } }),
  'v1/PersistentVolumeClaim': () => ({ metadata: {}, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } }),
  'v1/Event': () => ({ metadata: {}, involvedObject: { kind: 'Pod', name: 'p', namespace: 'kinds' }, reason: 'R', message: 'm', type: 'Normal', source: { component: 'c' }, firstTimestamp: '2026-01-01T00:00:00Z', lastTimestamp: '2026-01-01T00:00:00Z' }),
  'events.k8s.io/v1/Event': () => ({ metadata: {}, eventTime: '2026-01-01T00:00:00.000001Z', reportingController: 'e.com/c', reportingInstance: 'i', action: 'A', reason: 'R', type: 'Normal', regarding: { kind: 'Pod', name: 'p', namespace: 'kinds' } }),
  'v1/Endpoints': () => ({ metadata: {}, subsets: [{ addresses: [{ ip: '10.1.1.1' }], ports: [{ port: 80 }] }] }),
  'apps/v1/ReplicaSet': () => ({ metadata: {}, spec: { selector: { matchLabels: { a: 'b' } }, template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } } } }),
  'batch/v1/CronJob': () => ({ metadata: {}, spec: { schedule: '* * * * *', jobTemplate: { spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i' }] } } } } } }),
  'v1/ResourceQuota': () => ({ metadata: {}, spec: { hard: { pods: '100' } } }),
  'v1/LimitRange': () => ({ metadata: {}, spec: { limits: [{ type: 'PersistentVolumeClaim', max: { storage: '10Gi' } }] } }),
  'batch/v1/Job': () => ({ metadata: {}, spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i' }] } } } }),
  'certificates.k8s.io/v1/CertificateSigningRequest': () => ({ metadata: {}, spec: { request: Buffer.from(certificateRequest).toString('base64'), signerName: 'example.com/signer', usages: ['client auth'] } }),
  'admissionregistration.k8s.io/v1/ValidatingWebhookConfiguration': () => ({ metadata: {}, webhooks: [] }),
  'admissionregistration.k8s.io/v1/MutatingWebhookConfiguration': () => ({ metadata: {}, webhooks: [] }),
  'admissionregistration.k8s.io/v1/ValidatingAdmissionPolicy': () => ({ metadata: {}, spec: { matchConstraints: { resourceRules: [{ apiGroups: ['example.com'], apiVersions: ['v1'], operations: ['CREATE'], resources: ['things'] }] }, validations: [{ expression: 'true' }] } }),
  'admissionregistration.k8s.io/v1/ValidatingAdmissionPolicyBinding': () => ({ metadata: {}, spec: { policyName: 'none', validationActions: ['Deny'] } }),
  'admissionregistration.k8s.io/v1/MutatingAdmissionPolicy': () => ({ metadata: {}, spec: { reinvocationPolicy: 'Never', matchConstraints: { resourceRules: [{ apiGroups: ['example.com'], apiVersions: ['v1'], operations: ['CREATE'], resources: ['things'] }] }, mutations: [{ patchType: 'ApplyConfiguration', applyConfiguration: { expression: 'Object{}' } }] } }),
  'admissionregistration.k8s.io/v1/MutatingAdmissionPolicyBinding': () => ({ metadata: {}, spec: { policyName: 'none' } }),
  'apiextensions.k8s.io/v1/CustomResourceDefinition': () => ({ metadata: { name: 'typeds.example.com' }, spec: { group: 'example.com', scope: 'Namespaced', names: { plural: 'typeds', singular: 'typed', kind: 'Typed' }, versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } } }] } }),
  'apiregistration.k8s.io/v1/APIService': () => ({ metadata: { name: 'v1.example.org' }, spec: { group: 'example.org', version: 'v1', groupPriorityMinimum: 1000, versionPriority: 10, insecureSkipTLSVerify: true, service: { namespace: 'kinds', name: 'none' } } }),
  'networking.k8s.io/v1/IPAddress': () => ({ metadata: { name: '10.77.0.9' }, spec: { parentRef: { resource: 'services', namespace: 'kinds', name: 'x' } } }),
  'networking.k8s.io/v1/ServiceCIDR': () => ({ metadata: {}, spec: { cidrs: ['10.77.0.0/24'] } }),
  'storage.k8s.io/v1/VolumeAttributesClass': () => ({ metadata: {}, driverName: 'example.com/driver', parameters: { a: 'b' } }),
  'resource.k8s.io/v1/ResourceClaimTemplate': () => ({ metadata: {}, spec: { spec: { devices: { requests: [{ name: 'r', exactly: { deviceClassName: 'd' } }] } } } }),
}

interface Method {
  (parameters: object, options?: object): Promise<unknown>
}

/** The typed call of a kind: readNamespacedConfigMap, createNode and so on. */
function call(group: string, version: string, kind: string, isNamespaced: boolean, verb: string): (parameters: object, options?: object) => Promise<unknown> {
  const groupName = group === '' ? 'Core' : group.replace(/\.k8s\.io$/, '').split('.').map(part => part[0]!.toUpperCase() + part.slice(1)).join('')
  const versionName = version[0]!.toUpperCase() + version.slice(1)
  const constructors = k8s as unknown as Readonly<Record<string, Parameters<k8s.KubeConfig['makeApiClient']>[0] | undefined>>
  const names = [`${groupName}${versionName}Api`, `${groupName}Apiserver${versionName}Api`]
  const constructor = names.map(each => constructors[each]).find(found => found !== undefined)
  if (constructor === undefined) throw new Error(`client-node has no ${names[0]!}`)
  const client = config.makeApiClient(constructor) as unknown as Record<string, Method>
  const method = `${verb}${isNamespaced ? 'Namespaced' : ''}${kind}`
  if (typeof client[method] !== 'function') throw new Error(`client-node has no ${method}`)
  return (parameters, options) => client[method]!(parameters, options)
}

const served = kinds.filter(kind => kind.row.verbs.includes('create') && kind.row.verbs.includes('list')).map(({ type }) => ({ ...type, id: `${type.group === '' ? '' : `${type.group}/`}${type.version}/${type.kind}` }))

describe('typed calls', () => {
  test('there are some sixty kinds', () => {
    expect(served.length).toBeGreaterThan(55)
  })

  test.each(served.map(type => [type.id, type] as const))('%s is made, read, listed, patched, replaced and deleted', async (id, type) => {
    const { group, version, kind, namespaced } = type
    const sample = samples.find(each => `${each.apiVersion}/${each.kind}` === id)
    const own = written[id]?.(sample) ?? sample
    if (own === undefined) throw new Error(`no sample of ${id}`)
    const body = structuredClone({ ...own, apiVersion: group === '' ? version : `${group}/${version}`, kind }) as Sample
    const given = own.metadata as Sample['metadata']
    body.metadata = { ...(written[id] !== undefined && given.name !== undefined ? { name: given.name } : { name }), labels: { typed: 'yes' } }
    const where = namespaced ? { namespace: 'kinds' } : {}
    const at = { ...where, name: body.metadata.name! }
    const verb = (which: string) => call(group, version, kind, namespaced, which)

    const made = (await verb('create')({ ...where, body })) as Sample
    expect([made.kind ?? kind, made.metadata.name]).toEqual([kind, at.name])
    const read = (await verb('read')(at)) as Sample
    expect(read.metadata['uid']).toBe(made.metadata['uid'])
    const list = (await verb('list')({ ...where, labelSelector: 'typed=yes' })) as { kind: string; items: Sample[]; metadata: { resourceVersion: string } }
    expect([list.kind, list.items.map(item => item.metadata.name)]).toEqual([`${kind}List`, [at.name]])
    for (const [strategy, patch] of [
      [k8s.PatchStrategy.MergePatch, { metadata: { annotations: { merge: 'yes' } } }],
      [k8s.PatchStrategy.StrategicMergePatch, { metadata: { annotations: { strategic: 'yes' } } }],
      [k8s.PatchStrategy.JsonPatch, [{ op: 'add', path: '/metadata/annotations/json', value: 'yes' }]],
      [k8s.PatchStrategy.ServerSideApply, { apiVersion: body.apiVersion, kind, metadata: { name: at.name, annotations: { apply: 'yes' } } }],
    ] as const) await verb('patch')({ ...at, body: patch, ...(strategy === k8s.PatchStrategy.ServerSideApply ? { fieldManager: 'typed', force: true } : {}) }, k8s.setHeaderOptions('Content-Type', strategy))
    const patched = (await verb('read')(at)) as Sample
    expect(patched.metadata['annotations']).toMatchObject({ merge: 'yes', strategic: 'yes', json: 'yes', apply: 'yes' })
    const replaced = (await verb('replace')({ ...at, body: { ...patched, metadata: { ...patched.metadata, annotations: { replaced: 'yes' } } } })) as Sample
    expect(replaced.metadata['annotations']).toMatchObject({ replaced: 'yes' })
    expect(replaced.metadata['annotations']).not.toHaveProperty('merge')
    await verb('delete')({ ...at, gracePeriodSeconds: 0 })
    const until = Date.now() + 10_000
    let gone = false
    while (!gone && Date.now() < until) {
      gone = await verb('read')(at).then(object => finalizersOnly(object as Sample), (error: { code?: number }) => error.code === 404)
      if (!gone) await pause(50)
    }
    expect(gone).toBe(true)
  })

  /** What only controllers let go (namespaces, protected claims and volumes) is marked for it. */
  function finalizersOnly(object: Sample): boolean {
    return object.metadata['deletionTimestamp'] !== undefined
  }
})

describe('informers', () => {
  interface Following {
    readonly known: Map<string, string>
    readonly log: string[]
    readonly errors: string[]
    stop(): Promise<void>
  }

  /** Adds and deletes of one name alternate, and no state is told twice: anything else is a loss or a repeat. */
  async function follow(namespace: string): Promise<Following> {
    const core = config.makeApiClient(k8s.CoreV1Api)
    const informer = k8s.makeInformer<V1ConfigMap>(config, `/api/v1/namespaces/${namespace}/configmaps`, () => core.listNamespacedConfigMap({ namespace }))
    const known = new Map<string, string>()
    const log: string[] = []
    const errors: string[] = []
    const told = (what: string) => (object: KubernetesObject) => {
      const version = object.metadata!.resourceVersion!
      if (what === 'add' && known.has(object.metadata!.name!)) log.push(`repeat ${object.metadata!.name!}`)
      if (what === 'delete') known.delete(object.metadata!.name!)
      else known.set(object.metadata!.name!, version)
      log.push(`${what} ${object.metadata!.name!} ${version}`)
    }
    informer.on('add', told('add'))
    informer.on('update', told('update'))
    informer.on('delete', told('delete'))
    let isStopped = false
    informer.on('error', (error: unknown) => {
      errors.push(String((error as { code?: unknown; statusCode?: unknown } | undefined)?.code ?? error))
      if (!isStopped) setTimeout(() => { void informer.start().catch(() => { setTimeout(() => { void informer.start() }, 300) }) }, 200)
    })
    await informer.start()
    return {
      known, log, errors,
      stop: async () => {
        isStopped = true
        await informer.stop()
      },
    }
  }

  async function truth(namespace: string): Promise<[string, string][]> {
    const { items } = await config.makeApiClient(k8s.CoreV1Api).listNamespacedConfigMap({ namespace })
    return items.map(item => [item.metadata!.name!, item.metadata!.resourceVersion!] as [string, string]).sort()
  }

  async function agree(following: Following, namespace: string): Promise<void> {
    let wanted = ''
    for (let waited = 0; waited < 40_000; waited += 100) {
      wanted = JSON.stringify(await truth(namespace))
      if (JSON.stringify([...following.known].sort()) === wanted) break
      await pause(100)
    }
    expect(JSON.stringify([...following.known].sort())).toBe(wanted)
    expect(following.log.filter(line => line.startsWith('repeat'))).toEqual([])
    const told = following.log.filter(line => !line.startsWith('delete')).map(line => line.split(' ').slice(1).join(' ')) // a delete found by listing tells the last known state
    expect(told.length - new Set(told).size, 'a state told twice').toBe(0)
  }

  async function churn(namespace: string, rounds: number): Promise<void> {
    const core = config.makeApiClient(k8s.CoreV1Api)
    for (let round = 0; round < rounds; round += 1) {
      const name = `c${round % 7}`
      const exists = (await truth(namespace)).some(([known]) => known === name)
      if (!exists) await core.createNamespacedConfigMap({ namespace, body: { metadata: { name } } })
      else if (round % 3 === 0) await core.deleteNamespacedConfigMap({ namespace, name })
      else await core.replaceNamespacedConfigMap({ namespace, name, body: { metadata: { name }, data: { round: String(round) } } })
    }
  }

  test('through kills of the server, and of the store, nothing is lost or told twice', async () => {
    const namespace = 'kinds'
    const following = await follow(namespace)
    await churn(namespace, 20)
    for (let round = 0; round < 2; round += 1) {
      await plane.killApiServer()
      await plane.startApiServer()
      await churn(namespace, 15)
    }
    await plane.killStore()
    plane.startStore()
    for (let waited = 0; waited < 20_000; waited += 200) {
      if (await truth(namespace).then(() => true, () => false)) break
      await pause(200)
    }
    await churn(namespace, 10)
    await agree(following, namespace)
    await following.stop()
  }, 120_000)

  test('through a history that was compacted while the server was away: 410, a new list, and right again', async () => {
    const namespace = 'default'
    const core = config.makeApiClient(k8s.CoreV1Api)
    const following = await follow(namespace)
    await core.createNamespacedConfigMap({ namespace, body: { metadata: { name: 'kept' } } })
    await core.createNamespacedConfigMap({ namespace, body: { metadata: { name: 'lost' } } })
    await agree(following, namespace)
    await plane.killApiServer()
    // What happens meanwhile happens behind everybody's back, and is compacted away.
    const store = connectEtcd({ endpoints: [plane.etcdServer] } as never)
    await store.delete({ key: `/registry/configmaps/${namespace}/lost` } as never)
    const { revision } = await store.range({ key: '/registry/x' })
    await store.compact(revision as never)
    await store.close()
    await plane.startApiServer()
    await core.createNamespacedConfigMap({ namespace, body: { metadata: { name: 'new' } } })
    await agree(following, namespace)
    expect(following.log.some(line => line.startsWith('delete lost'))).toBe(true)
    await following.stop()
  }, 120_000)
})
