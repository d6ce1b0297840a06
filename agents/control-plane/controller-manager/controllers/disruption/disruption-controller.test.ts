import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ControllerScene } from '../../../../../test/fakes/controller-scene.ts'
import { createControllerScene } from '../../../../../test/fakes/controller-scene.ts'
import type { PodDisruptionBudgetSpec } from '../../../../api/groups/policy-v1/types.ts'
import { events, podDisruptionBudgets, pods, replicaSets } from '../../../../api/resources.ts'
import type { ResourceType } from '../../../../api/resources.ts'
import { timeText } from '../../../../base/clock.ts'
import { controllerReference } from '../../../../machinery/owner.ts'
import { createDisruptionController } from './disruption-controller.ts'

const at = { namespace: 'default', name: 'web' }
let scene: ControllerScene
beforeEach(async () => {
  scene = createControllerScene()
  await scene.start(createDisruptionController())
})
afterEach(() => scene[Symbol.asyncDispose]())

function run(count: number, ready: number, wanted = count) {
  const set = scene.cluster.put(replicaSets, { metadata: at, spec: { replicas: wanted, selector: {} } })
  for (let index = 0; index < count; index++) scene.cluster.put(pods, { metadata: { namespace: 'default', name: `web-${index}`, labels: { app: 'web' }, ownerReferences: [controllerReference(replicaSets, set)] }, spec: { containers: [] }, status: { phase: 'Running', conditions: [{ type: 'Ready', status: index < ready ? 'True' : 'False' }] } })
}

async function budget(spec: PodDisruptionBudgetSpec) {
  scene.cluster.put(podDisruptionBudgets, { metadata: at, spec: { selector: { matchLabels: { app: 'web' } }, ...spec } })
  await scene.settle()
  return status()
}

const status = () => scene.cluster.peek(podDisruptionBudgets, at)!.status

describe('disruption controller', () => {
  it.each<[PodDisruptionBudgetSpec, number, number, number, object]>([
    [{ minAvailable: 2 }, 3, 3, 3, { expectedPods: 3, desiredHealthy: 2, currentHealthy: 3, disruptionsAllowed: 1 }],
    [{ minAvailable: 3 }, 3, 3, 3, { disruptionsAllowed: 0 }],
    [{ maxUnavailable: 1 }, 4, 3, 4, { desiredHealthy: 3, currentHealthy: 3, disruptionsAllowed: 0 }],
    [{ maxUnavailable: '50%' }, 3, 3, 5, { expectedPods: 5, desiredHealthy: 2, disruptionsAllowed: 1 }], // PD1: the set wants 5
    [{ minAvailable: '50%' }, 5, 5, 5, { desiredHealthy: 3, disruptionsAllowed: 2 }],
  ])('PD2, PD3: %j of %i Pods, %i ready, %i wanted', async (spec, count, ready, wanted, expected) => {
    run(count, ready, wanted)
    expect(await budget(spec)).toMatchObject(expected)
  })

  it('PD3: follows its Pods', async () => {
    run(3, 3)
    await budget({ minAvailable: 2 })
    run(3, 2)
    await scene.settle()
    expect(status()).toMatchObject({ disruptionsAllowed: 0, conditions: [{ type: 'DisruptionAllowed', status: 'False', reason: 'InsufficientPods' }] })
  })

  it('PD4: a Pod noted as being evicted counts again after 2 minutes', async () => {
    run(3, 3)
    await budget({ minAvailable: 1 })
    scene.cluster.put(podDisruptionBudgets, { ...scene.cluster.peek(podDisruptionBudgets, at)!, status: { ...status(), disruptedPods: { 'web-0': timeText(scene.clock.now()) } } })
    await scene.settle()
    expect(status()).toMatchObject({ currentHealthy: 2, disruptionsAllowed: 1, disruptedPods: {} })
    await scene.settle(130_000)
    expect(status()).toMatchObject({ currentHealthy: 3, disruptionsAllowed: 2 })
    expect(status().disruptedPods).toBeUndefined()
  })

  it('PD1: Pods of a custom resource are expected as its scale says', async () => {
    const gadgets: ResourceType = { group: 'example.com', version: 'v1', resource: 'gadgets', kind: 'Gadget', namespaced: true }
    scene.cluster.extraTypes.push(gadgets)
    const gadget = scene.cluster.put(gadgets, { metadata: at, spec: { replicas: 4 } } as never)
    for (const name of ['a', 'b', 'c']) scene.cluster.put(pods, { metadata: { namespace: 'default', name, labels: { app: 'web' }, ownerReferences: [controllerReference(gadgets, gadget)] }, spec: { containers: [] }, status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] } })
    expect(await budget({ maxUnavailable: 2 })).toMatchObject({ expectedPods: 4, desiredHealthy: 2, disruptionsAllowed: 1 })
  })

  it('PD6: a Pod without controller adds nothing to what is expected, and that is told', async () => {
    scene.cluster.put(pods, { metadata: { namespace: 'default', name: 'lone', labels: { app: 'web' } }, spec: { containers: [] }, status: { phase: 'Running' } })
    expect(await budget({ maxUnavailable: 1 })).toMatchObject({ disruptionsAllowed: 0, expectedPods: 0, conditions: [{ reason: 'InsufficientPods' }] })
    await scene.settle(1_000)
    expect(scene.cluster.all(events).map(({ reason, message }) => `${reason} ${message?.slice(0, 163)}`)).toEqual(['UnmanagedPods Pods selected by this PodDisruptionBudget (selector: &LabelSelector{MatchLabels:map[string]string{app: web,},MatchExpressions:[]LabelSelectorRequirement{},}) were '])
  })

  it('PD5: a Pod whose controller cannot be found allows none', async () => {
    scene.cluster.put(pods, { metadata: { namespace: 'default', name: 'lost', labels: { app: 'web' }, ownerReferences: [{ apiVersion: 'example.com/v1', kind: 'Nothing', name: 'x', uid: 'x', controller: true }] }, spec: { containers: [] }, status: { phase: 'Running' } })
    expect(await budget({ maxUnavailable: 1 })).toMatchObject({ disruptionsAllowed: 0, conditions: [{ reason: 'SyncFailed' }] })
  })
})
