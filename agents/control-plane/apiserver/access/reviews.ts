/**
 * Questions about access, asked as objects that are never stored: SubjectAccessReview and its kin, SelfSubjectReview,
 * SelfSubjectRulesReview, TokenReview. Upstream: pkg/registry/{authorization,authentication}.
 *
 *   RQ1  The answer is the object that was sent with its status filled in; SelfSubjectReview and SelfSubjectRulesReview
 *        give back nothing of what was sent.
 *   RQ2  A token is asked about for the audiences given, or this server's; why it does not hold is told, the token is not.
 *   RQ3  Rights that cannot be listed make the list incomplete, and say so.
 */
import { timeText } from '../../../base/clock.ts'
import type { Clock } from '../../../base/clock.ts'
import { kindOf } from '../../../api/kinds.ts'
import { badRequest, internalError, invalid } from '../http/api-error.ts'
import type { Exchange } from '../http/exchange.ts'
import { plainForm } from '../http/negotiation.ts'
import { requireForm, sendObject } from '../registry/answer-form.ts'
import { readFieldValidation, readObjectBody } from '../registry/decode-body.ts'
import { isFields, listAt, textAt } from '../registry/kube-object.ts'
import type { Fields, KubeObject } from '../registry/kube-object.ts'
import { trackQuestionSteps } from '../registry/field-management.ts'
import { betweenStages, inTurnsIfHeavy } from '../registry/heavy-work.ts'
import { managerOf } from '../registry/rest-handler.ts'
import { withAuthenticated } from './authenticator.ts'
import type { Authorizer } from './authorizer.ts'
import { attributesOfReview, validateReview } from './review-attributes.ts'
import { invalidBearerToken, joinErrors, noNotes } from './token-authenticator.ts'
import type { TokenAnswer, TokenAuthenticator } from './token-authenticator.ts'
import type { UserInfo } from './user-info.ts'

export interface ReviewDeps {
  readonly authorizer: Authorizer
  readonly clock: Clock
  readonly tokens: TokenAuthenticator
  readonly audiences: readonly string[]
}

const authentication = 'authentication.k8s.io'
const authorization = 'authorization.k8s.io'

/** True for the resources answered here. */
export function isReview(group: string, resource: string): boolean {
  if (group === authentication) return resource === 'tokenreviews' || resource === 'selfsubjectreviews'
  return group === authorization && ['subjectaccessreviews', 'selfsubjectaccessreviews', 'localsubjectaccessreviews', 'selfsubjectrulesreviews'].includes(resource)
}

export async function serveReview(exchange: Exchange, deps: ReviewDeps): Promise<void> {
  const { group, version, resource } = exchange.info
  const kind = kindOf(group, resource, version)!
  const form = requireForm(exchange, undefined, plainForm)
  const apiVersion = `${group}/${version}`
  const body = await readObjectBody(exchange, { group, version, kind: kind.type.kind, apiVersion, definition: kind.definition }, readFieldValidation(exchange.query))
  const tracked = await inTurnsIfHeavy(exchange, trackQuestionSteps(body, { definition: kind.definition, apiVersion, manager: managerOf(exchange), nowMs: deps.clock.now() }))
  await betweenStages(exchange)
  const answered = await answer(tracked, exchange, deps)
  await betweenStages(exchange)
  await sendObject(exchange, 201, { kind: kind.type.kind, apiVersion, metadata: {}, ...answered }, form) // RQ1
}

