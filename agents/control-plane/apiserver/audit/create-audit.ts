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
import type { AuditLogOptions } from './audit-log.ts'
import type { AuditSink } from './audit-sink.ts'
import { auditWebhook } from './audit-webhook.ts'
import type { AuditWebhookOptions } from './audit-webhook.ts'
import { truncatingSink } from './truncating-sink.ts'

export interface AuditOptions {
  readonly policyFile: string
  readonly log?: AuditLogOptions & BackendOptions
  readonly webhook?: Pick<AuditWebhookOptions, 'batch' | 'firstPauseMs'> & BackendOptions & { readonly kubeconfig: string }
}

export interface BackendOptions {
  /** A request whose first event this backend could not keep is refused. */
  readonly isStrict: boolean
  /** Larger events lose their objects. */
  readonly maxEventBytes?: number
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
  tellFirst(record: AuditRecord): boolean | Promise<boolean>
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
  let waitedFor: Promise<boolean>[] = []
  const emit = (event: AuditEvent) => {
    events.add()
    for (const { name, sink, isStrict } of backends) {
      const failed = (error: unknown) => {
        errors.add(1, { plugin: name })
        log.error('audit event could not be kept', { plugin: name, auditId: event.summary.auditId, error: errorText(error) })
        return isStrict
      }
      try {
        const written = sink.write(event)
        if (written !== undefined) waitedFor.push(written.then(() => false, failed))
      } catch (error) {
        strictFailure = failed(error) || strictFailure
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
      waitedFor = []
      record.tell('RequestReceived') // at once, so that what was collected is this event's
      const [isRefused, waiting] = [strictFailure, waitedFor]
      const verdict = (refused: boolean) => {
        if (refused) rejected.add()
        return !refused
      }
      return waiting.length === 0 ? verdict(isRefused) : Promise.all(waiting).then(refusals => verdict(isRefused || refusals.includes(true)))
    },
    [Symbol.dispose]() {
      for (const { sink } of backends) sink[Symbol.dispose]()
    },
  }
}

function openBackends({ log, webhook }: AuditOptions, deps: AuditDeps): Backend[] {
  const backends: Backend[] = []
  const errors = deps.metrics.counter({ name: 'apiserver_audit_error_total', help: 'Counter of audit events that failed to be audited properly. Plugin identifies the plugin affected by the error.', labels: ['plugin'] })
  const bounded = (sink: AuditSink, { maxEventBytes }: BackendOptions) => (maxEventBytes === undefined ? sink : truncatingSink(sink, maxEventBytes))
  if (log !== undefined) {
    const sink = openAuditLog(log, deps.clock, (count, error) => {
      errors.add(count, { plugin: 'log' })
      deps.log.error('audit events could not be written', { path: log.path, count, error: errorText(error) })
    })
    backends.push({ name: 'log', sink: bounded(sink, log), isStrict: log.isStrict })
  }
  if (webhook !== undefined) {
    const { server, ca, clientCert, clientKey, token, serverName, insecureSkipVerify } = readKubeconfig(webhook.kubeconfig)
    const client = deps.webhooks.clientWith({ url: server }, {
      ...(ca === undefined ? {} : { ca }), ...(clientCert === undefined ? {} : { clientCert }), ...(clientKey === undefined ? {} : { clientKey }),
      ...(token === undefined ? {} : { token: () => token }), ...(serverName === undefined ? {} : { serverName }), ...(insecureSkipVerify === undefined ? {} : { insecureSkipVerify }),
    })
    backends.push({ name: 'webhook', isStrict: webhook.isStrict, sink: bounded(auditWebhook({ ...webhook, client, clock: deps.clock, log: deps.log, signal: deps.signal, onLost: count => { errors.add(count, { plugin: 'webhook' }) } }), webhook) })
  }
  return backends
}
