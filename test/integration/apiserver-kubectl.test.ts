/** Stock kubectl, in every version found here, against the API server over our own store. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { startControlPlane } from './control-plane.ts'
import type { ControlPlane } from './control-plane.ts'
import { findKubectls, kubectlWith } from './kubectl.ts'
import type { Kubectl } from './kubectl.ts'

const programs = findKubectls()
let plane: ControlPlane

beforeAll(async () => {
  plane = await startControlPlane()
})

afterAll(async () => {
  await plane?.stop()
})

const deployment = (name: string, replicas: number, image = 'web') => JSON.stringify({
  apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, labels: { app: name } },
  spec: { replicas, selector: { matchLabels: { app: name } }, template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'c', image, ports: [{ containerPort: 80 }] }] } } },
})

async function ok(kubectl: Kubectl, line: string, stdin?: string): Promise<string> {
  const result = await kubectl(line, stdin === undefined ? {} : { stdin })
  expect(`${result.stderr}${result.code}`, line).toMatch(/0$/)
  return result.stdout
}

describe.skipIf(programs.length === 0).each(programs)('kubectl $version', ({ version, path }) => {
  let namespace: string
  let kubectl: Kubectl
  let tries = 0

  /** Each try has a namespace of its own, so that what a failed one left is not in the way. */
  beforeEach(async () => {
    namespace = `v${version.replace('.', '-')}-${++tries}`
    const bare = kubectlWith({ version, path }, plane.kubeconfig)
    await ok(bare, `create namespace ${namespace}`)
    kubectl = (line, options) => bare(`-n ${namespace} ${line}`, options)
  })

  test('makes, shows and deletes a deployment', async () => {
    expect(await ok(kubectl, 'create deployment web --image=web --replicas=4')).toBe('deployment.apps/web created\n')
    expect(await ok(kubectl, 'get deployment web')).toMatch(/^NAME +READY +UP-TO-DATE +AVAILABLE +AGE\nweb +0\/4 +0 +0 +\S+\n$/)
    expect(await ok(kubectl, 'get deployment -o wide')).toMatch(/CONTAINERS +IMAGES +SELECTOR\n.*web +web +app=web\n$/)
    expect(await ok(kubectl, 'get deploy web -o name')).toBe('deployment.apps/web\n')
    expect(await ok(kubectl, "get deploy web -o jsonpath='{.spec.strategy.type} {.metadata.generation}'")).toBe('RollingUpdate 1')
    expect(await ok(kubectl, 'scale deployment web --replicas=2')).toBe('deployment.apps/web scaled\n')
    expect(await ok(kubectl, "get deploy web -o jsonpath='{.spec.replicas} {.metadata.generation}'")).toBe('2 2')
    expect(await ok(kubectl, 'delete deployment web')).toMatch(/^deployment.apps "web" deleted/)
    const gone = await kubectl('get deployment web')
    expect([gone.code, gone.stderr]).toEqual([1, 'Error from server (NotFound): deployments.apps "web" not found\n'])
  })

  test('applies: made, unchanged, configured; an unchanged apply leaves no trace', async () => {
    expect(await ok(kubectl, 'apply -f -', deployment('app', 2))).toBe('deployment.apps/app created\n')
    const before = await ok(kubectl, "get deploy app -o jsonpath='{.metadata.resourceVersion}'")
    expect(await ok(kubectl, 'apply -f -', deployment('app', 2))).toBe('deployment.apps/app unchanged\n')
    expect(await ok(kubectl, "get deploy app -o jsonpath='{.metadata.resourceVersion}'")).toBe(before)
    const diff = await kubectl('diff -f -', { stdin: deployment('app', 3) })
    expect(diff.code).toBe(1)
    expect(diff.stdout).toContain('+  replicas: 3')
    expect(await ok(kubectl, 'apply -f -', deployment('app', 3))).toBe('deployment.apps/app configured\n')
    expect(await ok(kubectl, 'set image deployment/app c=web:2')).toBe('deployment.apps/app image updated\n')
    expect(await ok(kubectl, "get deploy app -o jsonpath='{.spec.template.spec.containers[*].image}'")).toBe('web:2')
    await ok(kubectl, 'delete deploy app')
  })

  test('applies on the server, and tells of conflicts', async () => {
    expect(await ok(kubectl, 'apply --server-side -f -', deployment('ssa', 2))).toBe('deployment.apps/ssa serverside-applied\n')
    const before = await ok(kubectl, "get deploy ssa -o jsonpath='{.metadata.resourceVersion}'")
    await ok(kubectl, 'apply --server-side -f -', deployment('ssa', 2))
    expect(await ok(kubectl, "get deploy ssa -o jsonpath='{.metadata.resourceVersion}'")).toBe(before)
    const conflict = await kubectl('apply --server-side --field-manager=other -f -', { stdin: deployment('ssa', 5) })
    expect(conflict.code).toBe(1)
    expect(conflict.stderr).toContain('Apply failed with 1 conflict: conflict with "kubectl": .spec.replicas')
    await ok(kubectl, 'apply --server-side --field-manager=other --force-conflicts -f -', deployment('ssa', 5))
    expect(await ok(kubectl, "get deploy ssa -o jsonpath='{.spec.replicas}'")).toBe('5')
    await ok(kubectl, 'delete deploy ssa')
  })

  test('patches, labels and annotates', async () => {
    await ok(kubectl, 'create configmap cm --from-literal=a=1')
    expect(await ok(kubectl, 'label cm cm x=y')).toBe('configmap/cm labeled\n')
    expect(await ok(kubectl, 'annotate cm cm note=here')).toMatch(/^configmap\/cm annotated?\n$/) // 1.27 has a word less
    await ok(kubectl, `patch cm cm --type=merge -p '{"data":{"b":"2"}}'`)
    await ok(kubectl, `patch cm cm --type=json -p '[{"op":"remove","path":"/data/a"}]'`)
    expect(JSON.parse(await ok(kubectl, 'get cm cm -o json'))).toMatchObject({ data: { b: '2' }, metadata: { labels: { x: 'y' }, annotations: { note: 'here' } } })
    expect(await ok(kubectl, 'get cm -l x=y -o name')).toBe('configmap/cm\n')
    expect(await ok(kubectl, 'get cm -l x!=y,x -o name')).toBe('')
    expect(await ok(kubectl, 'get cm --field-selector metadata.name=cm -o name')).toBe('configmap/cm\n')
    expect((await kubectl('get cm --field-selector spec.x=1')).stderr).toContain('not a known field selector')
  })

  test('exposes, describes and waits', async () => {
    await ok(kubectl, 'create deployment d --image=web')
    await ok(kubectl, 'expose deployment d --port=80 --type=NodePort')
    expect(await ok(kubectl, 'get svc d')).toMatch(/d +NodePort +10\.96\.\d+\.\d+ +<none> +80:3[0-2]\d{3}\/TCP/)
    expect(await ok(kubectl, 'describe deployment d')).toMatch(/Name: +d\n/)
    expect(await ok(kubectl, 'describe svc d')).toMatch(/IP Families: +IPv4\n/)
    await ok(kubectl, "wait deployment/d --for=jsonpath='{.spec.replicas}'=1 --timeout=5s")
    const late = await kubectl('wait deployment/d --for=condition=Available --timeout=1s')
    expect(late.stderr).toContain('timed out waiting for the condition')
    await ok(kubectl, 'delete svc,deploy d')
  })

  test('discovers, explains access and who one is', async () => {
    expect(await ok(kubectl, 'api-resources --no-headers -o name')).toContain('deployments.apps\n')
    expect(await ok(kubectl, 'api-versions')).toContain('apps/v1\n')
    expect(await ok(kubectl, 'auth can-i create pods')).toBe('yes\n')
    const jane = await kubectl('auth can-i create pods --as jane')
    expect([jane.code, jane.stdout]).toEqual([1, 'no\n'])
    expect((await kubectl('get pods --as jane')).stderr).toBe(`Error from server (Forbidden): pods is forbidden: User "jane" cannot list resource "pods" in API group "" in the namespace "${namespace}"\n`)
  })

  test('shows events, tokens and dry runs', async () => {
    await ok(kubectl, 'create serviceaccount robot')
    expect((await ok(kubectl, 'create token robot')).split('.')).toHaveLength(3)
    expect(await ok(kubectl, 'create deployment ghost --image=x --dry-run=server -o name')).toBe('deployment.apps/ghost\n')
    expect((await kubectl('get deployment ghost')).code).toBe(1)
    expect((await kubectl('get events')).stderr).toContain('No resources found')
  })
})
