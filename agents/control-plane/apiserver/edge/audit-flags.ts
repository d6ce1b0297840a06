/** The flags about auditing, with upstream's names, and what they come to. */
import { defineFlags, UsageError } from '../../../runtime/index.ts'
import type { FlagValues } from '../../../runtime/index.ts'
import type { AuditOptions } from '../audit/create-audit.ts'

export const auditFlags = defineFlags({
  'audit-policy-file': { type: 'string', default: '', help: 'Policy of what is audited: audit.k8s.io/v1.' },
  'audit-log-path': { type: 'string', default: '', help: 'File of audit events; - is standard output.' },
  'audit-log-format': { type: 'string', default: 'json', help: 'json or legacy.' },
  'audit-log-mode': { type: 'string', default: 'blocking', help: 'blocking, blocking-strict or batch.' },
  'audit-log-maxsize': { type: 'number', default: 0, help: 'Megabytes after which the file is begun anew; 0 is 100.' },
  'audit-log-maxbackup': { type: 'number', default: 0, help: 'Old files to keep; 0 keeps all.' },
  'audit-log-maxage': { type: 'number', default: 0, help: 'Days to keep old files; 0 keeps them.' },
  'audit-log-compress': { type: 'boolean', default: false, help: 'Compress old files.' },
  'audit-log-version': { type: 'string', default: 'audit.k8s.io/v1', help: 'Only audit.k8s.io/v1.' },
  'audit-webhook-config-file': { type: 'string', default: '', help: 'Kubeconfig of the service that audit events are posted to.' },
  'audit-webhook-mode': { type: 'string', default: 'batch', help: 'Only batch.' },
  'audit-webhook-initial-backoff': { type: 'duration', default: 10_000, help: 'Pause before the first try again.' },
  'audit-webhook-batch-buffer-size': { type: 'number', default: 10_000, help: 'Events that may wait.' },
  'audit-webhook-batch-max-size': { type: 'number', default: 400, help: 'Events of one post.' },
  'audit-webhook-batch-max-wait': { type: 'duration', default: 30_000, help: 'How long a post that is not full waits.' },
  'audit-webhook-version': { type: 'string', default: 'audit.k8s.io/v1', help: 'Only audit.k8s.io/v1.' },
})

type Flags = FlagValues<typeof auditFlags>

export function readAuditOptions(flags: Flags): AuditOptions | undefined {
  const format = oneOf('audit-log-format', flags['audit-log-format'], ['json', 'legacy'])
  const mode = oneOf('audit-log-mode', flags['audit-log-mode'], ['blocking', 'blocking-strict', 'batch'])
  oneOf('audit-webhook-mode', flags['audit-webhook-mode'], ['batch'])
  for (const name of ['audit-log-version', 'audit-webhook-version'] as const) oneOf(name, flags[name], ['audit.k8s.io/v1'])
  if (flags['audit-policy-file'] === '') return undefined // as upstream: without a policy nothing is told
  return {
    policyFile: flags['audit-policy-file'],
    ...(flags['audit-log-path'] === ''
      ? {}
      : {
          log: {
            path: flags['audit-log-path'], format, isBatched: mode === 'batch', isStrict: mode === 'blocking-strict', compresses: flags['audit-log-compress'],
            maxSizeMegabytes: flags['audit-log-maxsize'], maxBackups: flags['audit-log-maxbackup'], maxAgeDays: flags['audit-log-maxage'],
          },
        }),
    ...(flags['audit-webhook-config-file'] === ''
      ? {}
      : {
          webhook: {
            kubeconfig: flags['audit-webhook-config-file'], bufferSize: flags['audit-webhook-batch-buffer-size'], maxBatchSize: flags['audit-webhook-batch-max-size'],
            maxWaitMs: flags['audit-webhook-batch-max-wait'], firstPauseMs: flags['audit-webhook-initial-backoff'],
          },
        }),
  }
}

function oneOf<T extends string>(flag: string, value: string, allowed: readonly T[]): T {
  if (!(allowed as readonly string[]).includes(value)) throw new UsageError(`--${flag}: ${JSON.stringify(value)} is not supported; use ${allowed.join(' or ')}`)
  return value as T
}
