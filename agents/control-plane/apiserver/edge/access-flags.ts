/** The part of the command line that says who gets in, and how it becomes options. */
import { createPrivateKey } from 'node:crypto'
import { defineFlags, UsageError } from '../../../runtime/index.ts'
import type { FlagValues } from '../../../runtime/index.ts'
import type { AccessOptions, OpenIdFlags } from '../access/access-options.ts'
import { signingAlgorithms } from '../access/jwt-authenticator.ts'
import { readCheckingKeys } from '../access/token-keys.ts'
import { readNamedFile } from '../access/watched-file.ts'

export const accessFlags = defineFlags({
  'client-ca-file': { type: 'string', default: '', help: 'CA of client certificates; read again when it changes.' },
  'requestheader-client-ca-file': { type: 'string', default: '', help: 'CA of front proxies; read again when it changes.' },
  'requestheader-allowed-names': { type: 'strings', default: [], help: 'Common names of front proxies; none means any.' },
  'requestheader-username-headers': { type: 'strings', default: ['X-Remote-User'], help: 'Headers that carry the user.' },
  'requestheader-uid-headers': { type: 'strings', default: [], help: 'Headers that carry the uid of the user.' },
  'requestheader-group-headers': { type: 'strings', default: ['X-Remote-Group'], help: 'Headers that carry groups.' },
  'requestheader-extra-headers-prefix': { type: 'strings', default: ['X-Remote-Extra-'], help: 'Prefixes of headers that carry more about the user.' },
  'service-account-key-file': { type: 'texts', default: [], help: 'Keys that service account tokens are checked with.' },
  'service-account-signing-key-file': { type: 'string', default: '', help: 'Private key that service account tokens are signed with.' },
  'service-account-issuer': { type: 'texts', default: ['https://kubernetes.default.svc.cluster.local'], help: 'Issuers of service account tokens; the first one issues, all are accepted.' },
  'service-account-jwks-uri': { type: 'string', default: '', help: 'Where the public keys are, as the discovery document says; this server unless given.' },
  'service-account-lookup': { type: 'boolean', default: true, help: 'Accepted; what a token is bound to is always looked up.' },
  'service-account-extend-token-expiration': { type: 'boolean', default: true, help: 'Let tokens of pods live a year, and count their use after their own end.' },
  'service-account-max-token-expiration': { type: 'duration', default: 0, help: 'Longest life of a token, at least an hour; longer requests are shortened.' },
  'api-audiences': { type: 'strings', default: [], help: 'Audiences of this server; the issuers unless given.' },
  'token-auth-file': { type: 'string', default: '', help: 'CSV file of static tokens.' },
  'enable-bootstrap-token-auth': { type: 'boolean', default: true, help: 'Accept bootstrap tokens from kube-system.' },
  'anonymous-auth': { type: 'boolean', default: true, help: 'Let requests without credentials be system:anonymous.' },
  'oidc-issuer-url': { type: 'string', default: '', help: 'URL of the OpenID issuer; only https.' },
  'oidc-client-id': { type: 'string', default: '', help: 'Client that tokens must be for.' },
  'oidc-ca-file': { type: 'string', default: '', help: 'CA of the issuer; the system\'s unless given.' },
  'oidc-username-claim': { type: 'string', default: 'sub', help: 'Claim that is the user.' },
  'oidc-username-prefix': { type: 'string', default: '', help: 'What stands before the user; "-" for nothing. Unless given, the issuer and "#", except for email.' },
  'oidc-groups-claim': { type: 'string', default: '', help: 'Claim that holds groups.' },
  'oidc-groups-prefix': { type: 'string', default: '', help: 'What stands before each group.' },
  'oidc-required-claim': { type: 'map', default: {}, help: 'claim=value that tokens must have; may be repeated.' },
  'oidc-signing-algs': { type: 'strings', default: ['RS256'], help: 'Algorithms that tokens may be signed with.' },
  'authentication-config': { type: 'string', default: '', help: 'AuthenticationConfiguration; read again when it changes. Not together with --oidc-*.' },
  'authentication-token-webhook-config-file': { type: 'string', default: '', help: 'Kubeconfig of a webhook that knows tokens.' },
  'authentication-token-webhook-version': { type: 'string', default: 'v1beta1', help: 'Version of the TokenReviews sent: v1 or v1beta1.' },
  'authentication-token-webhook-cache-ttl': { type: 'duration', default: 120_000, help: 'How long its answers are kept.' },
  'authorization-config': { type: 'string', default: '', help: 'AuthorizationConfiguration; read again when it changes. Not together with --authorization-*.' },
  'authorization-policy-file': { type: 'string', default: '', help: 'Policies of mode ABAC, one JSON a line.' },
  'authorization-webhook-config-file': { type: 'string', default: '', help: 'Kubeconfig of the webhook of mode Webhook.' },
  'authorization-webhook-version': { type: 'string', default: 'v1beta1', help: 'Version of the SubjectAccessReviews sent: v1 or v1beta1.' },
  'authorization-webhook-cache-authorized-ttl': { type: 'duration', default: 300_000, help: 'How long its allowances are kept.' },
  'authorization-webhook-cache-unauthorized-ttl': { type: 'duration', default: 30_000, help: 'How long its other answers are kept.' },
  'authorization-mode': { type: 'strings', default: ['Node', 'RBAC'], help: 'Authorizers in order.' },
})

