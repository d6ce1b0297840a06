/**
 * POST …/serviceaccounts/<name>/token: a fresh token. Upstream: pkg/registry/core/serviceaccount/storage/token.go.
 *
 *   TK1  Lives 10 minutes to 2^32 s, an hour unless asked otherwise; at most a day more than a year is meaningless and cut.
 *   TK2  A bound pod must be of this account and on the same namespace; uids that are given must match.
 */
import { timeText } from '../../../../base/clock.ts'
import { invalid as invalidField } from '../../../../api/field-error.ts'
import type { BoundObject } from '../../access/service-account-tokens.ts'
import { badRequest, conflict, invalid, methodNotSupported, notFound, ApiError } from '../../http/api-error.ts'
import type { Exchange } from '../../http/exchange.ts'
import { plainForm } from '../../http/negotiation.ts'
import { requireForm, sendObject } from '../answer-form.ts'
import { readFieldValidation, readObjectBody } from '../decode-body.ts'
import type { KubeObject } from '../kube-object.ts'
import { fieldAt, isFields, listAt, numberAt, textAt } from '../kube-object.ts'
import { writeContext } from '../rest-handler.ts'
import type { ServedResource } from '../served-resource.ts'
import { admitAsked } from './exchange-admission.ts'
import type { SubresourceDeps } from './subresource.ts'

const requestKind = { group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest', apiVersion: 'authentication.k8s.io/v1', definition: 'io.k8s.api.authentication.v1.TokenRequest' }
const minSeconds = 600
const maxSeconds = 2 ** 32
const defaultSeconds = 3_600

export async function serveToken(exchange: Exchange, accounts: ServedResource, deps: SubresourceDeps): Promise<void> {
  if (exchange.info.verb !== 'create') throw methodNotSupported(accounts, exchange.info.verb)
  if (deps.tokens === undefined) throw new ApiError('NotImplemented', 'no service account signing key is configured')
  const form = requireForm(exchange, undefined, plainForm)
  const request = await readObjectBody(exchange, requestKind, readFieldValidation(exchange.query))
  const { namespace, name } = exchange.info
  const account = await findFresh(deps, 'serviceaccounts', namespace, name)
  if (account === undefined) throw notFound(accounts, name)
  const seconds = readLife(request)
  const context = writeContext(exchange, deps)
  await admitAsked(exchange, accounts, deps.admission, { operation: 'CREATE', kind: requestKind, object: request, context })
  const bound = await findBound(request, account, deps)
  const asked = listAt(request, 'spec', 'audiences') as string[]
  const audiences = asked.length === 0 ? deps.tokens.audiences : asked
  const { token, expiresMs } = context.dryRun ? { token: '', expiresMs: deps.clock.now() + seconds * 1000 } : await deps.tokens.issue(account, bound, audiences, seconds)
  const answer = {
    kind: 'TokenRequest',
    apiVersion: 'authentication.k8s.io/v1',
    metadata: { name, namespace, creationTimestamp: timeText(deps.clock.now()) },
    spec: { ...(isFields(request['spec']) ? request['spec'] : {}), audiences, expirationSeconds: seconds, boundObjectRef: fieldAt(request, 'spec', 'boundObjectRef') ?? null },
    status: { token, expirationTimestamp: timeText(expiresMs) },
  }
  await sendObject(exchange, 201, answer, form)
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
  const resource = { Pod: 'pods', Secret: 'secrets', Node: 'nodes' }[kind]
  if (resource === undefined) throw badRequest(`cannot bind token for serviceaccount "${account.metadata.name!}" to object ref with kind "${kind}"`)
  const found = await findFresh(deps, resource, kind === 'Node' ? '' : account.metadata.namespace!, name)
  if (found === undefined) throw notFound({ group: '', resource }, name)
  const uid = textAt(reference, 'uid')
  if (uid !== '' && uid !== found.metadata.uid) throw conflict({ group: '', resource }, name, `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`)
  const base = { kind: kind as BoundObject['kind'], name, uid: found.metadata.uid! }
  if (kind !== 'Pod') return base
  const podAccount = textAt(found, 'spec', 'serviceAccountName')
  if (podAccount !== account.metadata.name) throw badRequest(`cannot bind token for serviceaccount "${account.metadata.name!}" to pod running with different serviceaccount name.`)
  const nodeName = textAt(found, 'spec', 'nodeName')
  const node = nodeName === '' ? undefined : deps.reader.get({ group: '', resource: 'nodes' }, '', nodeName)
  return node === undefined ? base : { ...base, node: { name: nodeName, uid: node.metadata.uid! } }
}

async function findFresh(deps: SubresourceDeps, resource: string, namespace: string, name: string): Promise<KubeObject | undefined> {
  return deps.reader.get({ group: '', resource }, namespace, name) ?? (await deps.reader.getFresh({ group: '', resource }, namespace, name))
}
