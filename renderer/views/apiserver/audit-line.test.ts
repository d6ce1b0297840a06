import { expect, test } from 'vitest'
import { readAuditLine } from './audit-line.ts'

const line = { kind: 'Event', apiVersion: 'audit.k8s.io/v1', level: 'Metadata', auditID: 'a1', stage: 'ResponseComplete', requestURI: '/api/v1/pods', verb: 'list', user: { username: 'admin' }, userAgent: 'kubectl/v1.36 (linux)', responseStatus: { code: 200 }, stageTimestamp: '2026-01-01T00:00:00.000000Z', annotations: { 'authorization.k8s.io/decision': 'allow', 'authorization.k8s.io/reason': 'RBAC: allowed' } }

test('a line says who asked what and what came of it', () => {
  expect(readAuditLine(JSON.stringify(line))).toEqual({ id: 'a1 ResponseComplete', at: '2026-01-01T00:00:00.000000Z', stage: 'ResponseComplete', verb: 'list', uri: '/api/v1/pods', user: 'admin', agent: 'kubectl/v1.36', code: 200, decision: 'allow: RBAC: allowed' })
})

test('AU1 what is no event is passed over', () => {
  for (const text of ['', '{"auditID":"a1","sta', 'null', '{}', '7']) expect(readAuditLine(text)).toBeNull()
})
