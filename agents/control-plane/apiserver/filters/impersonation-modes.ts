/**
 * The ways in which acting as somebody else may be allowed, narrow ones first (IM1, IM2).
 *
 *   MO1  associated-node: a service account whose token names its node acts as that node; the right is asked for all nodes,
 *        and the token's own extras are not part of the question.
 *   MO2  Nodes and service accounts have their groups given: a narrow mode takes nothing but their names.
 *   MO3  user-info is for everybody else, and never for system:masters, nor for an empty group, key or value.
 *   MO4  Four or more groups or extras are first asked about together, as "*".
 */
import type { Attributes, Authorizer } from '../access/authorizer.ts'
import { serviceAccountGroups } from '../access/service-account-groups.ts'
import { anonymous, authenticatedGroup, mastersGroup, serviceAccountOf, unauthenticatedGroup } from '../access/user-info.ts'
import type { UserInfo } from '../access/user-info.ts'
import { ApiError } from '../http/api-error.ts'
import { isDns1123Subdomain } from '../../../api/validation/names.ts'
import { refusal } from './authorization.ts'

export type ModeOutcome = { readonly user: UserInfo; readonly constraint: string } | { readonly refusal: ApiError }

export interface ImpersonationMode {
  /** Undefined when the mode has nothing to do with such a user. */
  check(wanted: UserInfo, attributes: Attributes): Promise<ModeOutcome | undefined>
}

const authenticationGroup = 'authentication.k8s.io'
const nodePrefix = 'system:node:'
const manyChecks = 4

export function impersonationModes(authorizer: Authorizer): readonly ImpersonationMode[] {
  return [
    narrowMode(authorizer, 'associated-node', (wanted, requestor) => isOnlyName(wanted) && isOwnNode(requestor, wanted.name)),
    narrowMode(authorizer, 'arbitrary-node', wanted => nodeOf(wanted.name) !== undefined && isOnlyName(wanted)),
    narrowMode(authorizer, 'serviceaccount', wanted => serviceAccountOf(wanted) !== undefined && isOnlyName(wanted)),
    narrowMode(authorizer, 'user-info', wanted => nodeOf(wanted.name) === undefined && serviceAccountOf(wanted) === undefined),
    { check: (wanted, attributes) => outcomeOf(() => checkEach(new Checks(authorizer, attributes.user, 'impersonate', false), wanted)) },
  ]
}

function narrowMode(authorizer: Authorizer, name: string, concerns: (wanted: UserInfo, requestor: UserInfo) => boolean): ImpersonationMode {
  return {
    async check(wanted, attributes) {
      if (!concerns(wanted, attributes.user)) return undefined
      const isAssociated = name === 'associated-node'
      const requestor = isAssociated ? withoutOwnExtra(attributes.user) : attributes.user // MO1
      return await outcomeOf(async () => {
        const checks = new Checks(authorizer, requestor, `impersonate:${name}`, true)
        await checks.ask({ ...attributes, user: requestor, verb: `impersonate-on:${name}:${attributes.verb}` })
        return await checkEach(checks, wanted, isAssociated)
      })
    },
  }
}

async function outcomeOf(check: () => Promise<{ user: UserInfo; constraint: string }>): Promise<ModeOutcome> {
  try {
    return await check()
  } catch (error) {
    if (error instanceof ApiError) return { refusal: error }
    throw error
  }
}

class Checks {
  readonly verb: string
  readonly isNarrow: boolean
  readonly #authorizer: Authorizer
  readonly #requestor: UserInfo

  constructor(authorizer: Authorizer, requestor: UserInfo, verb: string, isNarrow: boolean) {
    this.#authorizer = authorizer
    this.#requestor = requestor
    this.verb = verb
    this.isNarrow = isNarrow
  }

