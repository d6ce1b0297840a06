import { expect, test } from 'vitest'
import { drawn, latest, withSample } from './series.ts'

const name = [{ name: 'n', label: 'requests' }]
const at = (seconds: number, n: number) => ({ at: seconds * 1_000, values: { n } })

test('SE1 the oldest samples go, and one that is not newer is not kept', () => {
  const kept = [1, 2, 3, 4].reduce<ReturnType<typeof withSample>>((samples, second) => withSample(samples, at(second, second), 3), [])
  expect(kept.map(sample => sample.values['n'])).toEqual([2, 3, 4])
  expect(withSample(kept, at(4, 9))).toBe(kept)
})

test('SE2 of a counter its growth a second, and nothing where it began anew', () => {
  const { times, lines } = drawn([at(1, 10), at(3, 30), at(4, 2), at(5, 7)], name, 'growth')
  expect(times).toEqual([1, 3, 4, 5])
  expect(lines).toEqual([{ label: 'requests', values: [null, 10, null, 5] }])
  expect(drawn([at(1, 10), at(3, 30)], name, 'value').lines[0]!.values).toEqual([10, 30])
})

test('SE3 a long time without a sample breaks the line', () => {
  const { times, lines } = drawn([at(1, 10), at(2, 11), at(100, 500), at(101, 501)], name, 'growth')
  expect(times).toEqual([1, 2, 2.001, 100, 101])
  expect(lines[0]!.values).toEqual([null, 1, null, null, 1])
  expect(latest(lines[0]!)).toBe(1)
})
