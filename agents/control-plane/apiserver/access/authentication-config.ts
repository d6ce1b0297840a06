/**
 * --authentication-config: issuers of JWTs with claims and rules, and who may be anonymous where.
 * Upstream: apiserver/pkg/apis/apiserver/{v1,validation}.
 *
 *   AC1  The file is read strictly and checked with upstream's paths; one that does not hold is refused as a whole.
 *   AC2  Expressions see `claims`, or `user` with username, uid, groups and extra.
 *   AC3  An expression that makes a name of claims.email must be met by one that looks at claims.email_verified.
 */
import { X509Certificate } from 'node:crypto'
import { boolType, compileCel, dynType, listType, mapType, objectType, stringType } from '../../../api/cel/cel.ts'
import type { CelEnvironment, CelProgram, CelType } from '../../../api/cel/cel.ts'
import { duplicate, invalid, required } from '../../../api/field-error.ts'
import type { FieldError } from '../../../api/field-error.ts'
import { isDns1123Subdomain } from '../../../api/validation/names.ts'
import type { AnonymousRule } from '../filters/authentication.ts'
import { fieldAt, isFields, listAt, textAt } from '../registry/kube-object.ts'
import type { Fields } from '../registry/kube-object.ts'
import { readConfiguration, refuseConfiguration } from './configuration-file.ts'
import type { Shape } from './configuration-file.ts'
import type { IssuerPlace } from './issuer-keys.ts'
import { signingAlgorithms } from './jwt-authenticator.ts'
import type { JwtIssuer } from './jwt-authenticator.ts'
import type { ClaimRules, ExpressionRule, Mapping } from './jwt-claims.ts'

export interface ConfiguredIssuer {
  readonly issuer: JwtIssuer
  readonly place: Omit<IssuerPlace, 'dial'>
  readonly egress: '' | 'controlplane' | 'cluster'
}

export interface AuthenticationConfig {
  readonly issuers: readonly ConfiguredIssuer[]
  /** Absent: as the command line says. */
  readonly anonymous: AnonymousRule | undefined
}

const mapping: Shape = { fields: { claim: 'text', prefix: 'text', expression: 'text' } }
const shape: Shape = {
  fields: {
    jwt: {
      list: {
        fields: {
          issuer: { fields: { url: 'text', discoveryURL: 'text', certificateAuthority: 'text', audiences: { list: 'text' }, audienceMatchPolicy: 'text', egressSelectorType: 'text' } },
          claimValidationRules: { list: { fields: { claim: 'text', requiredValue: 'text', expression: 'text', message: 'text' } } },
          claimMappings: { fields: { username: mapping, groups: mapping, uid: { fields: { claim: 'text', expression: 'text' } }, extra: { list: { fields: { key: 'text', valueExpression: 'text' } } } } },
          userValidationRules: { list: { fields: { expression: 'text', message: 'text' } } },
        },
      },
    },
    anonymous: { fields: { enabled: 'boolean', conditions: { list: { fields: { path: 'text' } } } } },
  },
}

export function readAuthenticationConfig(text: string, file: string, disallowedIssuers: readonly string[]): AuthenticationConfig {
  const config = readConfiguration(text, file, 'AuthenticationConfiguration', shape)
  const errors: FieldError[] = []
  const entries = listAt(config, 'jwt')
  if (entries.length > 64) errors.push({ path: 'jwt', reason: 'FieldValueTooMany', message: `Too many: ${entries.length}: must have at most 64 items` })
  const issuers = entries.map((entry, index) => readIssuer(entry, `jwt[${index}]`, disallowedIssuers, errors))
  for (const [index, { issuer, place }] of issuers.entries()) {
    if (issuers.findIndex(other => other.issuer.url === issuer.url) < index) errors.push(duplicate(`jwt[${index}].issuer.url`, issuer.url))
    if (place.discoveryUrl !== '' && issuers.findIndex(other => other.place.discoveryUrl === place.discoveryUrl) < index) errors.push(duplicate(`jwt[${index}].issuer.discoveryURL`, place.discoveryUrl))
  }
  const anonymous = readAnonymous(config, errors)
  refuseConfiguration(file, errors) // AC1
  return { issuers, anonymous }
}

