/** The audit of this server: policy, backends and their numbers, from the command line's flags. */
import type { Clock } from '../../../base/clock.ts'
import { errorText } from '../../../base/log.ts'
import type { Log } from '../../../base/log.ts'
import type { Metrics } from '../../../machinery/metrics.ts'
import { readKubeconfig } from '../../../runtime/index.ts'
import { readPositionedYaml } from '../config-files/positioned-yaml.ts'
import type { Exchange } from '../http/exchange.ts'
import type { WebhookClients } from '../webhooks/webhook-client.ts'
import type { AuditPolicy } from './audit-policy.ts'
import { readAuditPolicy } from './audit-policy.ts'
import { AuditRecord } from './audit-record.ts'
import type { AuditEvent } from './audit-record.ts'
import { openAuditLog } from './audit-log.ts'
import type { AuditLogOptions, AuditSink } from './audit-log.ts'
import { batchingWebhook } from './audit-webhook.ts'

export interface AuditOptions {
  readonly policyFile: string
  readonly log?: AuditLogOptions & { readonly isStrict: boolean }
  readonly webhook?: { readonly kubeconfig: string; readonly bufferSize: number; readonly maxBatchSize: number; readonly maxWaitMs: number; readonly firstPauseMs: number }
}

export interface AuditDeps {
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
  readonly webhooks: WebhookClients
  readonly signal: AbortSignal
}

export interface Audit extends Disposable {
  /** Undefined when the policy does not want the request. */
  begin(exchange: Exchange, attributes: Parameters<AuditPolicy['decide']>[0]): AuditRecord | undefined
  /** Tells that the request has been received; false when it must not go on. */
  tellFirst(record: AuditRecord): boolean
}

interface Backend {
  readonly name: string
  readonly sink: AuditSink
  readonly isStrict: boolean
}

/** Undefined without a policy or without anywhere to tell: then requests cost nothing. */
export function createAudit(options: AuditOptions | undefined, deps: AuditDeps): Audit | undefined {
  if (options === undefined) return undefined
  const { clock, log, metrics } = deps
  const policy = readAuditPolicy(readPositionedYaml(options.policyFile))
  for (const warning of policy.warnings) log.warn('audit policy contains errors', { error: warning })
  const backends = openBackends(options, deps)
  const events = metrics.counter({ name: 'apiserver_audit_event_total', help: 'Counter of audit events generated and sent to the audit backend.' }).series({})
  const errors = metrics.counter({ name: 'apiserver_audit_error_total', help: 'Counter of audit events that failed to be audited properly. Plugin identifies the plugin affected by the error.', labels: ['plugin'] })
  const levels = metrics.counter({ name: 'apiserver_audit_level_total', help: 'Counter of policy levels for audit events (1 per request).', labels: ['level'] })
  const rejected = metrics.counter({ name: 'apiserver_audit_requests_rejected_total', help: 'Counter of apiserver requests rejected due to an error in audit logging backend.' }).series({})
  let strictFailure = false
  const emit = (event: AuditEvent) => {
    events.add()
    for (const { name, sink, isStrict } of backends) {
      try {
        sink.write(event)
      } catch (error) {
        errors.add(1, { plugin: name })
        log.error('audit event could not be kept', { plugin: name, auditId: event.summary.auditId, error: errorText(error) })
        strictFailure ||= isStrict
      }
    }
  }
  return {
    begin(exchange, attributes) {
      const decision = policy.decide(attributes)
      levels.add(1, { level: decision?.level ?? 'None' })
      return decision === undefined ? undefined : new AuditRecord(exchange, decision, emit, () => clock.now())
    },
    tellFirst(record) {
      strictFailure = false
      record.tell('RequestReceived')
      if (strictFailure) rejected.add()
      return !strictFailure
    },
    [Symbol.dispose]() {
      for (const { sink } of backends) sink[Symbol.dispose]()
    },
  }
}

function openBackends({ log, webhook }: AuditOptions, deps: AuditDeps): Backend[] {
  const backends: Backend[] = []
  if (log !== undefined) backends.push({ name: 'log', sink: openAuditLog(log, deps.clock), isStrict: log.isStrict })
  if (webhook !== undefined) {
    const { server, ca, clientCert, clientKey, token, serverName, insecureSkipVerify } = readKubeconfig(webhook.kubeconfig)
    const lost = deps.metrics.counter({ name: 'apiserver_audit_error_total', help: 'Counter of audit events that failed to be audited properly. Plugin identifies the plugin affected by the error.', labels: ['plugin'] })
    const client = deps.webhooks.clientWith({ url: server }, {
      ...(ca === undefined ? {} : { ca }), ...(clientCert === undefined ? {} : { clientCert }), ...(clientKey === undefined ? {} : { clientKey }),
      ...(token === undefined ? {} : { token: () => token }), ...(serverName === undefined ? {} : { serverName }), ...(insecureSkipVerify === undefined ? {} : { insecureSkipVerify }),
    })
    backends.push({ name: 'webhook', isStrict: false, sink: batchingWebhook({ ...webhook, client, clock: deps.clock, log: deps.log, signal: deps.signal, onLost: count => { lost.add(count, { plugin: 'webhook' }) } }) })
  }
  return backends
}