export function readAccessOptions(flags: FlagValues<typeof accessFlags>): AccessOptions {
  const issuers = flags['service-account-issuer'].filter(issuer => issuer !== '')
  const proxyCa = flags['requestheader-client-ca-file']
  const serviceAccounts = readServiceAccounts(flags, issuers)
  const openId = readOpenId(flags)
  if (openId !== undefined && flags['authentication-config'] !== '') throw new UsageError('authentication-config file and oidc-* flags are mutually exclusive')
  checkModes(flags)
  return {
    clientCaFile: flags['client-ca-file'],
    ...(proxyCa === '' ? {} : { frontProxy: { caFile: proxyCa, names: readProxyNames(flags) } }),
    anonymous: flags['anonymous-auth'],
    tokenFile: flags['token-auth-file'],
    bootstrapTokens: flags['enable-bootstrap-token-auth'],
    audiences: flags['api-audiences'].length === 0 ? issuers : flags['api-audiences'],
    ...(serviceAccounts === undefined ? {} : { serviceAccounts }),
    ...(openId === undefined ? {} : { openId }),
    authenticationConfig: flags['authentication-config'],
    ...readTokenWebhook(flags),
    authorizationModes: flags['authorization-mode'],
    authorizationConfig: flags['authorization-config'],
    policyFile: flags['authorization-policy-file'],
    ...readAccessWebhook(flags),
  }
}

function readProxyNames(flags: FlagValues<typeof accessFlags>) {
  const blank = ['requestheader-username-headers', 'requestheader-uid-headers', 'requestheader-group-headers', 'requestheader-extra-headers-prefix'] as const
  for (const flag of blank) if (flags[flag].some(name => name.trim() === '')) throw new UsageError(`--${flag}: empty value`)
  return {
    allowedNames: flags['requestheader-allowed-names'].filter(name => name !== ''),
    userHeaders: flags['requestheader-username-headers'],
    uidHeaders: flags['requestheader-uid-headers'],
    groupHeaders: flags['requestheader-group-headers'],
    extraPrefixes: flags['requestheader-extra-headers-prefix'],
  }
}

function readServiceAccounts(flags: FlagValues<typeof accessFlags>, issuers: readonly string[]): AccessOptions['serviceAccounts'] {
  const signingFile = flags['service-account-signing-key-file']
  if (signingFile === '') return undefined
  if (issuers.length === 0) throw new UsageError('--service-account-issuer is required with --service-account-signing-key-file')
  for (const issuer of issuers) if (issuer.includes(':') && !URL.canParse(issuer)) throw new UsageError(`service-account-issuer ${JSON.stringify(issuer)} contained a ':' but was not a valid URL`)
  const maxSeconds = flags['service-account-max-token-expiration'] / 1000
  if (maxSeconds !== 0 && (maxSeconds < 3600 || maxSeconds > 2 ** 32)) throw new UsageError('the service-account-max-token-expiration must be between 1 hour and 2^32 seconds')
  const jwksUri = flags['service-account-jwks-uri']
  if (jwksUri !== '' && !jwksUri.startsWith('https://')) throw new UsageError(`service-account-jwks-uri requires https scheme, parsed as: ${jwksUri}`)
  return {
    signing: createPrivateKey(readNamedFile(signingFile)),
    verifying: flags['service-account-key-file'].flatMap(file => readCheckingKeys(readNamedFile(file), file)),
    issuers,
    jwksUri,
    extend: flags['service-account-extend-token-expiration'],
    maxSeconds,
  }
}

