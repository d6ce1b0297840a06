/**
 * What is told of one request, as it goes on: one record, one event for each stage that the policy wants.
 * Upstream: apiserver/pkg/audit/{context,request}.go; the JSON is audit.k8s.io/v1 Event, fields in upstream's order.
 *
 *   AR1  Bodies are kept from level Request on (what was sent) and RequestResponse (what was answered), never below: the
 *        content of Secrets appears only where the policy asks for it.
 *   AR2  A Status that is answered is told at every level, for it says why.
 *   AR3  A body that is JSON already is not encoded again.
 *   AR4  An annotation, once set, keeps its value.
 */
import { microTimeText } from '../../../base/clock.ts'
import type { Exchange } from '../http/exchange.ts'
import { jsonType, protobufType, yamlType } from '../http/negotiation.ts'
import type { UserInfo } from '../access/user-info.ts'
import { decodeProtobufObject } from '../../../wire/protobuf/envelope.ts'
import { parseYaml } from '../../../wire/yaml/yaml.ts'
import { fieldAt, isFields, textAt } from '../registry/kube-object.ts'
import type { AuditDecision, AuditStage } from './audit-policy.ts'

export interface AuditEvent {
  /** The whole event, JSON without a line end. */
  readonly json: string
  /** The same without the objects that were sent and answered. */
  truncated(): string
  readonly stage: AuditStage
  readonly summary: AuditSummary
}

/** What the legacy one-line format shows. */
export interface AuditSummary {
  readonly receivedMs: number
  readonly auditId: string
  readonly sourceIp: string | undefined
  readonly verb: string
  readonly user: UserInfo | undefined
  readonly impersonated: UserInfo | undefined
  readonly userAgent: string
  readonly namespace: string
  readonly uri: string
  readonly code: number | undefined
}

interface AuditStatus {
  readonly metadata: object
  readonly status?: string
  readonly message?: string
  readonly reason?: string
  readonly details?: unknown
  readonly code?: number
}

const maxUserAgent = 1_024
const maxStatusBytes = 64 * 1024

export class AuditRecord {
  readonly decision: AuditDecision
  readonly #exchange: Exchange
  readonly #emit: (event: AuditEvent) => void
  readonly #nowMs: () => number
  #objectName = { namespace: '', name: '', uid: '', resourceVersion: '' }
  #requestObject: string | undefined
  #responseObject: string | undefined
  #status: AuditStatus | undefined
  #failure: string | undefined
  #hasStarted = false
  #isComplete = false

  constructor(exchange: Exchange, decision: AuditDecision, emit: (event: AuditEvent) => void, nowMs: () => number) {
    this.#exchange = exchange
    this.decision = decision
    this.#emit = emit
    this.#nowMs = nowMs
  }

