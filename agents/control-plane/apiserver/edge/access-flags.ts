/** The part of the command line that says who gets in, and how it becomes options. */
import { createPrivateKey } from 'node:crypto'
import { defineFlags, UsageError } from '../../../runtime/index.ts'
import type { FlagValues } from '../../../runtime/index.ts'
import type { AccessOptions } from '../access/access-options.ts'
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
  'authorization-mode': { type: 'strings', default: ['Node', 'RBAC'], help: 'Authorizers in order.' },
})

export function readAccessOptions(flags: FlagValues<typeof accessFlags>): AccessOptions {
  const issuers = flags['service-account-issuer'].filter(issuer => issuer !== '')
  const proxyCa = flags['requestheader-client-ca-file']
  const serviceAccounts = readServiceAccounts(flags, issuers)
  return {
    clientCaFile: flags['client-ca-file'],
    ...(proxyCa === '' ? {} : { frontProxy: { caFile: proxyCa, names: readProxyNames(flags) } }),
    anonymous: flags['anonymous-auth'],
    tokenFile: flags['token-auth-file'],
    bootstrapTokens: flags['enable-bootstrap-token-auth'],
    audiences: flags['api-audiences'].length === 0 ? issuers : flags['api-audiences'],
    ...(serviceAccounts === undefined ? {} : { serviceAccounts }),
    authorizationModes: flags['authorization-mode'],
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
