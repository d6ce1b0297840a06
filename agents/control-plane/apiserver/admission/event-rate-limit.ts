/**
 * EventRateLimit: so many Events a second for the server, a namespace, a user, or a source and object.
 * Upstream: plugin/pkg/admission/eventratelimit; configuration eventratelimit.admission.k8s.io/v1alpha1.
 *
 *   EL1  Each limit is a bucket of `burst` tokens that refills at `qps`; an Event takes one from every bucket it falls into.
 *   EL2  Buckets are kept for the `cacheSize` keys used last (4096 unless said).
 */
import type { Clock } from '../../../base/clock.ts'
import { relayedStatus } from '../http/api-error.ts'
import { listAt, numberAt, textAt } from '../registry/kube-object.ts'
import type { AdmissionPlugin, AdmissionRequest } from './admission.ts'

interface Bucket {
  tokens: number
  atMs: number
}

interface Limit {
  readonly type: string
  readonly qps: number
  readonly burst: number
  readonly cacheSize: number
  readonly buckets: Map<string, Bucket>
}

const defaultCacheSize = 4_096
const keyOf: Readonly<Record<string, (request: AdmissionRequest) => string>> = {
  Server: () => '',
  Namespace: request => request.namespace,
  User: request => request.user.name,
  SourceAndObject: ({ object }) => [
    textAt(object, 'source', 'component') || textAt(object, 'deprecatedSource', 'component'), textAt(object, 'source', 'host') || textAt(object, 'deprecatedSource', 'host'),
    ...['kind', 'namespace', 'name', 'uid', 'apiVersion'].map(field => textAt(object, 'involvedObject', field) || textAt(object, 'regarding', field)),
  ].join(''),
}

export function eventRateLimit(configuration: unknown, clock: Clock): AdmissionPlugin {
  const limits = readLimits(configuration)
  return {
    name: 'EventRateLimit',
    concerns: request => request.kind.kind === 'Event' && (request.group === '' || request.group === 'events.k8s.io') && !request.dryRun && (request.operation === 'CREATE' || request.operation === 'UPDATE'),
    validate(request) {
      const failures = limits.flatMap(limit => {
        const key = keyOf[limit.type]!(request)
        return takes(limit, key, clock.monotonic()) ? [] : [`limit reached on type ${limit.type} for key ${key}`]
      })
      if (failures.length > 0) throw relayedStatus({ code: 429, reason: 'TooManyRequests', message: `Too many requests: ${failures.length === 1 ? failures[0]! : `[${failures.join(', ')}]`}` })
    },
  }
}

/** EL1 */
function takes(limit: Limit, key: string, nowMs: number): boolean {
  const known = limit.buckets.get(key)
  const bucket = known ?? { tokens: limit.burst, atMs: nowMs }
  limit.buckets.delete(key)
  limit.buckets.set(key, bucket)
  if (limit.buckets.size > limit.cacheSize) limit.buckets.delete(limit.buckets.keys().next().value!) // EL2
  bucket.tokens = Math.min(limit.burst, bucket.tokens + ((nowMs - bucket.atMs) / 1000) * limit.qps)
  bucket.atMs = nowMs
  if (bucket.tokens < 1) return false
  bucket.tokens -= 1
  return true
}

function readLimits(configuration: unknown): Limit[] {
  const limits = listAt(configuration, 'limits')
  if (limits.length === 0) throw new Error('EventRateLimit: limits: Invalid value: "null": must not be empty')
  return limits.map((limit, index) => {
    const type = textAt(limit, 'type')
    const qps = numberAt(limit, 'qps') ?? 0
    const burst = numberAt(limit, 'burst') ?? 0
    const cacheSize = numberAt(limit, 'cacheSize') ?? 0
    if (keyOf[type] === undefined) throw new Error(`EventRateLimit: limits[${index}].type: Unsupported value: ${JSON.stringify(type)}: supported values: "Namespace", "Server", "SourceAndObject", "User"`)
    if (qps <= 0) throw new Error(`EventRateLimit: limits[${index}].qps: Invalid value: ${qps}: must be positive`)
    if (burst <= 0) throw new Error(`EventRateLimit: limits[${index}].burst: Invalid value: ${burst}: must be positive`)
    if (cacheSize < 0) throw new Error(`EventRateLimit: limits[${index}].cacheSize: Invalid value: ${cacheSize}: must not be negative`)
    return { type, qps, burst, cacheSize: type === 'Server' ? 1 : cacheSize === 0 ? defaultCacheSize : cacheSize, buckets: new Map() }
  })
}