  /** The object of a create, update or delete, as it was decoded; `asDefaulted` is made of it only where it is told. */
  noteRequestObject(object: object, asDefaulted: () => object = () => object): void {
    const meta = fieldAt(object, 'metadata')
    this.#objectName = { namespace: textAt(meta, 'namespace'), name: textAt(meta, 'name'), uid: textAt(meta, 'uid'), resourceVersion: textAt(meta, 'resourceVersion') }
    if (!this.#keepsRequest) return
    const told = asDefaulted()
    this.#requestObject = JSON.stringify(this.decision.omitManagedFields ? withoutManagedFields(told) : told)
  }

  noteRequestPatch(bytes: Uint8Array): void {
    if (!this.#keepsRequest) return
    const text = Buffer.from(bytes).toString('utf8')
    this.#requestObject = isJson(text) ? text.trim() : JSON.stringify(readYaml(text))
  }

  /** Headers are going out. */
  responseStarted(code: number): void {
    if (this.#hasStarted) return
    this.#hasStarted = true
    this.#status ??= { metadata: {}, code }
    if (this.#exchange.isLongRunning) this.tell('ResponseStarted')
  }

  noteResponse(type: string, body: Uint8Array): void {
    const keepsBody = this.keepsResponse
    const mayBeStatus = body.length <= maxStatusBytes
    if (!keepsBody && !mayBeStatus) return
    const text = type === jsonType || type.startsWith(`${jsonType};`) ? Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8').trim() : undefined
    if (text !== undefined && !keepsBody && !text.includes('"kind":"Status"')) return
    const object = text === undefined || this.decision.omitManagedFields || text.includes('"kind":"Status"') ? readBody(type, body, text) : undefined
    if (isFields(object) && object['kind'] === 'Status' && object['apiVersion'] === 'v1') { // AR2
      const { kind: _kind, apiVersion: _apiVersion, ...status } = object
      this.#status = { metadata: {}, ...status }
    }
    if (!keepsBody) return // AR1
    if (text !== undefined && !this.decision.omitManagedFields) this.#responseObject = text // AR3
    else if (object !== undefined) this.#responseObject = JSON.stringify(this.decision.omitManagedFields ? withoutManagedFields(object as object) : object)
  }

  noteFailure(why: string): void {
    this.#failure = why
  }

  complete(): void {
    if (this.#isComplete) return
    this.#isComplete = true
    const code = this.#exchange.statusCode
    if (this.#failure !== undefined) {
      this.#status = { metadata: {}, status: 'Failure', message: `APIServer panic'd: ${this.#failure}`, reason: 'InternalError', code: 500 }
      this.tell('Panic')
      return
    }
    if (!this.#hasStarted && code !== 0) this.responseStarted(code)
    if (this.#status === undefined) {
      this.#status = { metadata: {}, status: 'Success', message: 'Connection closed early', code: 200 }
      if (this.#exchange.isLongRunning) this.tell('ResponseStarted')
    } else if (code !== 0) this.#status = { ...this.#status, code }
    this.tell('ResponseComplete')
  }

  tell(stage: AuditStage): void {
    if (this.decision.omits.has(stage)) return
    const stageMs = this.#nowMs()
    this.#emit({ json: this.#json(stage, stageMs), truncated: () => this.#json(stage, stageMs, true), stage, summary: this.#summary() })
  }

  get keepsResponse(): boolean {
    return this.decision.level === 'RequestResponse'
  }

  /** Who could not be authenticated is told of once. */
  tellUnauthenticated(message: string): void {
    this.#isComplete = true
    this.#status = { metadata: {}, status: 'Failure', message, reason: 'Unauthorized', code: 401 }
    this.tell('ResponseStarted')
  }

  get #keepsRequest(): boolean {
    return this.decision.level === 'Request' || this.decision.level === 'RequestResponse'
  }

  #summary(): AuditSummary {
    const { info, impersonator } = this.#exchange
    return {
      receivedMs: this.#exchange.startedMs, auditId: this.#exchange.auditId, sourceIp: sourceIps(this.#exchange)[0], verb: info.verb,
      user: impersonator ?? this.#exchange.user, impersonated: impersonator === undefined ? undefined : this.#exchange.user,
      userAgent: shortAgent(this.#exchange.header('user-agent') ?? ''), namespace: info.namespace === '' ? this.#objectName.namespace : info.namespace, uri: requestUri(this.#exchange), code: this.#status?.code,
    }
  }

  #json(stage: AuditStage, stageMs: number, isTruncated = false): string {
    const { user, impersonator, impersonationConstraint } = this.#exchange
    const annotations = { ...this.#exchange.annotations, ...(this.#keepsRequest ? this.#exchange.requestLevelAnnotations : undefined), ...(isTruncated ? { 'audit.k8s.io/truncated': 'true' } : {}) }
    const userAgent = shortAgent(this.#exchange.header('user-agent') ?? '')
    const addresses = sourceIps(this.#exchange)
    const head = JSON.stringify({
      kind: 'Event', apiVersion: 'audit.k8s.io/v1', level: this.decision.level, auditID: this.#exchange.auditId, stage, requestURI: requestUri(this.#exchange), verb: this.#exchange.info.verb,
      user: userFields(impersonator ?? user),
      ...(impersonator === undefined ? {} : { impersonatedUser: userFields(user) }),
      ...(impersonationConstraint === '' ? {} : { authenticationMetadata: { impersonationConstraint } }),
      ...(addresses.length === 0 ? {} : { sourceIPs: addresses }),
      ...(userAgent === '' ? {} : { userAgent }),
      ...(this.#exchange.info.isResourceRequest ? { objectRef: this.#objectRef() } : {}),
      ...(this.#status === undefined ? {} : { responseStatus: this.#status }),
    })
    const tail = JSON.stringify({
      requestReceivedTimestamp: microTimeText(this.#exchange.startedMs),
      stageTimestamp: microTimeText(stageMs),
      ...(Object.keys(annotations).length === 0 ? {} : { annotations: sorted(annotations) }),
    })
    const sent = this.#requestObject === undefined || isTruncated ? '' : `"requestObject":${this.#requestObject},`
    const answered = this.#responseObject === undefined || isTruncated ? '' : `"responseObject":${this.#responseObject},`
    return `${head.slice(0, -1)},${sent}${answered}${tail.slice(1)}`
  }

  #objectRef(): Record<string, string> {
    const { info } = this.#exchange
    const named = this.#objectName
    const fields = {
      resource: info.resource, namespace: info.namespace === '' ? named.namespace : info.namespace, name: info.name === '' ? named.name : info.name,
      uid: named.uid, apiGroup: info.group, apiVersion: info.version, resourceVersion: named.resourceVersion, subresource: info.subresource,
    }
    return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== ''))
  }
}

export function legacyLine({ stage, summary }: AuditEvent): string {
  const quote = (text: string) => JSON.stringify(text)
  const list = (items: readonly string[]) => items.map(quote).join(',')
  const { user, impersonated } = summary
  const groups = user === undefined || user.groups.length === 0 ? '<none>' : list(user.groups)
  return `${new Date(summary.receivedMs).toISOString()} AUDIT: id=${quote(summary.auditId)} stage=${quote(stage)} ip=${quote(summary.sourceIp ?? '<unknown>')} method=${quote(summary.verb)} user=${quote(user?.name ?? '<none>')} groups=${quote(groups)} as=${quote(impersonated?.name ?? '<self>')} asgroups=${quote(impersonated === undefined ? '<lookup>' : list(impersonated.groups))} user-agent=${quote(summary.userAgent)} namespace=${quote(summary.namespace === '' ? '<none>' : summary.namespace)} uri=${quote(summary.uri)} response="${summary.code ?? '<deferred>'}"`
}

/** Who forwarded, then who connected. Upstream: apimachinery/pkg/util/net SourceIPs. */
function sourceIps(exchange: Exchange): string[] {
  const forwarded = (exchange.header('x-forwarded-for') ?? '').split(',').map(text => text.trim()).filter(isAddress)
  const real = exchange.header('x-real-ip') ?? ''
  const before = isAddress(real) && !forwarded.includes(real) ? [...forwarded, real] : forwarded
  const remote = (exchange.remoteAddress ?? '').replace(/^::ffff:/, '')
  return remote === '' || before.at(-1) === remote ? before : [...before, remote]
}

function isAddress(text: string): boolean {
  return /^[\d.]+$|^[\da-f:]+(?:[\d.]+)?$/i.test(text)
}

function requestUri(exchange: Exchange): string {
  return exchange.request.url ?? exchange.path
}

function shortAgent(agent: string): string {
  return agent.length > maxUserAgent ? `${agent.slice(0, maxUserAgent)}...TRUNCATED` : agent
}

function userFields(user: UserInfo | undefined): object {
  if (user === undefined) return {}
  return {
    ...(user.name === '' ? {} : { username: user.name }),
    ...(user.uid === '' ? {} : { uid: user.uid }),
    ...(user.groups.length === 0 ? {} : { groups: user.groups }),
    ...(Object.keys(user.extra).length === 0 ? {} : { extra: user.extra }),
  }
}

function sorted(annotations: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(annotations).sort(([a], [b]) => (a < b ? -1 : 1)))
}

function withoutManagedFields(object: object): object {
  const strip = (of: unknown): unknown => {
    if (!isFields(of) || !isFields(of['metadata'])) return of
    const { managedFields: _managed, ...metadata } = of['metadata']
    return { ...of, metadata }
  }
  const whole = strip(object) as Record<string, unknown>
  if (Array.isArray(whole['items'])) return { ...whole, items: whole['items'].map(strip) }
  if (Array.isArray(whole['rows'])) return { ...whole, rows: whole['rows'].map((row: unknown) => (isFields(row) ? { ...row, object: strip(row['object']) } : row)) }
  return whole
}

function readBody(type: string, body: Uint8Array, text: string | undefined): unknown {
  try {
    if (text !== undefined) return JSON.parse(text)
    if (type === protobufType) return decodeProtobufObject(body, { apiVersion: '', kind: '' })
    if (type === yamlType) return readYaml(Buffer.from(body).toString('utf8'))
  } catch {
    return undefined
  }
  return undefined
}

function readYaml(text: string): unknown {
  try {
    return parseYaml(text).value
  } catch {
    return text // told as it came
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
