/** The flags about auditing, with upstream's names, and what they come to. */
import { defineFlags, UsageError } from '../../../runtime/index.ts'
import type { FlagValues } from '../../../runtime/index.ts'
import type { BatchOptions } from '../audit/buffered-sink.ts'
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
  'audit-log-batch-buffer-size': { type: 'number', default: 10_000, help: 'Events that may wait. Only used in batch mode.' },
  'audit-log-batch-max-size': { type: 'number', default: 1, help: 'Events written at once. Only used in batch mode.' },
  'audit-log-batch-max-wait': { type: 'duration', default: 0, help: 'How long a batch that is not full waits. Only used in batch mode.' },
  'audit-log-batch-throttle-enable': { type: 'boolean', default: false, help: 'Limit how many batches are written a second. Only used in batch mode.' },
  'audit-log-batch-throttle-qps': { type: 'number', default: 0, help: 'Batches a second, on average. Only used in batch mode.' },
  'audit-log-batch-throttle-burst': { type: 'number', default: 0, help: 'Batches at once after a while without any. Only used in batch mode.' },
  'audit-log-truncate-enabled': { type: 'boolean', default: false, help: 'Tell of large events without their objects.' },
  'audit-log-truncate-max-batch-size': { type: 'number', default: 10_485_760, help: 'Bytes of one batch; not less than those of one event.' },
  'audit-log-truncate-max-event-size': { type: 'number', default: 102_400, help: 'Bytes of one event.' },
  'audit-log-version': { type: 'string', default: 'audit.k8s.io/v1', help: 'Only audit.k8s.io/v1.' },
  'audit-webhook-config-file': { type: 'string', default: '', help: 'Kubeconfig of the service that audit events are posted to.' },
  'audit-webhook-mode': { type: 'string', default: 'batch', help: 'batch, blocking or blocking-strict.' },
  'audit-webhook-initial-backoff': { type: 'duration', default: 10_000, help: 'Pause before the first try again.' },
  'audit-webhook-batch-buffer-size': { type: 'number', default: 10_000, help: 'Events that may wait.' },
  'audit-webhook-batch-max-size': { type: 'number', default: 400, help: 'Events of one post.' },
  'audit-webhook-batch-max-wait': { type: 'duration', default: 30_000, help: 'How long a post that is not full waits.' },
  'audit-webhook-batch-throttle-enable': { type: 'boolean', default: true, help: 'Limit how many batches are posted a second.' },
  'audit-webhook-batch-throttle-qps': { type: 'number', default: 10, help: 'Batches a second, on average.' },
  'audit-webhook-batch-throttle-burst': { type: 'number', default: 15, help: 'Batches at once after a while without any.' },
  'audit-webhook-truncate-enabled': { type: 'boolean', default: false, help: 'Tell of large events without their objects.' },
  'audit-webhook-truncate-max-batch-size': { type: 'number', default: 10_485_760, help: 'Bytes of one batch; not less than those of one event.' },
  'audit-webhook-truncate-max-event-size': { type: 'number', default: 102_400, help: 'Bytes of one event.' },
  'audit-webhook-version': { type: 'string', default: 'audit.k8s.io/v1', help: 'Only audit.k8s.io/v1.' },
})

const modes = ['blocking', 'blocking-strict', 'batch'] as const

type Flags = FlagValues<typeof auditFlags>

export function readAuditOptions(flags: Flags): AuditOptions | undefined {
  const format = oneOf('audit-log-format', flags['audit-log-format'], ['json', 'legacy'])
  const mode = oneOf('audit-log-mode', flags['audit-log-mode'], modes)
  const webhookMode = oneOf('audit-webhook-mode', flags['audit-webhook-mode'], modes)
  for (const name of ['audit-log-version', 'audit-webhook-version'] as const) oneOf(name, flags[name], ['audit.k8s.io/v1'])
  if (flags['audit-policy-file'] === '') return undefined // as upstream: without a policy nothing is told
  return {
    policyFile: flags['audit-policy-file'],
    ...(flags['audit-log-path'] === ''
      ? {}
      : {
          log: {
            path: flags['audit-log-path'], format, ...(mode === 'batch' ? { batch: batchOf('log', flags) } : {}), ...boundOf('log', flags), isStrict: mode === 'blocking-strict', compresses: flags['audit-log-compress'],
            maxSizeMegabytes: flags['audit-log-maxsize'], maxBackups: flags['audit-log-maxbackup'], maxAgeDays: flags['audit-log-maxage'],
          },
        }),
    ...(flags['audit-webhook-config-file'] === ''
      ? {}
      : {
          webhook: {
            kubeconfig: flags['audit-webhook-config-file'], firstPauseMs: flags['audit-webhook-initial-backoff'], isStrict: webhookMode === 'blocking-strict',
            ...(webhookMode === 'batch' ? { batch: batchOf('webhook', flags) } : {}), ...boundOf('webhook', flags),
          },
        }),
  }
}

function batchOf(backend: 'log' | 'webhook', flags: Flags): BatchOptions {
  const [perSecond, burst] = [flags[`audit-${backend}-batch-throttle-qps`], flags[`audit-${backend}-batch-throttle-burst`]]
  const throttles = flags[`audit-${backend}-batch-throttle-enable`]
  const [bufferSize, maxBatchSize] = [flags[`audit-${backend}-batch-buffer-size`], flags[`audit-${backend}-batch-max-size`]]
  if (bufferSize < 1) throw new UsageError(`--audit-${backend}-batch-buffer-size: ${bufferSize} is not positive`)
  if (maxBatchSize < 1) throw new UsageError(`--audit-${backend}-batch-max-size: ${maxBatchSize} is not positive`)
  if (throttles && !(perSecond > 0 && burst >= 1)) throw new UsageError(`--audit-${backend}-batch-throttle-qps and --audit-${backend}-batch-throttle-burst must be positive when throttling is enabled; they are ${perSecond} and ${burst}`)
  return { bufferSize, maxBatchSize, maxWaitMs: flags[`audit-${backend}-batch-max-wait`], ...(throttles ? { throttle: { perSecond, burst } } : {}) }
}

function boundOf(backend: 'log' | 'webhook', flags: Flags): { maxEventBytes?: number } {
  if (!flags[`audit-${backend}-truncate-enabled`]) return {}
  const [maxEventBytes, maxBatchBytes] = [flags[`audit-${backend}-truncate-max-event-size`], flags[`audit-${backend}-truncate-max-batch-size`]]
  if (maxEventBytes < 1 || maxBatchBytes < maxEventBytes) throw new UsageError(`--audit-${backend}-truncate-max-event-size: ${maxEventBytes} must be positive and not more than --audit-${backend}-truncate-max-batch-size, ${maxBatchBytes}`)
  return { maxEventBytes }
}

function oneOf<T extends string>(flag: string, value: string, allowed: readonly T[]): T {
  if (!(allowed as readonly string[]).includes(value)) throw new UsageError(`--${flag}: ${JSON.stringify(value)} is not supported; use ${allowed.join(' or ')}`)
  return value as T
}
