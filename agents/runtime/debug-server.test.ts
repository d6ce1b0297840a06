import { expect, test } from 'vitest'
import { servePlain } from './debug-server.ts'
import { HealthChecks } from './health.ts'
import { Inspections } from './inspections.ts'
import { createPrometheusMetrics } from './prometheus-metrics.ts'
import { Verbosity } from './verbosity.ts'

test('DS3 the level of the log is put, and nothing else is', async () => {
  const verbosity = new Verbosity(2)
  const watched = { health: new HealthChecks(), inspections: new Inspections(), metrics: createPrometheusMetrics('sample', 'v1'), verbosity }
  await using server = await servePlain(watched, { address: '127.0.0.1', port: 0 })
  const ask = async (method: string, path: string, body?: string): Promise<readonly [number, string]> => {
    const reply = await fetch(`http://127.0.0.1:${server.port}${path}`, { method, ...(body === undefined ? {} : { body }) })
    return [reply.status, await reply.text()]
  }
  expect(await ask('PUT', '/debug/flags/v', '5')).toEqual([200, 'successfully set klog.logging.verbosity to 5'])
  expect(verbosity.logLevel).toBe('debug')
  expect((await ask('PUT', '/debug/flags/v', 'x'.repeat(5_000)))[0]).toBe(400)
  expect((await ask('PUT', '/metrics', '5'))[0]).toBe(405)
  expect(verbosity.level).toBe(5)
})
