/**
 * Questions about access, asked as objects that are never stored: SubjectAccessReview and its kin, SelfSubjectReview,
 * SelfSubjectRulesReview, TokenReview.
 */
import { badRequest, invalid } from '../http/api-error.ts'
import { required, invalid as invalidField } from '../../../api/field-error.ts'
import type { Exchange } from '../http/exchange.ts'
import { plainForm } from '../http/negotiation.ts'
import { requireForm, sendObject } from '../registry/answer-form.ts'
import { readFieldValidation, readObjectBody } from '../registry/decode-body.ts'
import { fieldAt, isFields, listAt, textAt } from '../registry/kube-object.ts'
import type { Fields, KubeObject } from '../registry/kube-object.ts'
import { kindOf } from '../../../api/kinds.ts'
import type { Attributes, Authorizer } from './authorizer.ts'
import type { TokenAuthenticator } from './authenticator.ts'
import { withAuthenticated } from './authenticator.ts'
import type { RbacAuthorizer } from './rbac-authorizer.ts'
import type { UserInfo } from './user-info.ts'

export interface ReviewDeps {
  readonly authorizer: Authorizer
  readonly rbac: RbacAuthorizer
  readonly tokens: readonly TokenAuthenticator[]
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
  const { group, version, resource, namespace } = exchange.info
  const kind = kindOf(group, resource, version)!
  const form = requireForm(exchange, undefined, plainForm)
  const apiVersion = `${group}/${version}`
  const body = await readObjectBody(exchange, { group, version, kind: kind.type.kind, apiVersion, definition: kind.definition }, readFieldValidation(exchange.query))
  const answered = await answer(body, resource, namespace, exchange, deps)
  await sendObject(exchange, 201, { kind: kind.type.kind, apiVersion, metadata: { creationTimestamp: null, ...withoutServerFields(body) }, ...answered }, form)
}

function withoutServerFields(body: KubeObject): Fields {
  const { creationTimestamp: _created, ...metadata } = body.metadata
  return metadata as Fields
}

async function answer(body: KubeObject, resource: string, namespace: string, exchange: Exchange, deps: ReviewDeps): Promise<Fields> {
  const user = exchange.user!
  if (resource === 'selfsubjectreviews') return { status: { userInfo: userFields(user) } }
  if (resource === 'tokenreviews') return { spec: body['spec'], status: await reviewToken(body, deps) }
  if (resource === 'selfsubjectrulesreviews') return { spec: body['spec'] ?? {}, status: reviewRules(user, body, deps) }
  const spec = isFields(body['spec']) ? body['spec'] : {}
  const subject = resource === 'selfsubjectaccessreviews' ? user : subjectOf(spec, body.kind)
  const attributes = attributesOf(spec, subject, body.kind)
  if (resource === 'localsubjectaccessreviews' && attributes.namespace !== namespace) {
    throw invalid({ group: authorization, kind: body.kind }, '', [invalidField('spec.resourceAttributes.namespace', attributes.namespace, 'must match metadata.namespace')])
  }
  const verdict = await deps.authorizer.authorize(attributes)
  const status = { allowed: verdict.decision === 'allow', ...(verdict.decision === 'deny' ? { denied: true } : {}), ...(verdict.reason === '' ? {} : { reason: verdict.reason }) }
  return { spec, status }
}

function subjectOf(spec: Fields, kind: string): UserInfo {
  const groups = listAt(spec, 'groups') as string[]
  if (textAt(spec, 'user') === '' && groups.length === 0) {
    throw invalid({ group: authorization, kind }, '', [invalidField('spec.user', '', 'at least one of user or group must be specified')])
  }
  return { name: textAt(spec, 'user'), uid: textAt(spec, 'uid'), groups, extra: (isFields(spec['extra']) ? spec['extra'] : {}) as UserInfo['extra'] }
}

function attributesOf(spec: Fields, user: UserInfo, kind: string): Attributes {
  const resource = spec['resourceAttributes']
  const path = spec['nonResourceAttributes']
  if (isFields(resource) === isFields(path)) {
    throw invalid({ group: authorization, kind }, '', [isFields(resource)
      ? invalidField('spec.nonResourceAttributes', path, 'cannot be specified in combination with resourceAttributes')
      : required('spec', 'exactly one of nonResourceAttributes or resourceAttributes must be specified')])
  }
  const about = isFields(resource) ? resource : path
  const text = (name: string) => textAt(about, name)
  return {
    user,
    verb: text('verb'),
    isResourceRequest: isFields(resource),
    group: text('group'),
    version: text('version'),
    resource: text('resource'),
    subresource: text('subresource'),
    namespace: text('namespace'),
    name: text('name'),
    path: text('path'),
    fieldSelector: selectorText(fieldAt(about, 'fieldSelector')),
    labelSelector: selectorText(fieldAt(about, 'labelSelector')),
  }
}

function selectorText(selector: unknown): string {
  const raw = textAt(selector, 'rawSelector')
  if (raw !== '') return raw
  return listAt(selector, 'requirements')
    .filter(requirement => textAt(requirement, 'operator') === 'In' && listAt(requirement, 'values').length === 1)
    .map(requirement => `${textAt(requirement, 'key')}=${String(listAt(requirement, 'values')[0])}`)
    .join(',')
}

function reviewRules(user: UserInfo, body: KubeObject, deps: ReviewDeps): Fields {
  const namespace = textAt(body, 'spec', 'namespace')
  if (namespace === '') throw badRequest('no namespace on request')
  const rules = deps.rbac.rulesFor(user, namespace)
  return {
    incomplete: false,
    resourceRules: rules.filter(rule => (rule.resources?.length ?? 0) > 0).map(({ verbs, apiGroups, resources, resourceNames }) => ({ verbs, apiGroups, resources, ...(resourceNames === undefined ? {} : { resourceNames }) })),
    nonResourceRules: rules.filter(rule => (rule.nonResourceURLs?.length ?? 0) > 0).map(({ verbs, nonResourceURLs }) => ({ verbs, nonResourceURLs })),
  }
}

async function reviewToken(body: KubeObject, deps: ReviewDeps): Promise<Fields> {
  const token = textAt(body, 'spec', 'token')
  if (token === '') throw badRequest('token is required for TokenReview in authentication')
  const asked = listAt(body, 'spec', 'audiences') as string[]
  for (const kind of deps.tokens) {
    const found = await kind.authenticate(token, asked.length === 0 ? deps.audiences : asked)
    if (found === undefined) continue
    return { authenticated: true, user: userFields(withAuthenticated(found.user)), audiences: found.audiences ?? deps.audiences }
  }
  return { user: {}, error: 'invalid bearer token' }
}

function userFields(user: UserInfo): Fields {
  return {
    username: user.name,
    ...(user.uid === '' ? {} : { uid: user.uid }),
    ...(user.groups.length === 0 ? {} : { groups: user.groups }),
    ...(Object.keys(user.extra).length === 0 ? {} : { extra: user.extra }),
  }
}