async function answer(body: KubeObject, exchange: Exchange, deps: ReviewDeps): Promise<Fields> {
  const user = exchange.user!
  const { resource, namespace } = exchange.info
  if (resource === 'selfsubjectreviews') return { metadata: { creationTimestamp: timeText(deps.clock.now()) }, status: { userInfo: userFields(user) } }
  if (resource === 'selfsubjectrulesreviews') return { spec: {}, status: reviewRules(user, body, deps) }
  const metadata = { metadata: body.metadata }
  if (resource === 'tokenreviews') return { ...metadata, spec: body['spec'], status: await reviewToken(body, deps) }
  if (resource === 'localsubjectaccessreviews') body.metadata.namespace ??= namespace
  const failures = validateReview(body)
  await betweenStages(exchange)
  if (failures.length > 0) throw invalid({ group: authorization, kind: '' }, '', failures) // as upstream names it
  if (resource === 'localsubjectaccessreviews' && body.metadata.namespace !== namespace) throw badRequest(`spec.resourceAttributes.namespace must match namespace: ${namespace}`)
  const spec = body['spec'] as Fields
  const status = await reviewAccess(spec, resource === 'selfsubjectaccessreviews' ? user : subjectOf(spec), deps)
  return { ...metadata, spec, status }
}

async function reviewAccess(spec: Fields, subject: UserInfo, { authorizer }: ReviewDeps): Promise<Fields> {
  const { attributes, errors } = attributesOfReview(spec, subject)
  const verdict = await authorizer.authorize(attributes)
  const told = [...(verdict.error === undefined ? [] : [verdict.error]), ...errors]
  return {
    allowed: verdict.decision === 'allow',
    ...(verdict.decision === 'deny' ? { denied: true } : {}),
    ...(verdict.reason === '' ? {} : { reason: verdict.reason }),
    ...(told.length === 0 ? {} : { evaluationError: joinErrors(told) }),
  }
}

function subjectOf(spec: Fields): UserInfo {
  return { name: textAt(spec, 'user'), uid: textAt(spec, 'uid'), groups: listAt(spec, 'groups') as string[], extra: (isFields(spec['extra']) ? spec['extra'] : {}) as UserInfo['extra'] }
}

/** RQ3 */
function reviewRules(user: UserInfo, body: KubeObject, { authorizer }: ReviewDeps): Fields {
  const namespace = textAt(body, 'spec', 'namespace')
  if (namespace === '') throw badRequest('no namespace on request')
  const { rules, incomplete, errors } = authorizer.rulesFor!(user, namespace)
  return {
    resourceRules: rules.filter(rule => (rule.resources?.length ?? 0) > 0).map(({ verbs, apiGroups, resources, resourceNames = [] }) => ({ verbs, ...(apiGroups === undefined ? {} : { apiGroups }), resources, ...(resourceNames.length === 0 ? {} : { resourceNames }) })),
    nonResourceRules: rules.filter(rule => (rule.nonResourceURLs?.length ?? 0) > 0).map(({ verbs, nonResourceURLs }) => ({ verbs, nonResourceURLs })),
    incomplete,
    ...(errors.length === 0 ? {} : { evaluationError: joinErrors(errors) }),
  }
}

/** RQ2 */
async function reviewToken(body: KubeObject, deps: ReviewDeps): Promise<Fields> {
  const token = textAt(body, 'spec', 'token')
  if (token === '') throw badRequest('token is required for TokenReview in authentication')
  const given = listAt(body, 'spec', 'audiences') as string[]
  const asked = given.length === 0 ? deps.audiences : given
  let found: TokenAnswer | undefined
  try {
    found = await deps.tokens.authenticate(token, asked, noNotes)
  } catch (error) {
    return { user: {}, error: error instanceof Error ? error.message : String(error) }
  }
  if (found === undefined) return { user: {}, error: invalidBearerToken }
  const audiences = found.audiences ?? asked.filter(audience => deps.audiences.includes(audience)) // a kind that knows no audiences is this server's
  if (audiences.length === 0) return given.length === 0 ? { authenticated: true, user: userFields(withAuthenticated(found.user)) } : { user: {}, error: invalidBearerToken }
  if (!audiences.some(audience => asked.includes(audience))) throw internalError('error validating audiences')
  return { authenticated: true, user: userFields(withAuthenticated(found.user)), audiences }
}

function userFields(user: UserInfo): Fields {
  return {
    username: user.name,
    ...(user.uid === '' ? {} : { uid: user.uid }),
    ...(user.groups.length === 0 ? {} : { groups: user.groups }),
    ...(Object.keys(user.extra).length === 0 ? {} : { extra: user.extra }),
  }
}
