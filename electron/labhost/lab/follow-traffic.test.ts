import { expect, test } from 'vitest'
import { FakeClock } from '../../../agents/base/fake-clock.ts'
import type { Flow, Traffic } from '../../contract/connections.ts'
import { followTraffic } from './follow-traffic.ts'

const flow = (packets: number): Flow => ({ protocol: 'tcp', source: '10.244.1.5', destination: '10.96.0.1', port: 443, target: '172.30.0.1', targetPort: 6443, connections: 1, packets, bytes: packets * 100 })

/** Nodes with what their agents answer now, and everything that was told so far. */
function scene() {
  const clock = new FakeClock()
  const ending = new AbortController()
  const answers = new Map<string, () => readonly Flow[]>([['node-1', () => [flow(1)]], ['node-2', () => { throw new Error('the overlay agent does not answer') }]])
  const told: Traffic[] = []
  const rounds = { count: 0 }
  const over = (async () => {
    for await (const traffic of followTraffic({ nodes: () => { rounds.count += 1; return [...answers.keys()] }, lan: () => Promise.resolve({ ports: [], links: [], routers: [], flooded: 0, loopsCut: 0 }), flows: async node => answers.get(node)!() }, clock, ending.signal)) told.push(traffic)
  })()
  return { clock, ending, answers, told, rounds, over, shown: () => told.map(({ nodes }) => nodes.map(({ node, flows, problem }) => `${node} ${problem ?? flows.map(({ packets }) => packets).join(' ')}`)) }
}

test('FT1 a node that does not answer is told of beside those that do', async () => {
  const { clock, shown } = scene()
  await clock.advance(0)
  expect(shown()).toEqual([['node-1 1', 'node-2 the overlay agent does not answer']])
})

test('FT2 it is asked every two seconds, and told when something changed', async () => {
  const { clock, answers, shown, rounds } = scene()
  await clock.advance(6_000)
  expect([rounds.count, shown().length]).toEqual([4, 1])
  answers.set('node-1', () => [flow(2)])
  await clock.advance(1_999)
  expect(shown().length).toBe(1)
  await clock.advance(1)
  answers.delete('node-2')
  await clock.advance(2_000)
  expect(shown().slice(1)).toEqual([['node-1 2', 'node-2 the overlay agent does not answer'], ['node-1 2']])
})

test('whoever leaves ends it at once, in the pause or while nodes are asked', async () => {
  const pausing = scene()
  await pausing.clock.advance(0)
  pausing.ending.abort()
  await pausing.over
  expect(pausing.clock.pendingTimers).toBe(0)

  const asking = scene()
  asking.answers.set('node-1', () => { asking.ending.abort(); return [flow(9)] })
  await asking.over
  expect(asking.told).toEqual([])
})