function readAnonymous(config: Fields, errors: FieldError[]): AnonymousRule | undefined {
  const rule = config['anonymous']
  if (!isFields(rule)) return undefined
  const paths = listAt(rule, 'conditions').map(condition => textAt(condition, 'path'))
  if (rule['enabled'] !== true && paths.length > 0) errors.push(invalid('anonymous.conditions', listAt(rule, 'conditions'), 'enabled should be set to true when conditions are defined'))
  return { allowed: rule['enabled'] === true, paths }
}

function readIssuer(entry: unknown, path: string, disallowed: readonly string[], errors: FieldError[]): ConfiguredIssuer {
  const text = (...fields: readonly string[]) => textAt(entry, 'issuer', ...fields)
  const audiences = listAt(entry, 'issuer', 'audiences') as string[]
  const url = text('url')
  const at = `${path}.issuer`
  if (url === '') errors.push(required(`${at}.url`))
  else errors.push(...validateUrl(url, `${at}.url`, disallowed))
  const discoveryUrl = text('discoveryURL')
  if (discoveryUrl !== '') {
    if (url !== '' && url.replace(/\/+$/, '') === discoveryUrl.replace(/\/+$/, '')) errors.push(invalid(`${at}.discoveryURL`, discoveryUrl, 'discoveryURL must be different from URL'))
    errors.push(...validateUrl(discoveryUrl, `${at}.discoveryURL`, []))
  }
  errors.push(...validateAudiences(audiences, text('audienceMatchPolicy'), at))
  const ca = text('certificateAuthority')
  if (ca !== '' && !isPem(ca)) errors.push(invalid(`${at}.certificateAuthority`, '<omitted>', 'data does not contain any valid RSA or ECDSA certificates'))
  const egress = text('egressSelectorType')
  if (egress !== '' && egress !== 'controlplane' && egress !== 'cluster') errors.push(invalid(`${at}.egressSelectorType`, egress, 'egress selector must be either controlplane or cluster'))
  return {
    issuer: { url, audiences, algorithms: signingAlgorithms, rules: readRules(entry, path, errors) },
    place: { url, discoveryUrl, ca },
    egress: egress as ConfiguredIssuer['egress'],
  }
}

function validateUrl(text: string, path: string, disallowed: readonly string[]): FieldError[] {
  const errors: FieldError[] = disallowed.includes(text) ? [invalid(path, text, `URL must not overlap with disallowed issuers: [${[...disallowed].sort().join(' ')}]`)] : []
  if (!URL.canParse(text)) return [...errors, invalid(path, text, 'invalid URL')]
  const url = new URL(text)
  if (url.protocol !== 'https:') errors.push(invalid(path, text, 'URL scheme must be https'))
  if (url.username !== '' || url.password !== '') errors.push(invalid(path, text, 'URL must not contain a username or password'))
  if (url.search !== '') errors.push(invalid(path, text, 'URL must not contain a query'))
  if (url.hash !== '') errors.push(invalid(path, text, 'URL must not contain a fragment'))
  return errors
}

function validateAudiences(audiences: readonly string[], policy: string, path: string): FieldError[] {
  if (audiences.length === 0) return [required(`${path}.audiences`, `at least one ${path}.audiences is required`)]
  const errors: FieldError[] = []
  audiences.forEach((audience, index) => {
    if (audience === '') errors.push(required(`${path}.audiences[${index}]`))
    if (audiences.indexOf(audience) < index) errors.push(duplicate(`${path}.audiences[${index}]`, audience))
  })
  if (audiences.length > 1 && policy !== 'MatchAny') errors.push(invalid(`${path}.audienceMatchPolicy`, policy, 'audienceMatchPolicy must be MatchAny for multiple audiences'))
  if (audiences.length === 1 && policy !== '' && policy !== 'MatchAny') errors.push(invalid(`${path}.audienceMatchPolicy`, policy, 'audienceMatchPolicy must be empty or MatchAny for single audience'))
  return errors
}

