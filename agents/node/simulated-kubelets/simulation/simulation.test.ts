import { describe, expect, it } from 'vitest'
import { samplePod } from '../pods/sample-pods.ts'
import { readNodesFile, renderNodesFile } from './nodes-file.ts'
import { readSimulation } from './simulation.ts'
import { defaultLifecycles } from './stages.ts'
import { CpuMeter, defaultUsage, ratesOf } from './usage.ts'

function problemsOf(value: unknown): string[] {
  const problems: string[] = []
  readSimulation(value, ['spec', 'simulation'], (path, message) => { problems.push(`${path.join('.')}: ${message}`) })
  return problems
}

describe('the data of a simulation', () => {
  it('RS1 RS2 names every problem with its path', () => {
    expect(problemsOf({ sead: 1, lifecycles: [{ stages: [{ from: 'ready', to: 'started', delayMs: -1 }, { from: 'asleep', to: 'ready' }] }], usage: [{ cpu: 'much' }] })).toEqual([
      'spec.simulation.sead: unknown field; known here: seed, lifecycles, usage',
      'spec.simulation.lifecycles.0.stages.0.to: "started" cannot follow ready; unready, crashed, completed can',
      'spec.simulation.lifecycles.0.stages.0.delayMs: -1 is not a whole number from 0 to 86400000',
      'spec.simulation.lifecycles.0.stages.1.from: "asleep" is not one of scheduled, initializing, running, ready, deleting',
      'spec.simulation.usage.0.cpu: "much" is not a quantity such as 250m or 64Mi',
    ])
  })

  it('RS3 refuses a pod that flaps without a pause', () => {
    const flap = (delayMs: number) => problemsOf({ lifecycles: [{ stages: [{ from: 'running', to: 'ready' }, { from: 'ready', to: 'unready', delayMs }] }] })
    expect(flap(0)).toEqual(['spec.simulation.lifecycles.0.stages: become ready and unready without a pause; give these stages a delayMs of 1000 together'])
    expect(flap(1_000)).toEqual([])
  })

  it('RS4 puts what is given before the defaults', () => {
    const { lifecycles } = readSimulation({ lifecycles: [{ match: { labels: { app: 'flaky' } }, stages: [{ from: 'scheduled', to: 'started' }] }] }, [], () => {})
    expect(lifecycles).toHaveLength(1 + defaultLifecycles.length)
    expect(lifecycles[0]!.match.labels).toEqual({ app: 'flaky' })
  })
})

describe('the nodes file', () => {
  const node = { name: 'sim-1', address: '198.19.0.1', power: 'on', cpus: 4, memoryMiB: 8_192, pods: 110, resources: {}, labels: {}, taints: [] } as const

  it('comes back as it was written', () => {
    expect(readNodesFile(renderNodesFile([node], undefined)).nodes).toEqual([node])
  })

  it('NF1 NF2 refuses what cannot be, with its path', () => {
    expect(() => readNodesFile('{"kind":"SimulatedNodes","nodes":[{"name":"Bad","address":"x"},{"name":"a","address":"10.0.0.1"},{"name":"a","address":"10.0.0.1","power":"dim","cpus":0}]}')).toThrow(
      'nodes.0.name: "Bad" is not the name of a node; nodes.0.address: "x" is not an IPv4 address; nodes.2.power: "dim" is not one of on, stopped, off; nodes.2.cpus: 0 is not a whole number above 0; nodes.2.name: a is there twice; nodes.2.address: 10.0.0.1 belongs to two nodes',
    )
    expect(readNodesFile('{"kind":"SimulatedNodes","nodes":[{"name":"a","address":"10.0.0.1"}]}').nodes[0]).toMatchObject({ power: 'on', cpus: 32, pods: 110 })
  })
})

describe('usage', () => {
  const container = { name: 'web', image: 'i', resources: { requests: { cpu: '500m', memory: '128Mi' } } }

  it('US1 believes the annotation first', () => {
    const pod = samplePod('web', {}, { annotations: { 'kubarium.dev/simulated-cpu': '250m', 'kubarium.dev/simulated-memory': '64Mi' } })
    expect(ratesOf(pod, container, defaultUsage)).toEqual({ cpuCores: 0.25, memoryBytes: 64 * 1024 ** 2 })
  })

  it('US2 US3 takes the share of the request, and a little without one', () => {
    expect(ratesOf(samplePod('web'), container, defaultUsage)).toEqual({ cpuCores: 0.05, memoryBytes: 64 * 1024 ** 2 })
    expect(ratesOf(samplePod('web'), { name: 'web', image: 'i' }, defaultUsage)).toEqual({ cpuCores: 0.001, memoryBytes: 10 * 1024 ** 2 })
  })

  it('US4 counts processor time up, whatever the rate becomes', () => {
    const meter = new CpuMeter(1, 0)
    expect([meter.read(1, 1_000), meter.read(2, 2_000), meter.read(0, 3_000), meter.read(0, 3_000), meter.read(1, 2_500)]).toEqual([1e9, 2e9, 4e9, 4e9, 4e9])
  })
})
