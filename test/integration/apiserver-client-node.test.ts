/** @kubernetes/client-node, unchanged: typed calls and an informer that lives through a kill of the server. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { AppsV1Api, CoreV1Api, KubeConfig, makeInformer, RbacAuthorizationV1Api } from '@kubernetes/client-node'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { startControlPlane } from './control-plane.ts'
import type { ControlPlane } from './control-plane.ts'

let plane: ControlPlane
let config: KubeConfig

beforeAll(async () => {
  plane = await startControlPlane()
  config = new KubeConfig()
  config.loadFromFile(plane.kubeconfig)
})

afterAll(async () => {
  await plane?.stop()
})

test('typed calls make, read, change and delete', async () => {
  const apps = config.makeApiClient(AppsV1Api)
  const made = await apps.createNamespacedDeployment({ namespace: 'default', body: { metadata: { name: 'd' }, spec: { selector: { matchLabels: { a: 'b' } }, template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'web' }] } } } } })
  expect(made.spec!.replicas).toBe(1)
  const scale = await apps.readNamespacedDeploymentScale({ namespace: 'default', name: 'd' })
  const scaled = await apps.replaceNamespacedDeploymentScale({ namespace: 'default', name: 'd', body: { ...scale, spec: { replicas: 3 } } })
  expect(scaled.spec!.replicas).toBe(3)
  expect((await apps.listNamespacedDeployment({ namespace: 'default', labelSelector: 'a=b' })).items).toHaveLength(0) // the label is the template's
  expect((await apps.deleteNamespacedDeployment({ namespace: 'default', name: 'd' })).status).toBe('Success')
  await expect(apps.readNamespacedDeployment({ namespace: 'default', name: 'd' })).rejects.toMatchObject({ code: 404 })
})

test('a program in a pod finds the server, and is its service account, by what the kubelet puts before it', async () => {
  const core = config.makeApiClient(CoreV1Api)
  await core.createNamespacedServiceAccount({ namespace: 'default', body: { metadata: { name: 'program' } } })
  await config.makeApiClient(RbacAuthorizationV1Api).createNamespacedRoleBinding({ namespace: 'default', body: { metadata: { name: 'program' }, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' }, subjects: [{ kind: 'ServiceAccount', name: 'program', namespace: 'default' }] } })
  const pod = await core.createNamespacedPod({ namespace: 'default', body: { metadata: { name: 'program' }, spec: { serviceAccountName: 'program', containers: [{ name: 'c', image: 'web' }] } } })
  const [mount] = pod.spec!.containers[0]!.volumeMounts!
  const sources = pod.spec!.volumes!.find(volume => volume.name === mount!.name)!.projected!.sources!
  const token = sources.find(source => source.serviceAccountToken !== undefined)!.serviceAccountToken!
  expect([mount!.mountPath, token.path, sources.find(source => source.configMap !== undefined)!.configMap!.items![0]!.path, sources.find(source => source.downwardAPI !== undefined)!.downwardAPI!.items![0]!.path]).toEqual(['/var/run/secrets/kubernetes.io/serviceaccount', 'token', 'ca.crt', 'namespace'])
  const asked = await core.createNamespacedServiceAccountToken({ namespace: 'default', name: 'program', body: { spec: { audiences: [], expirationSeconds: token.expirationSeconds!, boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'program', uid: pod.metadata!.uid! } } } })

  const root = join(plane.folder, 'pod')
  const folder = join(root, mount!.mountPath)
  mkdirSync(folder, { recursive: true })
  for (const [name, text] of [['token', asked.status!.token!], ['ca.crt', plane.ca], ['namespace', 'default']] as const) writeFileSync(join(folder, name), text)
  const { hostname, port } = new URL(plane.server)
  vi.stubEnv('KUBERNETES_SERVICE_HOST', hostname)
  vi.stubEnv('KUBERNETES_SERVICE_PORT', port)
  try {
    const inside = new KubeConfig()
    inside.loadFromCluster(root)
    const namespace = inside.getContextObject(inside.getCurrentContext())!.namespace!
    const own = inside.makeApiClient(CoreV1Api)
    expect((await own.listNamespacedPod({ namespace })).items.map(({ metadata }) => metadata!.name)).toEqual(['program'])
    await expect(own.listNamespacedSecret({ namespace })).rejects.toMatchObject({ code: 403, body: expect.stringContaining('User \\"system:serviceaccount:default:program\\" cannot list resource') as string })
    await core.deleteNamespacedPod({ namespace: 'default', name: 'program' })
    await expect.poll(() => own.listNamespacedPod({ namespace }).then(() => 200, (error: { code: number }) => error.code)).toBe(401) // the token was the pod's
  } finally {
    vi.unstubAllEnvs()
  }
})

test('an informer sees every change once, also across a kill of the server', async () => {
  const core = config.makeApiClient(CoreV1Api)
  const informer = makeInformer(config, '/api/v1/namespaces/default/configmaps', () => core.listNamespacedConfigMap({ namespace: 'default' }))
  const seen: string[] = []
  informer.on('add', object => seen.push(`add ${object.metadata!.name!}`))
  informer.on('update', object => seen.push(`update ${object.metadata!.name!} ${object.data?.['x'] ?? ''}`))
  informer.on('delete', object => seen.push(`delete ${object.metadata!.name!}`))
  informer.on('error', () => {
    setTimeout(() => void informer.start(), 100)
  })
  await informer.start()
  const until = async (text: string) => {
    for (let waited = 0; !seen.includes(text); waited += 20) {
      if (waited > 60_000) throw new Error(`not seen: ${text} in ${seen.join(', ')}`)
      await pause(20)
    }
  }
  await core.createNamespacedConfigMap({ namespace: 'default', body: { metadata: { name: 'one' }, data: { x: '1' } } })
  await until('add one')
  await plane.killApiServer()
  await plane.startApiServer()
  await core.createNamespacedConfigMap({ namespace: 'default', body: { metadata: { name: 'two' } } })
  await core.replaceNamespacedConfigMap({ namespace: 'default', name: 'one', body: { metadata: { name: 'one' }, data: { x: '2' } } })
  await until('add two')
  await until('update one 2')
  await core.deleteNamespacedConfigMap({ namespace: 'default', name: 'one' })
  await until('delete one')
  expect(seen.filter(line => line.endsWith(' two') || line === 'add one')).toEqual(['add one', 'add two'])
  await informer.stop()
})
