/** Random writes of Deployments through every path, against the rules of generation, status and of writes that change nothing. */
import { expect, test } from 'vitest'
import { createRegistryScene } from '../../../../test/fakes/registry-scene.ts'
import { pick, seededRandom } from '../../../base/random.ts'
import type { KubeObject } from './kube-object.ts'
import { applyManagedPatch } from './field-management.ts'
import type { UpdateOptions } from './object-writer.ts'
import { mergePatchType, readPatch, strategicPatchType, jsonPatchType } from './patching.ts'

type Deployment = KubeObject & { spec: { replicas: number; paused?: boolean }; status: { replicas?: number; observedGeneration?: number } }

const base = (): KubeObject => ({
  kind: 'Deployment', apiVersion: 'apps/v1', metadata: { name: 'd', labels: { a: '1' } },
  spec: { replicas: 1, selector: { matchLabels: { a: '1' } }, template: { metadata: { labels: { a: '1' } }, spec: { containers: [{ name: 'c', image: 'i', terminationMessagePath: '/x', terminationMessagePolicy: 'File', imagePullPolicy: 'Always', resources: {} }], restartPolicy: 'Always' } }, strategy: {} },
  status: {},
})

test('OW3 OW4 three hundred writes move generation with the spec, keep spec and status apart, and leave no trace where nothing changes', async () => {
  await using scene = await createRegistryScene()
  const random = seededRandom(31)
  const resource = scene.resource('deployments.apps')
  const target = { resource, namespace: 'n', name: 'd' }
  await scene.writer.create(resource, 'n', base(), scene.context)
  await scene.settle()
  const read = () => scene.table.get({ group: 'apps', resource: 'deployments' }, 'n', 'd') as Deployment
  expect(read().metadata.generation).toBe(1)
  const statuses: UpdateOptions = { subresource: 'status', rules: 'status' }
  const counts = { spec: 0, status: 0, nothing: 0 }
  for (let round = 0; round < 300; round += 1) {
    const before = read()
    const [replicas, paused, observed, label] = [pick(random, [1, 2])!, pick(random, [true, undefined]), pick(random, [1, 2])!, pick(random, ['1', '2'])!]
    const change = (current: KubeObject): KubeObject => ({
      ...current,
      metadata: { ...current.metadata, labels: { a: label }, generation: 77, uid: current.metadata.uid!, creationTimestamp: '2001-01-01T00:00:00Z' },
      spec: { ...(current['spec'] as object), replicas, ...(paused === undefined ? { paused: undefined } : { paused }) },
      status: { replicas: observed },
    })
    const clean = (object: KubeObject) => JSON.parse(JSON.stringify(object)) as KubeObject
    const way = pick(random, ['put', 'put status', 'merge', 'merge status', 'strategic', 'json', 'apply'])!
    const patch = (type: string, body: unknown) => readPatch(Buffer.from(JSON.stringify(body)), type, resource, 'Strict', () => {})
    const spec = { replicas, paused: paused ?? null }
    const bodies = { merge: { metadata: { labels: { a: label } }, spec, status: { replicas: observed } } }
    const isStatus = way.endsWith('status')
    if (way.startsWith('put')) await scene.writer.update(target, current => clean(change(current!)), scene.context, isStatus ? statuses : {})
    else if (way === 'apply') {
      const applied = { kind: 'Deployment', apiVersion: 'apps/v1', metadata: { labels: { a: label } }, spec: { replicas } } as KubeObject
      await scene.writer.update(target, current => applyManagedPatch({ resource, live: current, applied, manager: 'applier', subresource: '', force: true, nowMs: scene.clock.now(), name: 'd', namespace: 'n' }), scene.context, { managedFieldsDone: true, allowsUnconditional: true })
    } else {
      const read = await (way === 'json' ? patch(jsonPatchType, [{ op: 'replace', path: '/spec/replicas', value: replicas }, { op: 'add', path: '/metadata/labels/a', value: label }]) : patch(way === 'strategic' ? strategicPatchType : mergePatchType, bodies.merge))
      await scene.writer.update(target, current => read.apply(current!), scene.context, { ...(isStatus ? statuses : {}), allowsUnconditional: true, leavesGiven: true, isDecoded: true })
    }
    if (random.next() < 0.3) await scene.clock.advance(1_500) // times of managers must not move by themselves
    await scene.settle()
    const after = read()
    const hasSpec = !isStatus && (after.spec.replicas !== before.spec.replicas || after.spec.paused !== before.spec.paused)
    const hasStatus = after.status.replicas !== before.status.replicas
    const hasLabel = after.metadata.labels!['a'] !== before.metadata.labels!['a']
    const what = `round ${round} ${way}`
    expect(after.metadata.generation, what).toBe(before.metadata.generation! + (hasSpec ? 1 : 0))
    expect([after.metadata.uid, after.metadata.creationTimestamp]).toEqual([before.metadata.uid, before.metadata.creationTimestamp])
    if (isStatus) {
      expect(after.spec, what).toEqual(before.spec)
      expect(after.status.replicas, what).toBe(observed)
    } else {
      expect(after.status, what).toEqual(before.status)
      expect(after.spec.replicas, what).toBe(replicas)
    }
    const isUntouched = !hasSpec && !hasStatus && !hasLabel && JSON.stringify(after.metadata.managedFields) === JSON.stringify(before.metadata.managedFields)
    expect(after.metadata.resourceVersion === before.metadata.resourceVersion, what).toBe(isUntouched)
    if (isUntouched) expect(after).toEqual(before)
    counts[isUntouched ? 'nothing' : hasSpec ? 'spec' : 'status'] += 1
  }
  for (const [name, count] of Object.entries(counts)) expect(count, name).toBeGreaterThan(25)
})

test('OW9 a key named __proto__ survives every write, and changes no prototype', async () => {
  await using scene = await createRegistryScene()
  const resource = scene.resource('configmaps')
  const target = { resource, namespace: 'n', name: 'c' }
  const data = JSON.parse('{"__proto__":"a","constructor":"b","prototype":"c"}') as Record<string, string>
  await scene.writer.create(resource, 'n', { kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: 'c' }, data }, scene.context)
  await scene.writer.update(target, current => ({ ...current!, metadata: { ...current!.metadata, labels: { x: 'y' } } }), scene.context)
  expect(Object.keys(scene.table.get({ group: '', resource: 'configmaps' }, 'n', 'c')!['data'] as object)).toEqual(['__proto__', 'constructor', 'prototype'])
  const patch = await readPatch(Buffer.from('{"data":{"__proto__":"z","toString":"q"}}'), mergePatchType, resource, 'Strict', () => {})
  const written = await scene.writer.update(target, current => patch.apply(current!), scene.context, { allowsUnconditional: true })
  expect(JSON.parse(written.bytes.toString())).toMatchObject({ data: JSON.parse('{"__proto__":"z","constructor":"b","prototype":"c","toString":"q"}') as object })
  expect(Object.keys(JSON.parse(written.bytes.toString()).data as object).sort()).toEqual(['__proto__', 'constructor', 'prototype', 'toString'])
  expect(Object.keys(Object.prototype)).toEqual([])
})