  about(resource: string, name: string, more: Partial<Attributes> = {}): Attributes {
    const group = this.isNarrow || resource === 'uids' || resource === 'userextras' ? authenticationGroup : ''
    return { user: this.#requestor, verb: this.verb, isResourceRequest: true, group, version: 'v1', resource, subresource: '', namespace: '', name, path: '', fieldSelector: '', labelSelector: '', ...more }
  }

  async ask(attributes: Attributes): Promise<void> {
    const verdict = await this.#authorizer.authorize(attributes)
    if (verdict.decision === 'allow') return
    const texts = [verdict.error, verdict.reason].filter(text => text !== undefined && text !== '')
    throw refusal(attributes, texts.join(': '))
  }

  async allows(attributes: Attributes): Promise<boolean> {
    return (await this.#authorizer.authorize(attributes)).decision === 'allow'
  }
}

async function checkEach(checks: Checks, wanted: UserInfo, anyNode = false): Promise<{ user: UserInfo; constraint: string }> {
  await checks.ask(nameAttributes(checks, wanted.name, anyNode))
  if (wanted.uid !== '') await checks.ask(checks.about('uids', wanted.uid))
  await checkGroups(checks, wanted.groups)
  await checkExtra(checks, wanted.extra)
  return { user: impersonated(wanted, checks.isNarrow), constraint: checks.isNarrow ? checks.verb : '' }
}

function nameAttributes(checks: Checks, name: string, anyNode: boolean): Attributes {
  const account = serviceAccountOf({ name })
  if (account !== undefined) return checks.about('serviceaccounts', account.name, { namespace: account.namespace })
  const node = checks.isNarrow ? nodeOf(name) : undefined
  return node === undefined ? checks.about('users', name) : checks.about('nodes', anyNode ? '*' : node)
}

async function checkGroups(checks: Checks, groups: readonly string[]): Promise<void> {
  if (checks.isNarrow) { // MO3
    if (groups.includes('')) throw refusal(checks.about('groups', ''), 'impersonating the empty string group is not allowed')
    if (groups.includes(mastersGroup)) throw refusal(checks.about('groups', mastersGroup), 'impersonating the system:masters group is not allowed')
    if (groups.length >= manyChecks && (await checks.allows(checks.about('groups', '*')))) return // MO4
  }
  for (const group of groups) await checks.ask(checks.about('groups', group))
}

async function checkExtra(checks: Checks, extra: UserInfo['extra']): Promise<void> {
  const entries = Object.entries(extra)
  if (entries.length === 0) return
  if (checks.isNarrow) {
    const wrong = wrongExtra(extra)
    if (wrong !== undefined) throw refusal(checks.about('userextras', ''), wrong)
    const count = Math.max(entries.length, entries.reduce((sum, [, values]) => sum + values.length, 0))
    if (count >= manyChecks && (await checks.allows(checks.about('userextras', '*', { subresource: '*' })))) return
  }
  for (const [key, values] of entries) for (const value of values) await checks.ask(checks.about('userextras', value, { subresource: key }))
}

function wrongExtra(extra: UserInfo['extra']): string | undefined {
  for (const [key, values] of Object.entries(extra)) {
    if (key === '') return 'impersonating the empty string key in extra is not allowed'
    const [domain, ...path] = key.split('/')
    if (path.length === 0 || path.join('/') === '' || isDns1123Subdomain(domain!).length > 0) return `impersonating an invalid key in extra is not allowed: extra.key: Invalid value: ${JSON.stringify(key)}: must be a domain-prefixed path (such as "acme.io/foo")`
    if (key !== key.toLowerCase()) return `impersonating a non-lowercase key in extra is not allowed: ${JSON.stringify(key)}`
    if (values.length === 0) return 'impersonating empty values in extra is not allowed'
    if (values.includes('')) return 'impersonating the empty string value in extra is not allowed'
  }
  return undefined
}

/** IM4 */
function impersonated(wanted: UserInfo, isNarrow: boolean): UserInfo {
  let { groups } = wanted
  if (isNarrow && nodeOf(wanted.name) !== undefined) groups = ['system:nodes']
  else if (groups.length === 0) groups = serviceAccountGroups(wanted.name) ?? []
  if (wanted.name === anonymous.name) return { ...wanted, groups: withGroup(groups, unauthenticatedGroup) }
  return { ...wanted, groups: groups.includes(unauthenticatedGroup) ? groups : withGroup(groups, authenticatedGroup) }
}

function withGroup(groups: readonly string[], group: string): readonly string[] {
  return groups.includes(group) ? groups : [...groups, group]
}

function isOnlyName({ uid, groups, extra }: UserInfo): boolean {
  return uid === '' && groups.length === 0 && Object.keys(extra).length === 0
}

function nodeOf(name: string): string | undefined {
  const node = name.startsWith(nodePrefix) ? name.slice(nodePrefix.length) : ''
  return node !== '' && isDns1123Subdomain(node).length === 0 ? node : undefined
}

function isOwnNode(requestor: UserInfo, wanted: string): boolean {
  const node = nodeOf(wanted)
  const named = requestor.extra['authentication.kubernetes.io/node-name']
  return node !== undefined && serviceAccountOf(requestor) !== undefined && named?.length === 1 && named[0] === node
}

function withoutOwnExtra(user: UserInfo): UserInfo {
  return { ...user, extra: { 'authentication.kubernetes.io/associated-node-keys': Object.keys(user.extra).sort() } }
}
