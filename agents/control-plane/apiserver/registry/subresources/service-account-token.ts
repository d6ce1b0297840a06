/**
 * POST …/serviceaccounts/<name>/token: a fresh token. Upstream: pkg/registry/core/serviceaccount/storage/token.go.
 *
 *   TK1  Lives 10 minutes to 2^32 s, an hour unless asked otherwise; longer than the server's limit is shortened, and said.
 *   TK2  A bound pod must be of this account and in the same namespace; uids that are given must match, the account's too.
 *   TK3  A pod's token names the node the pod is on, by name alone when that Node is gone.
 *   TK4  Name and namespace in the body are this account's or left out; they come back filled in.
 */
import { finish } from '../../../../base/steps.ts'
import { timeText } from '../../../../base/clock.ts'
import { invalid as invalidField } from '../../../../api/field-error.ts'
import type { BoundObject } from '../../access/service-account-tokens.ts'
import { badRequest, conflict, invalid, methodNotSupported, notFound, ApiError } from '../../http/api-error.ts'
import type { Exchange } from '../../http/exchange.ts'
import { plainForm } from '../../http/negotiation.ts'
import { requireForm, sendObject } from '../answer-form.ts'
import { readFieldValidation, readObjectBody } from '../decode-body.ts'
import { trackQuestionSteps } from '../field-management.ts'
import type { KubeObject } from '../kube-object.ts'
import { fieldAt, isFields, listAt, numberAt, textAt } from '../kube-object.ts'
import { writeContext } from '../rest-handler.ts'
import type { ServedResource } from '../served-resource.ts'
import { admitAsked } from './exchange-admission.ts'
import type { SubresourceDeps } from './subresource.ts'

