/**
 * The Lease by which each API server says that it lives, and the removal of those that do not.
 * Upstream: pkg/controlplane/apiserver/server.go, controller/apiserverleasegc.
 *
 *   IL1  Lease kube-system/apiserver-<hash> is renewed every ten seconds and lasts an hour; its label says whose it is.
 *   IL2  Leases of servers that have not renewed for as long as theirs lasts are removed, once an hour and at the start.
 *   IL3  The hash is of host and address: several servers may share a machine.
 */
import { createHash, randomUUID } from 'node:crypto'
import { microTimeText, sleep } from '../../../base/clock.ts'
import { errorText } from '../../../base/log.ts'
import { ApiError } from '../http/api-error.ts'
import { numberAt, textAt } from '../registry/kube-object.ts'
import type { KubeObject } from '../registry/kube-object.ts'
import { serverContext } from './ensure-objects.ts'
import type { BootstrapDeps } from './ensure-objects.ts'

export interface ServerIdentity {
  readonly hostname: string
  readonly address: string
}

const of = { group: 'coordination.k8s.io', resource: 'leases' }
const namespace = 'kube-system'
export const identityLabel = 'apiserver.kubernetes.io/identity'
const durationSeconds = 3_600
const renewMs = 10_000
const collectMs = 3_600_000
const letters = 'abcdefghijklmnopqrstuvwxyz234567'

/** "apiserver-" and sixteen bytes of the hash in base 32 (IL3). */
export function identityName({ hostname, address }: ServerIdentity): string {
  const hash = createHash('sha256').update(`${hostname}/${address}`).digest().subarray(0, 16)
  const bits = [...hash].map(byte => byte.toString(2).padStart(8, '0')).join('')
  return `apiserver-${(bits.match(/.{1,5}/g) ?? []).map(five => letters[parseInt(five.padEnd(5, '0'), 2)]!).join('')}`
}

/** Runs until the signal aborts; calls back when the lease is held for the first time. */
export async function keepIdentityLease(identity: ServerIdentity, deps: BootstrapDeps, onHeld: () => void, signal: AbortSignal): Promise<void> {
  const name = identityName(identity)
  const holder = `${name}_${randomUUID()}`
  let collectedAt = -Infinity
  while (!signal.aborted) {
    try {
      await renew(name, holder, identity, deps, signal) // IL1
      onHeld()
      if (deps.clock.monotonic() - collectedAt >= collectMs) {
        collectedAt = deps.clock.monotonic()
        await removeExpired(deps, signal) // IL2
      }
    } catch (error) {
      if (!signal.aborted) deps.log.warn('identity lease could not be kept', { lease: name, error: errorText(error) })
    }
    await sleep(deps.clock, renewMs, signal).catch(() => {})
  }
}

async function renew(name: string, holder: string, { hostname }: ServerIdentity, deps: BootstrapDeps, signal: AbortSignal): Promise<void> {
  const resource = deps.table.stored(of)!
  const context = serverContext(signal)
  const labels = { [identityLabel]: 'kube-apiserver', 'kubernetes.io/hostname': hostname }
  const now = microTimeText(deps.clock.now())
  if (deps.table.get(of, namespace, name) === undefined) {
    const lease = { kind: 'Lease', apiVersion: 'coordination.k8s.io/v1', metadata: { name, labels }, spec: { holderIdentity: holder, leaseDurationSeconds: durationSeconds, renewTime: now } } as unknown as KubeObject
    try {
      await deps.writer.create(resource, namespace, lease, context)
      return
    } catch (error) {
      if (!(error instanceof ApiError && error.reason === 'AlreadyExists')) throw error
    }
  }
  await deps.writer.update({ resource, namespace, name }, current => ({
    ...current!,
    metadata: { ...current!.metadata, labels: { ...current!.metadata.labels, ...labels } },
    spec: { ...(current!['spec'] as object), holderIdentity: holder, leaseDurationSeconds: durationSeconds, renewTime: now },
  }), context, { allowsUnconditional: true })
}

async function removeExpired({ table, writer, clock }: BootstrapDeps, signal: AbortSignal): Promise<void> {
  for (const lease of table.list(of, namespace)) {
    if (lease.metadata.labels?.[identityLabel] === undefined) continue
    const until = Date.parse(textAt(lease, 'spec', 'renewTime')) + (numberAt(lease, 'spec', 'leaseDurationSeconds') ?? 0) * 1000
    if (!(until < clock.now())) continue
    const preconditions = { uid: lease.metadata.uid!, resourceVersion: lease.metadata.resourceVersion! }
    await writer.delete({ resource: table.stored(of)!, namespace, name: lease.metadata.name! }, { preconditions }, serverContext(signal)).catch((error: unknown) => {
      if (!(error instanceof ApiError && (error.reason === 'NotFound' || error.reason === 'Conflict'))) throw error
    })
  }
}
