import { describe, expect, it } from 'vitest'
import { HealthChecks } from './health.ts'

describe('health', () => {
  it('HC1: one failure is 500 and all checks are listed', async () => {
    const health = new HealthChecks()
    health.add('store', () => 'no connection', ['readyz'])
    health.add('thrown', () => { throw new Error('broken') }, ['readyz'])
    expect(await health.answer('livez')).toEqual({ status: 200, body: 'ok' })
    expect(await health.answer('readyz')).toEqual({ status: 500, body: '[+]ping ok\n[-]store failed: no connection\n[-]thrown failed: broken\n[+]shutdown ok\nreadyz check failed\n' })
  })

  it('HC2: verbose, exclude and one check alone', async () => {
    const health = new HealthChecks()
    health.add('store', () => 'no connection')
    expect((await health.answer('healthz', { exclude: ['store'], verbose: true })).body).toBe('[+]ping ok\nhealthz check passed\n')
    expect((await health.answer('healthz', { only: 'ping' })).status).toBe(200)
    expect((await health.answer('healthz', { only: 'nothing' })).status).toBe(404)
  })

  it('HC3: alive but not ready while shutting down', async () => {
    const health = new HealthChecks()
    health.becomeShuttingDown()
    expect([(await health.answer('livez')).status, (await health.answer('readyz')).status]).toEqual([200, 500])
  })
})