const requestKind = { group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest', apiVersion: 'authentication.k8s.io/v1', definition: 'io.k8s.api.authentication.v1.TokenRequest' }
const tokenRequests = { group: 'authentication.k8s.io', resource: 'TokenRequest' }
const minSeconds = 600
const maxSeconds = 2 ** 32
const defaultSeconds = 3_600

export async function serveToken(exchange: Exchange, accounts: ServedResource, deps: SubresourceDeps): Promise<void> {
  if (exchange.info.verb !== 'create') throw methodNotSupported(accounts, exchange.info.verb)
  if (deps.tokens === undefined) throw new ApiError('NotImplemented', 'no service account signing key is configured')
  const form = requireForm(exchange, undefined, plainForm)
  const request = await readObjectBody(exchange, requestKind, readFieldValidation(exchange.query))
  const { namespace, name } = exchange.info
  checkNames(request, name, namespace)
  const account = await findFresh(deps, 'serviceaccounts', namespace, name)
  if (account === undefined) throw notFound(accounts, name)
  const { uid } = request.metadata
  if (uid !== undefined && uid !== '' && uid !== account.metadata.uid) throw conflict(tokenRequests, name, `the UID in the token request (${uid}) does not match the UID of the service account (${account.metadata.uid ?? ''})`)
  const context = writeContext(exchange, deps)
  const nowMs = deps.clock.now()
  let seconds = readLife(request)
  await admitAsked(exchange, accounts, deps.admission, { operation: 'CREATE', kind: requestKind, object: request, context })
  const bound = await findBound(request, account, deps)
  const asked = listAt(request, 'spec', 'audiences') as string[]
  const audiences = asked.length === 0 ? deps.tokens.audiences : asked
  if (deps.tokens.maxSeconds > 0 && seconds > deps.tokens.maxSeconds) {
    exchange.warn(`requested expiration of ${seconds} seconds shortened to ${deps.tokens.maxSeconds} seconds`)
    seconds = deps.tokens.maxSeconds
  }
  const { token, id } = await deps.tokens.issue(account, bound, audiences, seconds)
  exchange.annotate('authentication.kubernetes.io/issued-credential-id', `JTI=${id}`)
  const { metadata } = finish(trackQuestionSteps({ ...request, spec: { ...(isFields(request['spec']) ? request['spec'] : {}), expirationSeconds: readLife(request) } }, { ...requestKind, subresource: 'token', manager: context.manager, nowMs }))
  const answer = {
    kind: 'TokenRequest',
    apiVersion: 'authentication.k8s.io/v1',
    metadata: { ...metadata, name, namespace, uid: account.metadata.uid, creationTimestamp: timeText(nowMs) }, // TK4
    spec: { ...(isFields(request['spec']) ? request['spec'] : {}), audiences, expirationSeconds: seconds, boundObjectRef: fieldAt(request, 'spec', 'boundObjectRef') ?? null },
    status: { token, expirationTimestamp: timeText(nowMs + seconds * 1000) },
  }
  await sendObject(exchange, 201, answer, form)
}

/** TK4 */
function checkNames(request: KubeObject, name: string, namespace: string): void {
  const given = request.metadata
  if ((given.name ?? '') !== '' && given.name !== name) throw invalid(requestKind, name, [invalidField('metadata.name', given.name, 'must match the service account name if specified')])
  if ((given.namespace ?? '') !== '' && given.namespace !== namespace) throw invalid(requestKind, name, [invalidField('metadata.namespace', given.namespace, 'must match the service account namespace if specified')])
}

/** TK1 */
function readLife(request: KubeObject): number {
  const seconds = numberAt(request, 'spec', 'expirationSeconds') ?? defaultSeconds
  if (seconds < minSeconds) throw invalid(requestKind, '', [invalidField('spec.expirationSeconds', seconds, 'may not specify a duration less than 10 minutes')])
  if (seconds > maxSeconds) throw invalid(requestKind, '', [invalidField('spec.expirationSeconds', seconds, 'may not specify a duration larger than 2^32 seconds')])
  return seconds
}

/** TK2 */
async function findBound(request: KubeObject, account: KubeObject, deps: SubresourceDeps): Promise<BoundObject | undefined> {
  const reference = fieldAt(request, 'spec', 'boundObjectRef')
  if (!isFields(reference)) return undefined
  const kind = textAt(reference, 'kind')
  const name = textAt(reference, 'name')
  const apiVersion = textAt(reference, 'apiVersion')
  const [group, version] = apiVersion.includes('/') ? (apiVersion.split('/') as [string, string]) : ['', apiVersion]
  const resource = group === '' ? { Pod: 'pods', Secret: 'secrets', Node: 'nodes' }[kind] : undefined
  if (resource === undefined) throw badRequest(`cannot bind token to object of type ${group}/${version}, Kind=${kind}`)
  const found = await findFresh(deps, resource, kind === 'Node' ? '' : account.metadata.namespace!, name)
  if (found === undefined) throw notFound({ group: '', resource }, name)
  if (kind === 'Pod' && textAt(found, 'spec', 'serviceAccountName') !== account.metadata.name) throw badRequest(`cannot bind token for serviceaccount "${account.metadata.name!}" to pod running with different serviceaccount name.`)
  const uid = textAt(reference, 'uid')
  if (uid !== '' && uid !== found.metadata.uid) throw conflict({ group: '', resource: kind }, name, `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`)
  const base = { kind: kind as BoundObject['kind'], name, uid: found.metadata.uid! }
  const nodeName = kind === 'Pod' ? textAt(found, 'spec', 'nodeName') : ''
  if (nodeName === '') return base
  const node = await findFresh(deps, 'nodes', '', nodeName)
  return { ...base, node: { name: nodeName, ...(node === undefined ? {} : { uid: node.metadata.uid! }) } } // TK3
}

async function findFresh(deps: SubresourceDeps, resource: string, namespace: string, name: string): Promise<KubeObject | undefined> {
  return deps.reader.get({ group: '', resource }, namespace, name) ?? (await deps.reader.getFresh({ group: '', resource }, namespace, name))
}
