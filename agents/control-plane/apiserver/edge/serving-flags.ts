/** The part of the command line about the port: where it is, which certificates it shows, and to which browsers it talks. */
import { RE2JS } from 're2js'
import type { SecureVersion } from 'node:tls'
import { defineFlags, UsageError } from '../../../runtime/index.ts'
import type { FlagValues } from '../../../runtime/index.ts'
import { opensslCiphers } from '../http/cipher-suites.ts'
import type { NamedCertificate, ServingCertificateOptions } from '../http/serving-certificates.ts'

export const servingFlags = defineFlags({
  'bind-address': { type: 'string', default: '0.0.0.0', help: 'Address to listen on.' },
  'secure-port': { type: 'number', default: 6443, help: 'Port to listen on; 0 chooses a free one.' },
  'tls-cert-file': { type: 'string', required: true, help: 'Serving certificate; read again when it changes.' },
  'tls-private-key-file': { type: 'string', required: true, help: 'Key of the serving certificate.' },
  'tls-sni-cert-key': { type: 'texts', default: [], help: 'cert,key[:name,…]: a certificate for clients that ask for these names, or for those in it.' },
  'tls-min-version': { type: 'string', default: '', help: 'VersionTLS10 to VersionTLS13; VersionTLS12 unless given.' },
  'tls-cipher-suites': { type: 'strings', default: [], help: 'Suites of TLS 1.2 and below, by their IANA names.' },
  'goaway-chance': { type: 'number', default: 0, help: 'Chance, at most 0.02, that an HTTP/2 connection is told to go elsewhere after a request.' },
  'cors-allowed-origins': { type: 'strings', default: [], help: 'Regular expressions of origins whose pages may call; each pins both ends of the host.' },
  'strict-transport-security-directives': { type: 'strings', default: [], help: 'max-age=…, includeSubDomains, preload.' },
})

export interface ServingOptions {
  readonly address: string
  readonly port: number
  readonly certificates: ServingCertificateOptions
  readonly goawayChance: number
  readonly origins: readonly RE2JS[]
  readonly transportSecurity: string
}

export function readServingOptions(flags: FlagValues<typeof servingFlags>): ServingOptions {
  const chance = flags['goaway-chance']
  if (chance < 0 || chance > 0.02) throw new UsageError('--goaway-chance can not be less than 0 or greater than 0.02')
  return {
    address: flags['bind-address'],
    port: flags['secure-port'],
    certificates: {
      certFile: flags['tls-cert-file'],
      keyFile: flags['tls-private-key-file'],
      named: flags['tls-sni-cert-key'].map(readNamedCertificate),
      rules: { minVersion: readVersion(flags['tls-min-version']), ciphers: readCiphers(flags['tls-cipher-suites']) },
    },
    goawayChance: chance,
    origins: flags['cors-allowed-origins'].map(readOrigin),
    transportSecurity: readDirectives(flags['strict-transport-security-directives']),
  }
}

function readNamedCertificate(text: string): NamedCertificate {
  const [files = '', ...names] = text.split(':')
  const [certFile, keyFile, ...more] = files.split(',').map(file => file.trim())
  if (certFile === undefined || certFile === '' || keyFile === undefined || keyFile === '' || more.length > 0 || names.length > 1) throw new UsageError(`--tls-sni-cert-key: expected comma separated certificate and key file paths, and names after a colon: ${JSON.stringify(text)}`)
  return { certFile, keyFile, names: (names[0] ?? '').split(',').map(name => name.trim()).filter(name => name !== '') }
}

function readVersion(name: string): SecureVersion {
  const versions: Readonly<Record<string, SecureVersion>> = { '': 'TLSv1.2', VersionTLS10: 'TLSv1', VersionTLS11: 'TLSv1.1', VersionTLS12: 'TLSv1.2', VersionTLS13: 'TLSv1.3' }
  const found = versions[name]
  if (found === undefined) throw new UsageError(`--tls-min-version: unknown tls version ${JSON.stringify(name)}`)
  return found
}

function readCiphers(names: readonly string[]): string {
  try {
    return opensslCiphers(names)
  } catch (error) {
    throw new UsageError(`--tls-cipher-suites: ${(error as Error).message}`)
  }
}

/** An expression that leaves an end of the host open lets in hosts that only look like it. */
function readOrigin(text: string): RE2JS {
  if (!(text.includes('^') || text.includes('//')) || !(text.includes('$') || text.includes(':'))) throw new UsageError(`--cors-allowed-origins has an invalid regular expression: regular expression does not pin to start/end of host in the origin header: ${JSON.stringify(text)}`)
  try {
    return RE2JS.compile(text)
  } catch (error) {
    throw new UsageError(`--cors-allowed-origins has an invalid regular expression: ${(error as Error).message}`)
  }
}

function readDirectives(directives: readonly string[]): string {
  if (directives.some(directive => !/^(includeSubDomains|preload|max-age=[^=]*)$/.test(directive))) throw new UsageError('--strict-transport-security-directives invalid, allowed values: max-age=expireTime, includeSubDomains, preload. see https://tools.ietf.org/html/rfc6797#section-6.1 for more information')
  return directives.join('; ')
}
