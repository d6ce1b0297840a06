import { describe, expect, it } from 'vitest'
import { createControllerScene } from '../../../../../test/fakes/controller-scene.ts'
import { nodes } from '../../../../api/resources.ts'
import { createTtlController, stepFor, ttlAnnotation } from './ttl-controller.ts'

describe('ttl controller', () => {
  it('TL1: steps overlap', () => {
    expect([stepFor(100, 0), stepFor(101, 0), stepFor(90, 1), stepFor(89, 1), stepFor(5_000, 0), stepFor(10_001, 0), stepFor(10, 5)]).toEqual([0, 1, 1, 0, 4, 5, 0])
  })

  it('tells every node, and all of them when the size of the cluster changes it', async () => {
    await using scene = createControllerScene()
    const add = (from: number, to: number) => { for (let index = from; index < to; index++) scene.cluster.put(nodes, { metadata: { name: `n${index}` }, spec: {} }) }
    const seen = () => [...new Set(scene.cluster.all(nodes).map(({ metadata }) => metadata.annotations?.[ttlAnnotation]))]
    add(0, 3)
    await scene.start(createTtlController())
    await scene.settle()
    expect(seen()).toEqual(['0'])
    add(3, 101)
    await scene.settle(1_000)
    await scene.settle(1_000)
    expect(seen()).toEqual(['15'])
  })
})
