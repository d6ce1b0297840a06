import { expect, test } from 'vitest'
import { FakeClock } from '../../../agents/base/fake-clock.ts'
import type { MetricsItem } from '../../contract/metrics.ts'
import { followMetrics } from './follow-metrics.ts'

const text = (value: number) => `# HELP requests Requests.\n# TYPE requests counter\nrequests{code="200"} ${value}\n# HELP open Open now.\n# TYPE open gauge\nopen 4\n`

function follow(answers: (() => string)[]) {
  const clock = new FakeClock(1_000)
  const ending = new AbortController()
  const told: MetricsItem[] = []
  const over = (async () => {
    for await (const item of followMetrics(async () => (answers.length > 1 ? answers.shift()! : answers[0]!)(), ['requests'], clock, ending.signal)) told.push(item)
  })()
  return { clock, ending, told, over, shown: () => told.map(item => (item.state === 'lost' ? item.reason : `${item.at} ${item.samples.map(({ family, value }) => `${family} ${value}`).join(' ')}`)) }
}

const refused = () => { throw new Error('connection refused') }

test('every family is named every five seconds, and of those that are asked for the samples come too', async () => {
  const { clock, told, shown } = follow([() => text(1), () => text(5)])
  await clock.advance(5_000)
  expect(shown()).toEqual(['1000 requests 1', '6000 requests 5'])
  expect(told[0]).toMatchObject({ families: [{ name: 'open', type: 'gauge', series: 1 }, { name: 'requests', help: 'Requests.', type: 'counter', series: 1 }] })
})

test('one that does not answer is told of once for each reason, and again after it answered', async () => {
  const { clock, shown } = follow([refused, refused, () => { throw new Error('timed out') }, () => text(2), refused])
  await clock.advance(30_000)
  expect(shown()).toEqual(['connection refused', 'timed out', '16000 requests 2', 'connection refused'])
})

test('whoever leaves ends it at once; an answer that comes after is not told', async () => {
  const pausing = follow([() => text(1)])
  await pausing.clock.advance(0)
  pausing.ending.abort()
  await pausing.over
  expect([pausing.clock.pendingTimers, pausing.told.length]).toEqual([0, 1])

  const asking = follow([() => text(1), () => { asking.ending.abort(); return text(2) }])
  await asking.clock.advance(5_000)
  await asking.over
  expect(asking.shown()).toEqual(['1000 requests 1'])
})
