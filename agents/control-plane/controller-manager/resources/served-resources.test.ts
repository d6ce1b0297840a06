import { describe, expect, it } from 'vitest'
import { createControllerScene } from '../../../../test/fakes/controller-scene.ts'
import { customResourceDefinitions } from '../../../api/resources.ts'
import type { ResourceType } from '../../../api/resources.ts'
import { followServedResources } from './served-resources.ts'

const widgets = (version: string): ResourceType => ({ group: 'example.com', version, resource: 'widgets', kind: 'Widget', namespaced: true })

async function follow() {
  const scene = createControllerScene()
  const told: string[] = []
  await scene.start()
  void followServedResources({
    name: 'test', wants: ({ group }) => group === 'example.com',
    began: ({ version }) => {
      told.push(`began ${version}`)
      return { [Symbol.dispose]: () => { told.push(`ended ${version}`) } }
    },
  }, scene.deps, scene.signal).catch(() => {})
  await scene.settle()
  /** Serves widgets in this version only, or not at all. */
  const serve = (version?: string) => { scene.cluster.extraTypes.splice(0, Infinity, ...(version === undefined ? [] : [widgets(version)])) }
  const define = async (generation: string) => {
    scene.cluster.put(customResourceDefinitions, { metadata: { name: 'widgets.example.com', labels: { generation } }, spec: {} } as never)
    await scene.settle()
  }
  return { scene, told, serve, define }
}

describe('served resources', () => {
  it('FR1: a change of a definition reads discovery again, nothing else does while it is complete', async () => {
    const { scene, told, serve, define } = await follow()
    await using _scene = scene
    serve('v1')
    await scene.settle(60_000)
    expect(told).toEqual([])
    await define('1')
    expect(told).toEqual(['began v1'])
  })

  it('FR2: a resource whose preferred version changes ends and begins anew; one that is no longer served ends', async () => {
    const { scene, told, serve, define } = await follow()
    await using _scene = scene
    serve('v1')
    await define('1')
    serve('v2')
    await define('2')
    expect(told).toEqual(['began v1', 'ended v1', 'began v2'])
    serve()
    await define('3')
    expect(told.at(-1)).toBe('ended v2')
  })
})