function readOpenId(flags: FlagValues<typeof accessFlags>): OpenIdFlags | undefined {
  const issuer = flags['oidc-issuer-url']
  const clientId = flags['oidc-client-id']
  if (issuer === '' && clientId === '') return undefined
  if (issuer === '' || clientId === '') throw new UsageError('oidc-issuer-url and oidc-client-id must be specified together when any oidc-* flags are set')
  if (!issuer.startsWith('https://') || !URL.canParse(issuer)) throw new UsageError(`oidc-issuer-url: URL scheme must be https: ${JSON.stringify(issuer)}`)
  const algorithms = flags['oidc-signing-algs']
  for (const algorithm of algorithms) if (!(signingAlgorithms as readonly string[]).includes(algorithm)) throw new UsageError(`oidc: unsupported signing alg: ${JSON.stringify(algorithm)}`)
  const usernameClaim = flags['oidc-username-claim']
  const prefix = flags['oidc-username-prefix']
  return {
    issuer, clientId, usernameClaim, algorithms,
    usernamePrefix: prefix === '-' ? '' : prefix === '' && usernameClaim !== 'email' ? `${issuer}#` : prefix,
    groupsClaim: flags['oidc-groups-claim'],
    groupsPrefix: flags['oidc-groups-prefix'],
    requiredClaims: flags['oidc-required-claim'],
    caFile: flags['oidc-ca-file'],
  }
}

function readTokenWebhook(flags: FlagValues<typeof accessFlags>): Pick<AccessOptions, 'tokenWebhook'> {
  const kubeconfig = flags['authentication-token-webhook-config-file']
  if (kubeconfig === '') return {}
  return { tokenWebhook: { kubeconfig, version: reviewVersion(flags['authentication-token-webhook-version'], 'authentication-token-webhook-version'), cacheMs: flags['authentication-token-webhook-cache-ttl'] } }
}

function readAccessWebhook(flags: FlagValues<typeof accessFlags>): Pick<AccessOptions, 'accessWebhook'> {
  const kubeconfig = flags['authorization-webhook-config-file']
  if (kubeconfig === '') return {}
  return { accessWebhook: { kubeconfig, version: reviewVersion(flags['authorization-webhook-version'], 'authorization-webhook-version'), authorizedMs: flags['authorization-webhook-cache-authorized-ttl'], unauthorizedMs: flags['authorization-webhook-cache-unauthorized-ttl'] } }
}

function reviewVersion(version: string, flag: string): string {
  if (version !== 'v1' && version !== 'v1beta1') throw new UsageError(`--${flag}: ${JSON.stringify(version)} is not supported; use v1 or v1beta1`)
  return version
}

const modes = ['AlwaysAllow', 'AlwaysDeny', 'ABAC', 'Webhook', 'RBAC', 'Node']

/** What belongs together is given together. */
function checkModes(flags: FlagValues<typeof accessFlags>): void {
  const given = flags['authorization-mode']
  const policyFile = flags['authorization-policy-file']
  const webhookFile = flags['authorization-webhook-config-file']
  if (flags['authorization-config'] !== '') {
    if (policyFile !== '' || webhookFile !== '') throw new UsageError('--authorization-config can not be specified when --authorization-mode or --authorization-webhook-* flags are specified')
    return
  }
  if (given.length === 0) throw new UsageError('at least one authorization-mode must be passed')
  for (const mode of given) if (!modes.includes(mode)) throw new UsageError(`authorization-mode ${JSON.stringify(mode)} is not a valid mode`)
  if (new Set(given).size !== given.length) throw new UsageError(`authorization-mode [${given.join(' ')}] has mode specified more than once`)
  if (given.includes('ABAC') !== (policyFile !== '')) throw new UsageError(given.includes('ABAC') ? "authorization-mode ABAC's authorization policy file not passed" : 'cannot specify --authorization-policy-file without mode ABAC')
  if (given.includes('Webhook') !== (webhookFile !== '')) throw new UsageError(given.includes('Webhook') ? "authorization-mode Webhook's authorization config file not passed" : 'cannot specify --authorization-webhook-config-file without mode Webhook')
}
