/**
 * From the claims of a verified token to a user. Upstream: apiserver/plugin/pkg/authenticator/token/oidc.
 *
 *   JC1  A mapping is a claim with a prefix, or an expression over `claims`; an expression for a name must give a text that
 *        is not empty, one for groups or extras a text or a list of texts.
 *   JC2  A name from the claim "email" counts only if "email_verified", where it is there, is true.
 *   JC3  Rules about claims come after the mappings, rules about the user after those; one that is false refuses with its
 *        message, or with its expression.
 */
import { CelBudget, celToJson } from '../../../api/cel/cel.ts'
import type { CelProgram } from '../../../api/cel/cel.ts'
import { TokenRefusal } from './token-authenticator.ts'
import type { UserInfo } from './user-info.ts'

export type Claims = Readonly<Record<string, unknown>>

export type Mapping = { readonly claim: string; readonly prefix: string } | { readonly program: CelProgram }

export interface ExpressionRule {
  readonly program: CelProgram
  readonly message: string
}

export interface ClaimRules {
  readonly username: Mapping
  readonly groups: Mapping | undefined
  readonly uid: Mapping | undefined
  readonly extra: readonly { readonly key: string; readonly program: CelProgram }[]
  readonly requiredClaims: Readonly<Record<string, string>>
  readonly claimRules: readonly ExpressionRule[]
  readonly userRules: readonly ExpressionRule[]
}

export function userOfClaims(claims: Claims, rules: ClaimRules): UserInfo {
  const name = nameOf(claims, rules.username)
  const groups = groupsOf(claims, rules.groups)
  const uid = rules.uid === undefined ? '' : textOf(claims, rules.uid, 'uid')
  const extra: Record<string, string[]> = {}
  if (typeof claims['jti'] === 'string') extra['authentication.kubernetes.io/credential-id'] = [`JTI=${claims['jti']}`]
  for (const { key, program } of rules.extra) {
    const values = texts(evaluate(program, { claims }, 'extra claim'), 'extra claim')
    if (values.length > 0) extra[key] = values
  }
  for (const [claim, wanted] of Object.entries(rules.requiredClaims)) checkRequired(claims, claim, wanted)
  checkRules(rules.claimRules, { claims }, 'error evaluating claim validation expression') // JC3
  const user: UserInfo = { name, uid, groups, extra }
  checkRules(rules.userRules, { user: { username: name, uid, groups, extra } }, 'error evaluating user info validation rule')
  return user
}

function nameOf(claims: Claims, mapping: Mapping): string {
  const name = textOf(claims, mapping, 'username')
  if ('program' in mapping) {
    if (name === '') throw new TokenRefusal('oidc: empty username via CEL expression is not allowed')
    return name
  }
  if (mapping.claim === 'email' && 'email_verified' in claims) { // JC2
    if (typeof claims['email_verified'] !== 'boolean') throw new TokenRefusal("oidc: parse 'email_verified' claim: a boolean is wanted")
    if (!claims['email_verified']) throw new TokenRefusal('oidc: email not verified')
  }
  return `${mapping.prefix}${name}`
}

/** JC1 */
function textOf(claims: Claims, mapping: Mapping, what: string): string {
  const found = 'program' in mapping ? evaluate(mapping.program, { claims }, `${what} claim`) : claims[mapping.claim]
  if (typeof found === 'string') return found
  if ('program' in mapping) throw new TokenRefusal(`oidc: error evaluating ${what} claim expression: ${what} claim expression must return a string`)
  throw new TokenRefusal(`oidc: parse ${what} claims ${JSON.stringify(mapping.claim)}: ${found === undefined ? 'claim not present' : 'a string is wanted'}`)
}

function groupsOf(claims: Claims, mapping: Mapping | undefined): string[] {
  if (mapping === undefined) return []
  if ('program' in mapping) return texts(evaluate(mapping.program, { claims }, 'group claim'), 'group claim')
  const found = claims[mapping.claim]
  if (found === undefined) return []
  const list = Array.isArray(found) ? (found as unknown[]) : [found]
  if (!list.every(item => typeof item === 'string')) throw new TokenRefusal(`oidc: parse groups claim ${JSON.stringify(mapping.claim)}: a string or a list of strings is wanted`)
  return list.map(group => `${mapping.prefix}${group}`)
}

function texts(value: unknown, what: string): string[] {
  if (value === null || value === undefined || value === '') return []
  const list = Array.isArray(value) ? (value as unknown[]) : [value]
  if (!list.every(item => typeof item === 'string')) throw new TokenRefusal(`oidc: error evaluating ${what} expression: expression must return a string or a list of strings`)
  return list.filter(text => text !== '')
}

function evaluate(program: CelProgram, bindings: Readonly<Record<string, unknown>>, what: string): unknown {
  try {
    return celToJson(program.evaluate(bindings, new CelBudget()))
  } catch (error) {
    throw new TokenRefusal(`oidc: error evaluating ${what} expression: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function checkRequired(claims: Claims, claim: string, wanted: string): void {
  const found = claims[claim]
  if (found === undefined) throw new TokenRefusal(`oidc: required claim ${claim} not present in ID token`)
  if (typeof found !== 'string') throw new TokenRefusal(`oidc: parse claim ${claim}: a string is wanted`)
  if (found !== wanted) throw new TokenRefusal(`oidc: required claim ${claim} value does not match. Got = ${found}, want = ${wanted}`)
}

function checkRules(rules: readonly ExpressionRule[], bindings: Readonly<Record<string, unknown>>, what: string): void {
  for (const { program, message } of rules) {
    if (evaluate(program, bindings, 'validation') === true) continue
    throw new TokenRefusal(`oidc: ${what}: validation expression '${program.source}' failed${message === '' ? '' : `: ${message}`}`)
  }
}
