import { describe, expect, test } from 'vitest'
import { FakeClock } from '../../../base/fake-clock.ts'
import { MemoryStorage } from '../storage/memory-storage.ts'
import { identityName } from './identity-lease.ts'
import { ServerLease } from './server-lease.ts'

describe('server lease', () => {
  test('SL1 a server that renews stays, one that has died goes with its fifteen seconds', async () => {
    const clock = new FakeClock()
    const storage = new MemoryStorage(clock)
    const living = new ServerLease(storage, '10.0.0.1')
    const dying = new ServerLease(storage, '10.0.0.2')
    await Promise.all([living.renew(), dying.renew()])
    expect(await living.addresses()).toEqual(['10.0.0.1', '10.0.0.2'])
    for (let at = 0; at < 2; at++) {
      await clock.advance(8_000)
      await living.renew()
    }
    expect(await living.addresses()).toEqual(['10.0.0.1'])
  })

  test('SL2 a server that ends is gone at once', async () => {
    const storage = new MemoryStorage(new FakeClock())
    const lease = new ServerLease(storage, '10.0.0.1')
    await lease.renew()
    await lease[Symbol.asyncDispose]()
    await lease.renew()
    expect(await lease.addresses()).toEqual([])
  })

  test('SL3 a key left over by a predecessor is taken over', async () => {
    const storage = new MemoryStorage(new FakeClock())
    await new ServerLease(storage, '10.0.0.1').renew()
    const successor = new ServerLease(storage, '10.0.0.1')
    await successor.renew()
    await successor.renew()
    await successor[Symbol.asyncDispose]()
    expect(await successor.addresses()).toEqual([])
  })
})

test('IL3 an identity is the same for the same server, and of upstream\'s form', () => {
  const name = identityName({ hostname: 'host', address: '10.0.0.1:6443' })
  expect(name).toMatch(/^apiserver-[a-z2-7]{26}$/)
  expect(identityName({ hostname: 'host', address: '10.0.0.1:6443' })).toBe(name)
  expect(identityName({ hostname: 'host', address: '10.0.0.2:6443' })).not.toBe(name)
})
