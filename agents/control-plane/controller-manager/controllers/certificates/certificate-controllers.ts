/**
 * Certificate signing requests: approved if they are a kubelet's own, signed once approved, and cleaned away when old.
 *
 * Reads   CertificateSigningRequests          Writes   their approval, status; deletes them; SubjectAccessReviews
 * Woken   by requests, and by the time they are to go
 *
 *   CC1  Only a kubelet's client certificate is approved by itself, and only if its requester may create
 *        certificatesigningrequests/selfnodeclient (for itself) or /nodeclient.
 *   CC2  A request that is approved and not denied gets its certificate once; one that breaks its signer's rules
 *        (plan-certificate.ts) gets the condition Failed.
 *   CC3  Requests go: 1 h after approval, denial or failure, 24 h after being made if nothing was decided.
 */
import type { CertificateSigningRequest } from '../../../../api/groups/certificates-v1/types.ts'
import { certificateSigningRequests, subjectAccessReviews } from '../../../../api/resources.ts'
import { timeText } from '../../../../base/clock.ts'
import { errorText } from '../../../../base/log.ts'
import type { Controller, Outcome, ReconcileDeps } from '../../../../machinery/controller.ts'
import { again, done } from '../../../../machinery/controller.ts'
import type { ObjectKey } from '../../../../machinery/object-key.ts'
import { keyOf } from '../../../../machinery/object-key.ts'
import { isNotFound } from '../../../../machinery/status-error.ts'
import type { RequestContent } from './plan-certificate.ts'
import { conditionOf, isKubeletClient, lifeSeconds, refusal, signerPrefix } from './plan-certificate.ts'

/** X.509, done by the edge. Base64 of PEM in and out, as the API carries it. */
export interface CertificateAuthority {
  readRequest(request: string): Promise<RequestContent>
  sign(request: string, options: { readonly usages: readonly string[]; readonly lifeSeconds: number }): Promise<string>
  readonly longestSeconds: number
}

export function createApprovingController(authority: CertificateAuthority): Controller {
  return { name: 'certificatesigningrequest-approving-controller', reconciles: certificateSigningRequests, reconcile: (key, deps, signal) => approve(authority, key, deps, signal) }
}

export function createSigningController(authority: CertificateAuthority): Controller {
  return { name: 'certificatesigningrequest-signing-controller', reconciles: certificateSigningRequests, reconcile: (key, deps, signal) => sign(authority, key, deps, signal) }
}

export const certificateCleanerController: Controller = { name: 'certificatesigningrequest-cleaner-controller', reconciles: certificateSigningRequests, workers: 1, reconcile: clean }

async function approve(authority: CertificateAuthority, key: ObjectKey, deps: ReconcileDeps, signal: AbortSignal): Promise<Outcome> {
  const request = deps.cache.get(certificateSigningRequests, key)
  if (request === undefined || isDecided(request) || request.spec.signerName !== 'kubernetes.io/kube-apiserver-client-kubelet') return done
  const content = await authority.readRequest(request.spec.request).catch(() => undefined)
  if (content === undefined || !isKubeletClient(request, content)) return done
  const kinds = request.spec.username === content.commonName
    ? [['selfnodeclient', 'Auto approving self kubelet client certificate after SubjectAccessReview.'], ['nodeclient', 'Auto approving kubelet client certificate after SubjectAccessReview.']] as const
    : [['nodeclient', 'Auto approving kubelet client certificate after SubjectAccessReview.']] as const
  for (const [subresource, message] of kinds) { // CC1
    if (!(await mayCreate(request, subresource, deps, signal))) continue
    await write(request, 'approval', { type: 'Approved', reason: 'AutoApproved', message }, deps, signal)
    return done
  }
  return done
}

async function mayCreate({ spec }: CertificateSigningRequest, subresource: string, { client }: ReconcileDeps, signal: AbortSignal): Promise<boolean> {
  const review = await client.create(subjectAccessReviews, {
    metadata: {},
    spec: {
      ...(spec.username === undefined ? {} : { user: spec.username }), ...(spec.uid === undefined ? {} : { uid: spec.uid }), ...(spec.groups === undefined ? {} : { groups: spec.groups }), ...(spec.extra === undefined ? {} : { extra: spec.extra }),
      resourceAttributes: { group: 'certificates.k8s.io', resource: 'certificatesigningrequests', verb: 'create', subresource, version: '*' },
    },
  }, {}, signal)
  return review.status?.allowed === true
}

async function sign(authority: CertificateAuthority, key: ObjectKey, deps: ReconcileDeps, signal: AbortSignal): Promise<Outcome> {
  const request = deps.cache.get(certificateSigningRequests, key)
  if (request === undefined || !request.spec.signerName.startsWith(signerPrefix) || conditionOf(request, 'Approved') === undefined || conditionOf(request, 'Denied') !== undefined || conditionOf(request, 'Failed') !== undefined || (request.status?.certificate ?? '') !== '') return done
  let why: string | undefined
  try {
    why = refusal(request, await authority.readRequest(request.spec.request))
  } catch (error) {
    why = errorText(error)
  }
  if (why !== undefined) { // CC2
    await write(request, 'status', { type: 'Failed', reason: 'SignerValidationFailure', message: why }, deps, signal)
    return done
  }
  const certificate = await authority.sign(request.spec.request, { usages: request.spec.usages ?? [], lifeSeconds: lifeSeconds(request, authority.longestSeconds) })
  await deps.client.update(certificateSigningRequests, { ...request, status: { ...request.status, certificate } }, { subresource: 'status' }, signal)
  deps.log.info('certificate signed', { request: key.name, signer: request.spec.signerName })
  return done
}

async function write(request: CertificateSigningRequest, subresource: 'approval' | 'status', condition: { type: string; reason: string; message: string }, { client, clock }: ReconcileDeps, signal: AbortSignal): Promise<void> {
  const now = timeText(clock.now())
  const conditions = [...(request.status?.conditions ?? []), { ...condition, status: 'True', lastUpdateTime: now, lastTransitionTime: now }]
  await client.update(certificateSigningRequests, { ...request, status: { ...request.status, conditions } }, { subresource }, signal)
}

const isDecided = (request: CertificateSigningRequest): boolean => conditionOf(request, 'Approved') !== undefined || conditionOf(request, 'Denied') !== undefined

async function clean(key: ObjectKey, deps: ReconcileDeps, signal: AbortSignal): Promise<Outcome> { // CC3
  const request = deps.cache.get(certificateSigningRequests, key)
  if (request === undefined) return done
  const decided = ['Approved', 'Denied', 'Failed'].map(type => Date.parse(conditionOf(request, type)?.lastUpdateTime ?? '')).filter(at => !Number.isNaN(at))
  const goesAt = decided.length > 0 ? Math.min(...decided) + 3_600_000 : Date.parse(request.metadata.creationTimestamp) + 24 * 3_600_000
  const leftMs = goesAt - deps.clock.now()
  if (leftMs > 0) return again(leftMs)
  await deps.client.delete(certificateSigningRequests, keyOf(request), { preconditions: { uid: request.metadata.uid } }, signal).catch((error: unknown) => {
    if (!isNotFound(error)) throw error
  })
  return done
}