function isPem(text: string): boolean {
  try {
    return new X509Certificate(text).subject !== ''
  } catch {
    return false
  }
}

const claimsEnvironment: CelEnvironment = { variables: { claims: mapType(stringType, dynType) } } // AC2
const userEnvironment: CelEnvironment = { variables: { user: objectType('kubernetes.UserInfo', { username: stringType, uid: stringType, groups: listType(stringType), extra: mapType(stringType, listType(stringType)) }) } }
const textOrList: readonly CelType[] = [stringType, listType(stringType), listType(dynType)]

function compiled(source: string, environment: CelEnvironment, types: readonly CelType[], path: string, errors: FieldError[]): CelProgram | undefined {
  try {
    return compileCel(source, environment, types)
  } catch (error) {
    errors.push(invalid(path, source, `compilation failed: ${error instanceof Error ? error.message : String(error)}`))
    return undefined
  }
}

function readRules(entry: unknown, path: string, errors: FieldError[]): ClaimRules {
  const rules = listAt(entry, 'claimValidationRules')
  const requiredClaims: Record<string, string> = {}
  const claimRules: ExpressionRule[] = []
  rules.forEach((rule, index) => {
    readClaimRule(rule, `${path}.claimValidationRules[${index}]`, rules.slice(0, index), { requiredClaims, claimRules }, errors)
  })
  const at = `${path}.claimMappings`
  const username = readMapping(fieldAt(entry, 'claimMappings', 'username'), `${at}.username`, true, errors)
  const groups = readMapping(fieldAt(entry, 'claimMappings', 'groups'), `${at}.groups`, false, errors)
  const uid = readUid(fieldAt(entry, 'claimMappings', 'uid'), `${at}.uid`, errors)
  const extra = readExtra(listAt(entry, 'claimMappings', 'extra'), `${at}.extra`, errors)
  const source = textAt(entry, 'claimMappings', 'username', 'expression')
  const verifiers = [source, ...extra.map(({ program }) => program.source), ...claimRules.map(({ program }) => program.source)]
  if (usesClaim(source, 'email') && !verifiers.some(text => usesClaim(text, 'email_verified'))) errors.push(invalid(`${at}.username.expression`, source, 'claims.email_verified must be used in claimMappings.username.expression or claimMappings.extra[*].valueExpression or claimValidationRules[*].expression when claims.email is used in claimMappings.username.expression')) // AC3
  return { username: username ?? { claim: '', prefix: '' }, groups, uid, extra, requiredClaims, claimRules, userRules: readUserRules(listAt(entry, 'userValidationRules'), `${path}.userValidationRules`, errors) }
}

function usesClaim(source: string, claim: string): boolean {
  return new RegExp(`\\bclaims\\s*\\.\\s*\\??\\s*${claim}(?![A-Za-z0-9_])`).test(source)
}

function readClaimRule(rule: unknown, path: string, before: readonly unknown[], into: { requiredClaims: Record<string, string>; claimRules: ExpressionRule[] }, errors: FieldError[]): void {
  const claim = textAt(rule, 'claim')
  const expression = textAt(rule, 'expression')
  const isRepeated = (field: string) => before.some(other => textAt(other, field) === textAt(rule, field))
  if (claim !== '' && expression !== '') errors.push(invalid(path, claim, "claim and expression can't both be set"))
  else if (claim === '' && expression === '') errors.push(required(path, 'claim or expression is required'))
  else if (claim !== '') {
    if (textAt(rule, 'message') !== '') errors.push(invalid(`${path}.message`, textAt(rule, 'message'), 'may not be specified when claim is set'))
    if (isRepeated('claim')) errors.push(duplicate(`${path}.claim`, claim))
    into.requiredClaims[claim] = textAt(rule, 'requiredValue')
  } else {
    if (textAt(rule, 'requiredValue') !== '') errors.push(invalid(`${path}.requiredValue`, textAt(rule, 'requiredValue'), 'may not be specified when expression is set'))
    if (isRepeated('expression')) errors.push(duplicate(`${path}.expression`, expression))
    const program = compiled(expression, claimsEnvironment, [boolType], `${path}.expression`, errors)
    if (program !== undefined) into.claimRules.push({ program, message: textAt(rule, 'message') })
  }
}

