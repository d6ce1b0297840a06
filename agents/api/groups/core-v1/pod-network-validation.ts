/**
 * Rules of what a pod is given for names and readiness, and of the choices that stand beside its containers. Upstream:
 * pkg/apis/core/validation validatePodDNSConfig, ValidateHostAliases, validateReadinessGates, validatePodResourceClaims,
 * ValidatePreemptionPolicy, validateOS.
 *
 *   PN1  At most 3 nameservers, 32 search paths and 2048 characters of them; a search path may end with a dot.
 *   PN2  A resource claim is named once and comes from a claim or a template, not both.
 */
import { duplicate, invalid, notSupported, required, type FieldError } from '../../field-error.ts'
import { isIpAddress } from '../../validation/addresses.ts'
import { isDns1123Label, isDns1123Subdomain, isDns1123SubdomainWithUnderscore, isQualifiedName } from '../../validation/names.ts'
import type { HostAlias, PodDNSConfig, PodReadinessGate, PodResourceClaim, PodSpec } from './types.ts'

const mostNameservers = 3
const mostSearchPaths = 32
const mostSearchCharacters = 2048
const notAnAddress = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'

export function validateDnsConfig(config: PodDNSConfig | undefined, policy: string | undefined, path: string): FieldError[] {
  if (policy === 'None') {
    if (config === undefined) return [required(path, 'must provide `dnsConfig` when `dnsPolicy` is None')]
    if ((config.nameservers ?? []).length === 0) return [required(`${path}.nameservers`, 'must provide at least one DNS nameserver when `dnsPolicy` is None')]
  }
  const { nameservers = [], searches = [], options = [] } = config ?? {}
  return [
    ...(nameservers.length > mostNameservers ? [invalid(`${path}.nameservers`, nameservers, `must not have more than ${mostNameservers} nameservers`)] : []), // PN1
    ...nameservers.flatMap((address, index) => (isIpAddress(address) ? [] : [invalid(`${path}.nameservers[${index}]`, address, notAnAddress)])),
    ...(searches.length > mostSearchPaths ? [invalid(`${path}.searches`, searches, `must not have more than ${mostSearchPaths} search paths`)] : []),
    ...(searches.join(' ').length > mostSearchCharacters ? [invalid(`${path}.searches`, searches, `must not have more than ${mostSearchCharacters} characters (including spaces) in the search list`)] : []),
    ...searches.flatMap((search, index) => {
      const bare = search === '.' ? search : search.replace(/\.$/, '')
      return bare === '.' ? [] : isDns1123SubdomainWithUnderscore(bare).map(text => invalid(`${path}.searches[${index}]`, bare, text))
    }),
    ...options.flatMap((option, index) => ((option.name ?? '') === '' ? [required(`${path}.options[${index}]`, 'must not be empty')] : [])),
  ]
}

export function validateHostAliases(aliases: readonly HostAlias[], path: string): FieldError[] {
  return aliases.flatMap(({ ip, hostnames = [] }, index) => [
    ...(isIpAddress(ip) ? [] : [invalid(`${path}[${index}].ip`, ip, notAnAddress)]),
    ...hostnames.flatMap((hostname, at) => isDns1123Subdomain(hostname).map(text => invalid(`${path}[${index}].hostnames[${at}]`, hostname, text))),
  ])
}

export function validateReadinessGates(gates: readonly PodReadinessGate[], path: string): FieldError[] {
  return gates.flatMap(({ conditionType }, index) => isQualifiedName(conditionType).map(text => invalid(`${path}[${index}].conditionType`, conditionType, text)))
}

export function validateResourceClaims(claims: readonly PodResourceClaim[], path: string): FieldError[] {
  const seen = new Set<string>()
  return claims.flatMap((claim, index) => {
    const at = `${path}[${index}]`
    const { name, resourceClaimName, resourceClaimTemplateName } = claim
    const asGo = { Name: name, ResourceClaimName: resourceClaimName ?? null, ResourceClaimTemplateName: resourceClaimTemplateName ?? null }
    const errors = name === '' ? [required(`${at}.name`)] : seen.has(name) ? [duplicate(`${at}.name`, name)] : isDns1123Label(name).map(text => invalid(`${at}.name`, name, text))
    seen.add(name)
    if (resourceClaimName !== undefined && resourceClaimTemplateName !== undefined) errors.push(invalid(at, asGo, 'at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified')) // PN2
    if (resourceClaimName === undefined && resourceClaimTemplateName === undefined) errors.push(invalid(at, asGo, 'must specify one of: `resourceClaimName`, `resourceClaimTemplateName`'))
    for (const [field, value] of Object.entries({ resourceClaimName, resourceClaimTemplateName })) {
      if (value !== undefined) errors.push(...isDns1123Subdomain(value).map(text => invalid(`${at}.${field}`, value, text)))
    }
    return errors
  })
}

/** Choices that may be left out, but are not empty. */
export function validateOptionalChoices({ preemptionPolicy, os, runtimeClassName }: PodSpec, path: string): FieldError[] {
  const errors: FieldError[] = runtimeClassName === undefined ? [] : isDns1123Subdomain(runtimeClassName).map(text => invalid(`${path}.runtimeClassName`, runtimeClassName, text))
  if (preemptionPolicy === '') errors.push(required(`${path}.preemptionPolicy`))
  else if (preemptionPolicy !== undefined && !['PreemptLowerPriority', 'Never'].includes(preemptionPolicy)) errors.push(notSupported(`${path}.preemptionPolicy`, preemptionPolicy, ['PreemptLowerPriority', 'Never']))
  if (os !== undefined && os.name === '') errors.push(required(`${path}.os.name`))
  else if (os !== undefined && !['linux', 'windows'].includes(os.name)) errors.push(notSupported(`${path}.os`, os.name, ['linux', 'windows']))
  return errors
}
