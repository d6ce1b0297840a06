import { describe, expect, test } from 'vitest'
import { Rotation, afterAnswer, unknownHealth } from './backend-health.ts'

describe('backend health', () => {
  test('BH1: unhealthy until it answered, out after two failures, back after one success', () => {
    expect(unknownHealth.healthy).toBe(false)
    expect(afterAnswer(unknownHealth, 'no answer').healthy).toBe(false)
    const up = afterAnswer(unknownHealth, undefined)
    expect(up).toEqual({ healthy: true, detail: 'ok', failures: 0 })
    const once = afterAnswer(up, 'status 503')
    expect(once).toEqual({ healthy: true, detail: 'status 503', failures: 1 })
    const twice = afterAnswer(once, 'status 503')
    expect(twice.healthy).toBe(false)
    expect(afterAnswer(twice, undefined).healthy).toBe(true)
  })
})

describe('rotation', () => {
  test('BH2: goes round, and names the others as next choices', () => {
    const rotation = new Rotation(null)
    const first = () => rotation.order(['a', 'b', 'c'], '127.0.0.1', 0)
    expect([first(), first(), first(), first()]).toEqual([['a', 'b', 'c'], ['b', 'c', 'a'], ['c', 'a', 'b'], ['a', 'b', 'c']])
    expect(rotation.order([], '127.0.0.1', 0)).toEqual([])
  })

  test('BH3: a client stays with its backend for a time, while it is healthy', () => {
    const rotation = new Rotation(1_000)
    rotation.served('127.0.0.1', 'b', 0)
    expect(rotation.order(['a', 'b'], '127.0.0.1', 999)[0]).toBe('b')
    expect(rotation.order(['a'], '127.0.0.1', 999)[0]).toBe('a')
    expect(rotation.order(['a', 'b'], '127.0.0.9', 999)[0]).toBe('b')
    expect(rotation.order(['a', 'b'], '127.0.0.1', 1_000)[0]).toBe('a')
  })
})
