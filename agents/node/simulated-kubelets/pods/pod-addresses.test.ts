import { describe, expect, it } from 'vitest'
import { PodAddresses } from './pod-addresses.ts'

describe('addresses of a simulated node', () => {
  it('PA1 begins after network and gateway and ends before broadcast', () => {
    const addresses = new PodAddresses('10.244.3.0/29')
    expect(['a', 'b', 'c', 'd', 'e'].map(uid => addresses.of(uid))).toEqual(['10.244.3.2', '10.244.3.3', '10.244.3.4', '10.244.3.5', '10.244.3.6'])
  })

  it('PA2 gives a released address out last', () => {
    const addresses = new PodAddresses('10.244.3.0/29')
    expect(addresses.of('a')).toBe('10.244.3.2')
    addresses.release('a')
    expect(addresses.of('b')).toBe('10.244.3.3')
    expect(addresses.of('b')).toBe('10.244.3.3')
  })

  it('PA3 has none left in the end, and one again when a pod went', () => {
    const addresses = new PodAddresses('10.244.3.0/30')
    expect([addresses.of('a'), addresses.of('b')]).toEqual(['10.244.3.2', undefined])
    addresses.release('a')
    expect(addresses.of('b')).toBe('10.244.3.2')
  })

  it('keeps what pods had before', () => {
    const addresses = new PodAddresses('10.244.3.0/29')
    addresses.keep('old', '10.244.3.2')
    expect([addresses.of('new'), addresses.of('old')]).toEqual(['10.244.3.3', '10.244.3.2'])
  })
})
