import { describe, expect, it } from 'vitest'
import { FakeCluster } from '../../../../test/fakes/fake-cluster.ts'
import { deployments } from '../../../api/resources.ts'
import type { ResourceType } from '../../../api/resources.ts'
import { FakeClock } from '../../../base/fake-clock.ts'
import { ScaleTargets } from './scale-targets.ts'

const { signal } = new AbortController()

function createTargets() {
  const clock = new FakeClock()
  const cluster = new FakeCluster({ clock })
  let readings = 0
  cluster.answers = ({ path }) => {
    if (path.split('?')[0] === '/apis') readings++
    return undefined
  }
  return { clock, cluster, targets: new ScaleTargets(clock), readings: () => readings }
}

describe('scale targets', () => {
  it('ST1: discovery is kept for half a minute; an unknown kind reads it again, at most once a second', async () => {
    const { clock, cluster, targets, readings } = createTargets()
    const deployment = { group: 'apps', kind: 'Deployment' }
    const gadget = { group: 'example.com', kind: 'Gadget' }
    for (const waitMs of [0, 29_000, 2_000]) {
      await clock.advance(waitMs)
      expect((await targets.resourceOf(deployment, cluster, signal)).resource).toBe('deployments')
    }
    expect(readings()).toBe(2)
    await expect(targets.resourceOf(gadget, cluster, signal)).rejects.toThrow('no matches for kind "Gadget" in group "example.com"')
    expect(readings()).toBe(2)
    await clock.advance(1_500)
    cluster.extraTypes.push({ ...gadget, version: 'v1', resource: 'gadgets', namespaced: true } satisfies ResourceType)
    expect((await targets.resourceOf(gadget, cluster, signal)).resource).toBe('gadgets')
    expect(readings()).toBe(3)
  })

  it('ST2: a scale is read anew each time, and what is written is what was read', async () => {
    const { cluster, targets } = createTargets()
    const at = { namespace: 'default', name: 'web' }
    const type = await targets.resourceOf({ group: 'apps', kind: 'Deployment' }, cluster, signal)
    cluster.put(deployments, { metadata: at, spec: { replicas: 2, selector: {}, template: {} } })
    const scale = await targets.read(type, at, cluster, signal)
    await targets.write(type, at, { ...scale, spec: { replicas: 5 } }, cluster, signal)
    expect((await targets.read(type, at, cluster, signal)).spec.replicas).toBe(5)
    await expect(targets.read(type, { namespace: 'default', name: 'gone' }, cluster, signal)).rejects.toThrow('deployments.apps "gone" not found')
  })
})
