/**
 * Attribute-based access: one JSON policy a line, --authorization-policy-file. Upstream: pkg/auth/authorizer/abac.
 *
 *   AB1  A policy allows what all its parts match; "*" matches anything, an absent part matches only what has none.
 *   AB2  A subject is a user or a group (both, if both are given); "*" as either means everybody who is known. A readonly
 *        policy allows get, list and watch only.
 *   AB3  Paths match exactly or, ending in "*", as a prefix.
 *   AB4  v1beta1 is the version; a line without kind and apiVersion is of the old unversioned form. A line that cannot be
 *        read stops the server, with its number. Blank lines and comments are passed over.
 */
import { isFields, textAt } from '../registry/kube-object.ts'
import type { Fields } from '../registry/kube-object.ts'
import type { Attributes, Authorizer } from './authorizer.ts'
import type { PolicyRule } from './rbac-authorizer.ts'
import { authenticatedGroup } from './user-info.ts'
import type { UserInfo } from './user-info.ts'

interface Policy {
  readonly user: string
  readonly group: string
  readonly readonly: boolean
  readonly apiGroup: string
  readonly resource: string
  readonly namespace: string
  readonly path: string
}

const readVerbs = new Set(['get', 'list', 'watch'])

export function abacAuthorizer(text: string, file: string): Authorizer {
  const policies = readPolicies(text, file)
  return {
    authorize: attributes => (policies.some(policy => matches(policy, attributes)) ? { decision: 'allow', reason: '' } : { decision: 'no-opinion', reason: 'No policy matched.' }),
    rulesFor: (user, namespace) => ({ rules: policies.filter(policy => subjectMatches(policy, user) && isOneOf(policy.namespace, namespace)).flatMap(rulesOf), incomplete: false, errors: [] }),
  }
}

function rulesOf({ readonly, apiGroup, resource, path }: Policy): PolicyRule[] {
  const verbs = readonly ? ['get', 'list', 'watch'] : ['*']
  return [...(resource === '' ? [] : [{ verbs, apiGroups: [apiGroup], resources: [resource] }]), ...(path === '' ? [] : [{ verbs, nonResourceURLs: [path] }])]
}

function matches(policy: Policy, attributes: Attributes): boolean {
  if (!subjectMatches(policy, attributes.user)) return false
  if (policy.readonly && !readVerbs.has(attributes.verb)) return false // AB2
  if (attributes.isResourceRequest) return isOneOf(policy.namespace, attributes.namespace) && isOneOf(policy.resource, attributes.resource) && isOneOf(policy.apiGroup, attributes.group) // AB1
  if (policy.path === '*' || policy.path === attributes.path) return true // AB3
  return policy.path.endsWith('*') && attributes.path.startsWith(policy.path.slice(0, -1))
}

function isOneOf(wanted: string, given: string): boolean {
  return wanted === '*' || wanted === given
}

function subjectMatches({ user: wanted, group }: Policy, user: UserInfo): boolean {
  if (wanted !== '' && wanted !== user.name) return false
  if (group !== '' && !user.groups.includes(group)) return false
  return wanted !== '' || group !== ''
}

function readPolicies(text: string, file: string): Policy[] {
  return text.split('\n').flatMap((line, index) => {
    const trimmed = line.trim()
    if (trimmed === '' || trimmed.startsWith('#')) return []
    const fail = (why: string) => new Error(`error reading policy file ${file}, line ${index + 1}: ${JSON.stringify(trimmed.slice(0, 200))}: ${why}`)
    let value: unknown
    try {
      value = JSON.parse(trimmed)
    } catch (error) {
      throw fail((error as Error).message)
    }
    if (!isFields(value)) throw fail('an object is wanted')
    return [readPolicy(value, fail)]
  })
}

function readPolicy(value: Fields, fail: (why: string) => Error): Policy {
  if (value['apiVersion'] === undefined && value['kind'] === undefined) return oldPolicy(value)
  if (value['kind'] !== 'Policy' || value['apiVersion'] !== 'abac.authorization.kubernetes.io/v1beta1') throw fail(`no kind ${JSON.stringify(value['kind'])} is registered for version ${JSON.stringify(value['apiVersion'])}`)
  const spec = value['spec']
  const text = (name: string) => textAt(spec, name)
  return {
    ...subjectOf(text('user'), text('group')), readonly: isFields(spec) && spec['readonly'] === true,
    apiGroup: text('apiGroup'), resource: text('resource'), namespace: text('namespace'), path: text('nonResourcePath'),
  }
}

/** AB2 */
function subjectOf(user: string, group: string): { user: string; group: string } {
  return user === '*' || group === '*' ? { user: '', group: authenticatedGroup } : { user, group }
}

/** The form before versions: an absent part there matched everything. */
function oldPolicy(value: Fields): Policy {
  const text = (name: string) => textAt(value, name)
  const isForAll = text('user') === '' && text('group') === ''
  return {
    ...subjectOf(isForAll ? '*' : text('user'), text('group')), readonly: value['readonly'] === true,
    apiGroup: '*', resource: text('resource') === '' ? '*' : text('resource'), namespace: text('namespace') === '' ? '*' : text('namespace'), path: text('resource') === '' && text('namespace') === '' ? '*' : '',
  }
}
