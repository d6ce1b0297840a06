/** Stories of what is taken away: whole namespaces, and objects whose owners go. */
import type { OwnerReference } from '../../agents/api/groups/meta-v1/types.ts'
import { configMaps, namespaces, pods, secrets } from '../../agents/api/resources.ts'
import { meta, pause, readyPod, type Scenario, threeNodes } from './scenario.ts'
import { playPods } from './world.ts'

const owned = (name: string, ...owners: readonly string[]) => ({ metadata: { ...meta(name), uid: name, ownerReferences: owners.map((owner): OwnerReference => ({ apiVersion: 'v1', kind: 'ConfigMap', name: owner, uid: owner, blockOwnerDeletion: true })) } })

export const deletionScenarios: readonly Scenario[] = [
  {
    name: 'a namespace is emptied and goes, another stays',
    controllers: ['namespace-controller'],
    begin: world => {
      threeNodes(world)
      for (const name of ['team', 'other']) {
        world.put(namespaces, { metadata: { name }, spec: { finalizers: ['kubernetes'] }, status: { phase: 'Active' } })
        world.put(configMaps, { metadata: { namespace: name, name: 'settings' } })
        world.put(secrets, { metadata: { namespace: name, name: 'key' } })
        const pod = readyPod('web', 'web', '10.244.0.1')
        world.put(pods, { ...pod, metadata: { ...pod.metadata, namespace: name } })
      }
    },
    acts: [{ atMs: 4_000, act: world => world.cluster.delete(namespaces, { name: 'team' }) }],
    actors: [playPods],
    compares: [namespaces, configMaps, secrets, pods],
    durationMs: pause,
  },
  {
    name: 'dependents go with their owner, before it, or stay without it',
    controllers: ['garbage-collector-controller'],
    begin: world => {
      for (const root of ['background', 'foreground', 'orphan']) {
        world.put(configMaps, owned(root))
        world.put(configMaps, owned(`${root}-branch`, root))
        world.put(configMaps, owned(`${root}-leaf`, `${root}-branch`))
      }
      world.put(configMaps, owned('of-two', 'background', 'orphan-leaf'))
    },
    acts: [
      { atMs: 4_000, act: world => world.cluster.delete(configMaps, meta('background'), { propagationPolicy: 'Background' }) },
      { atMs: 6_000, act: world => world.cluster.delete(configMaps, meta('foreground'), { propagationPolicy: 'Foreground' }) },
      { atMs: 8_000, act: world => world.cluster.delete(configMaps, meta('orphan'), { propagationPolicy: 'Orphan' }) },
    ],
    compares: [configMaps],
    durationMs: pause,
  },
]
