import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { FakeClock } from '../../../base/fake-clock.ts'
import { openAuditLog } from './audit-log.ts'
import type { AuditLogOptions } from './audit-log.ts'
import type { AuditEvent } from './audit-record.ts'

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

const event = (text: string): AuditEvent => ({ json: JSON.stringify({ text }), truncated: () => '', stage: 'ResponseComplete', summary: { receivedMs: 0, auditId: 'id', sourceIp: '10.0.0.1', verb: 'get', user: { name: 'bob', uid: '', groups: ['a', 'b'], extra: {} }, impersonated: undefined, userAgent: 'kubectl', namespace: '', uri: '/api', code: 200 } })

function setUp(change: Partial<AuditLogOptions> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'kubarium-audit-'))
  folders.push(folder)
  const clock = new FakeClock()
  const path = join(folder, 'audit.log')
  const log = openAuditLog({ path, format: 'json', maxSizeMegabytes: 1, maxBackups: 0, maxAgeDays: 0, compresses: false, ...change }, clock, (_count, error) => { throw error })
  return { folder, path, log, clock }
}

describe('audit log', () => {
  test('AL1, AL3: an event is in the file at once, for the server only', () => {
    const { path, log } = setUp()
    void log.write(event('a'))
    expect(readFileSync(path, 'utf8')).toBe('{"text":"a"}\n')
    expect(statSync(path).mode & 0o777).toBe(0o600)
    log[Symbol.dispose]()
  })

  test('AL1 a batch keeps the order and is written when the log ends', () => {
    const { path, log } = setUp({ batch: { bufferSize: 10, maxBatchSize: 1, maxWaitMs: 0 } })
    void log.write(event('a'))
    void log.write(event('b'))
    expect(readFileSync(path, 'utf8')).toBe('')
    log[Symbol.dispose]()
    expect(readFileSync(path, 'utf8')).toBe('{"text":"a"}\n{"text":"b"}\n')
  })

  test('AL2 a full file is put aside; the oldest go by number and by age', async () => {
    const { folder, log, clock } = setUp({ maxBackups: 2 })
    for (let at = 0; at < 5; at++) {
      void log.write(event('x'.repeat(700 * 1024)))
      await clock.advance(1_000)
    }
    expect(readdirSync(folder).sort()).toEqual(['audit-2026-01-01T00-00-03.000.log', 'audit-2026-01-01T00-00-04.000.log', 'audit.log'])
    log[Symbol.dispose]()
    const aged = setUp({ maxAgeDays: 1, compresses: true })
    for (let at = 0; at < 4; at++) {
      void aged.log.write(event('x'.repeat(700 * 1024)))
      await aged.clock.advance(16 * 3_600_000)
    }
    expect(readdirSync(aged.folder).sort()).toEqual(['audit-2026-01-02T08-00-00.000.log.gz', 'audit-2026-01-03T00-00-00.000.log.gz', 'audit.log'])
    aged.log[Symbol.dispose]()
  })

  test('the legacy format is one line of text', () => {
    const { path, log } = setUp({ format: 'legacy' })
    void log.write(event('a'))
    expect(readFileSync(path, 'utf8')).toBe('1970-01-01T00:00:00.000Z AUDIT: id="id" stage="ResponseComplete" ip="10.0.0.1" method="get" user="bob" groups="\\"a\\",\\"b\\"" as="<self>" asgroups="<lookup>" user-agent="kubectl" namespace="<none>" uri="/api" response="200"\n')
    log[Symbol.dispose]()
  })
})