function readMapping(value: unknown, path: string, isRequired: boolean, errors: FieldError[]): Mapping | undefined {
  const claim = textAt(value, 'claim')
  const expression = textAt(value, 'expression')
  const prefix = fieldAt(value, 'prefix')
  if (claim !== '' && expression !== '') errors.push(invalid(path, '', "claim and expression can't both be set"))
  else if (claim === '' && expression === '' && isRequired) errors.push(required(path, 'claim or expression is required'))
  else if (expression !== '') {
    if (typeof prefix === 'string') errors.push(invalid(`${path}.prefix`, prefix, 'may not be specified when expression is set'))
    const program = compiled(expression, claimsEnvironment, isRequired ? [stringType] : textOrList, `${path}.expression`, errors)
    return program === undefined ? undefined : { program }
  } else if (claim !== '') {
    if (typeof prefix !== 'string') errors.push(required(`${path}.prefix`, 'prefix is required when claim is set. It can be set to an empty string to disable prefixing'))
    return { claim, prefix: typeof prefix === 'string' ? prefix : '' }
  }
  return undefined
}

function readUid(value: unknown, path: string, errors: FieldError[]): Mapping | undefined {
  const claim = textAt(value, 'claim')
  const expression = textAt(value, 'expression')
  if (claim !== '' && expression !== '') errors.push(invalid(path, '', "claim and expression can't both be set"))
  if (claim !== '') return { claim, prefix: '' }
  const program = expression === '' ? undefined : compiled(expression, claimsEnvironment, [stringType], `${path}.expression`, errors)
  return program === undefined ? undefined : { program }
}

function readExtra(entries: readonly unknown[], path: string, errors: FieldError[]): { key: string; program: CelProgram }[] {
  return entries.flatMap((entry, index) => {
    const at = `${path}[${index}]`
    const key = textAt(entry, 'key')
    const expression = textAt(entry, 'valueExpression')
    const [domain, ...rest] = key.split('/')
    if (rest.join('/') === '' || isDns1123Subdomain(domain!).length > 0) errors.push(invalid(`${at}.key`, key, 'must be a domain-prefixed path (such as "acme.io/foo")'))
    if (key !== key.toLowerCase()) errors.push(invalid(`${at}.key`, key, 'must be lowercase'))
    if (/(^|\.)(kubernetes|k8s)\.io$/.test(domain!)) errors.push(invalid(`${at}.key`, key, 'k8s.io, kubernetes.io and their subdomains are reserved for Kubernetes use'))
    if (entries.findIndex(other => textAt(other, 'key') === key) < index) errors.push(duplicate(`${at}.key`, key))
    if (expression === '') errors.push(required(`${at}.valueExpression`))
    const program = expression === '' ? undefined : compiled(expression, claimsEnvironment, textOrList, `${at}.valueExpression`, errors)
    return program === undefined ? [] : [{ key, program }]
  })
}

function readUserRules(rules: readonly unknown[], path: string, errors: FieldError[]): ExpressionRule[] {
  return rules.flatMap((rule, index) => {
    const expression = textAt(rule, 'expression')
    const at = `${path}[${index}].expression`
    if (expression === '') errors.push(required(at))
    else if (rules.findIndex(other => textAt(other, 'expression') === expression) < index) errors.push(duplicate(at, expression))
    else {
      const program = compiled(expression, userEnvironment, [boolType], at, errors)
      return program === undefined ? [] : [{ program, message: textAt(rule, 'message') }]
    }
    return []
  })
}
