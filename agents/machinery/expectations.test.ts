import { describe, expect, it } from 'vitest'
import type { KubernetesObject } from '../api/resources.ts'
import { FakeClock } from '../base/fake-clock.ts'
import { Expectations } from './expectations.ts'

const at = (resourceVersion: string) => ({ metadata: { name: 'web', uid: 'u1', resourceVersion } }) as unknown as KubernetesObject

describe('expectations of our own writes', () => {
  it('EX4 an older version than our last write is not current, that and later ones are', () => {
    const expectations = new Expectations(new FakeClock())
    expect(expectations.isCurrent(at('5'))).toBe(true)
    expectations.wrote(at('100'))
    expect(expectations.isCurrent(at('99'))).toBe(false)
    expect(expectations.isCurrent(at('100'))).toBe(true)
    expectations.wrote(at('100'))
    expect(expectations.isCurrent(at('1000'))).toBe(true)
  })

  it('EX4 versions that are no numbers are current only when they are the same', () => {
    const expectations = new Expectations(new FakeClock())
    expectations.wrote(at('abc'))
    expect(expectations.isCurrent(at('abd'))).toBe(false)
    expect(expectations.isCurrent(at('abc'))).toBe(true)
  })

  it('EX1 EX4 nobody waits longer than five minutes', async () => {
    const clock = new FakeClock()
    const expectations = new Expectations(clock)
    expectations.wrote(at('100'))
    await clock.advance(5 * 60_000)
    expect(expectations.isCurrent(at('99'))).toBe(true)
  })

  it('forgets with the owner', () => {
    const expectations = new Expectations(new FakeClock())
    expectations.wrote(at('100'))
    expectations.forget('u1')
    expect(expectations.isCurrent(at('1'))).toBe(true)
  })
})
