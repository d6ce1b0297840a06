/**
 * POST …/pods/<name>/eviction: deletes a pod if its disruption budget allows. Upstream: pkg/registry/core/pod/storage/eviction.go.
 *
 *   EV1  Pods that have finished, are pending or are already going need no budget.
 *   EV2  One budget that matches: its disruptionsAllowed is taken down, with the pod named in disruptedPods, before the
 *        deletion, so that two evictions cannot use one allowance. None left: 429 with cause DisruptionBudget.
 *   EV3  A budget not yet seen by its controller: 429, retry after 10 s. More than one budget: 500.
 *   EV4  A pod that is not ready may go under unhealthyPodEvictionPolicy AlwaysAllow, or when the budget is healthy.
 */
import { timeText } from '../../../../base/clock.ts'
import { selectorOf, matches } from '../../../../api/selectors/label-selector.ts'
import { ApiError, badRequest, notFound, relayedStatus, tooManyRequests } from '../../http/api-error.ts'
import type { Exchange } from '../../http/exchange.ts'
import { plainForm } from '../../http/negotiation.ts'
import { requireForm, sendObject } from '../answer-form.ts'
import { readFieldValidation, readObjectBody } from '../decode-body.ts'
import type { DeleteOptions } from '../deletion.ts'
import type { Fields, KubeObject } from '../kube-object.ts'
import { fieldAt, isFields, listAt, numberAt, textAt } from '../kube-object.ts'
import { writeContext } from '../rest-handler.ts'
import type { ServedResource } from '../served-resource.ts'
import type { WriteContext } from '../write-context.ts'
import { admitAsked } from './exchange-admission.ts'
import type { SubresourceDeps } from './subresource.ts'

const evictionKind = { group: 'policy', version: 'v1', kind: 'Eviction', apiVersion: 'policy/v1', definition: 'io.k8s.api.policy.v1.Eviction' }
const budgets = { group: 'policy', resource: 'poddisruptionbudgets' }
const maxDisrupted = 2_000

export async function serveEviction(exchange: Exchange, pods: ServedResource, deps: SubresourceDeps): Promise<void> {
  const form = requireForm(exchange, undefined, plainForm)
  const eviction = await readObjectBody(exchange, evictionKind, readFieldValidation(exchange.query))
  const { namespace, name } = exchange.info
  if (eviction.metadata.name !== name) throw badRequest('name in URL does not match name in Eviction object')
  const context = writeContext(exchange, deps)
  await admitAsked(exchange, pods, deps.admission, { operation: 'CREATE', kind: evictionKind, object: eviction, context })
  const asked = isFields(eviction['deleteOptions']) ? (eviction['deleteOptions'] as DeleteOptions) : {}
  const dryRun = context.dryRun || (asked.dryRun ?? []).includes('All')
  await evict(pods, namespace, name, asked, { ...context, dryRun }, deps)
  await sendObject(exchange, 201, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 }, form)
}

async function evict(pods: ServedResource, namespace: string, name: string, asked: DeleteOptions, context: WriteContext, deps: SubresourceDeps): Promise<void> {
  const target = { resource: pods, namespace, name }
  const pod = await deps.writer.readFresh(target)
  if (pod === undefined) throw notFound(pods, name)
  if (!needsNoBudget(pod)) await takeAllowance(pod, context, deps)
  const preconditions = asked.preconditions ?? { uid: pod.metadata.uid! }
  await deps.writer.delete(target, { ...asked, preconditions }, context)
}

/** EV1 */
function needsNoBudget(pod: KubeObject): boolean {
  const phase = textAt(pod, 'status', 'phase')
  return phase === 'Succeeded' || phase === 'Failed' || phase === 'Pending' || pod.metadata.deletionTimestamp !== undefined
}

async function takeAllowance(pod: KubeObject, context: WriteContext, deps: SubresourceDeps): Promise<void> {
  const matching = deps.reader.list(budgets, pod.metadata.namespace).filter(budget => {
    const selector = fieldAt(budget, 'spec', 'selector')
    return selector !== undefined && matches(selectorOf(selector as never), pod.metadata.labels ?? {})
  })
  if (matching.length === 0) return
  if (matching.length > 1) throw relayedStatus({ code: 500, message: 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.' }) // EV3
  const resource = deps.table.stored(budgets)!
  const target = { resource, namespace: pod.metadata.namespace!, name: matching[0]!.metadata.name! }
  await deps.writer.update(target, budget => withAllowanceTaken(budget!, pod, deps.clock.now()), context, { rules: 'custom', subresource: 'status', allowsUnconditional: true, skipAdmission: true, managedFieldsDone: true })
}

function withAllowanceTaken(budget: KubeObject, pod: KubeObject, nowMs: number): KubeObject {
  const name = budget.metadata.name!
  const status: Fields = isFields(budget['status']) ? budget['status'] : {}
  const allowed = numberAt(status, 'disruptionsAllowed') ?? 0
  if ((numberAt(status, 'observedGeneration') ?? 0) < (budget.metadata.generation ?? 0)) { // EV3
    throw tooManyRequests("Cannot evict pod as it would violate the pod's disruption budget.", 10, [{ reason: 'DisruptionBudget', message: `The disruption budget ${name} is still being processed by the server.` }])
  }
  if (!isReady(pod)) { // EV4
    const healthy = (numberAt(status, 'currentHealthy') ?? 0) >= (numberAt(status, 'desiredHealthy') ?? 0) && (numberAt(status, 'desiredHealthy') ?? 0) > 0
    if (textAt(budget, 'spec', 'unhealthyPodEvictionPolicy') === 'AlwaysAllow' || healthy) return budget
  }
  if (allowed < 0) throw new ApiError('Forbidden', `pod disruption budget ${name} has negative disruptionsAllowed`)
  const disrupted = isFields(status['disruptedPods']) ? status['disruptedPods'] : {}
  if (Object.keys(disrupted).length > maxDisrupted) throw new ApiError('Forbidden', 'DisruptedPods map too big - too many evictions not confirmed by PDB controller')
  if (allowed === 0) { // EV2
    const message = `The disruption budget ${name} needs ${numberAt(status, 'desiredHealthy') ?? 0} healthy pods and has ${numberAt(status, 'currentHealthy') ?? 0} currently`
    throw new ApiError('TooManyRequests', "Cannot evict pod as it would violate the pod's disruption budget.", { causes: [{ reason: 'DisruptionBudget', message }] })
  }
  return { ...budget, status: { ...status, disruptionsAllowed: allowed - 1, disruptedPods: { ...disrupted, [pod.metadata.name!]: timeText(nowMs) } } }
}

function isReady(pod: KubeObject): boolean {
  return listAt(pod, 'status', 'conditions').some(condition => textAt(condition, 'type') === 'Ready' && textAt(condition, 'status') === 'True')
}
