/**
 * Which certificate is shown to whom, and what TLS is spoken. Upstream: apiserver/pkg/server/dynamiccertificates.
 *
 *   SC1  A client that names a server gets the certificate given for exactly that name, else one for its wildcard, else the
 *        first one.
 *   SC2  Certificates and keys are read anew when their files change; connections that are open keep what they have.
 *   SC3  A certificate without names of its own serves the names that stand in it.
 *   SC4  Versions below 1.2 and weak suites are not spoken unless they are asked for by name.
 */
import { X509Certificate } from 'node:crypto'
import { createSecureContext } from 'node:tls'
import type { SecureContext, SecureContextOptions, SecureVersion } from 'node:tls'
import { readNamedFile } from '../access/watched-file.ts'

export interface CertificateFiles {
  readonly certFile: string
  readonly keyFile: string
}

export interface NamedCertificate extends CertificateFiles {
  /** None: those in the certificate (SC3). */
  readonly names: readonly string[]
}

export interface TlsRules {
  readonly minVersion: SecureVersion
  /** OpenSSL names; '' is Node's own choice. */
  readonly ciphers: string
}

export interface ServingCertificateOptions extends CertificateFiles {
  readonly named: readonly NamedCertificate[]
  readonly rules: TlsRules
}

export class ServingCertificates {
  readonly #options: ServingCertificateOptions
  #contexts = new Map<string, SecureContext>()
  #main: { cert: string; key: string }
  #clientCa: readonly string[] = []

  constructor(options: ServingCertificateOptions) {
    this.#options = options
    this.#main = readPair(options)
    this.reload()
  }

  get files(): readonly string[] {
    return [this.#options, ...this.#options.named].flatMap(({ certFile, keyFile }) => [certFile, keyFile])
  }

  /** What a server is made with, and made anew with. */
  get context(): SecureContextOptions {
    return this.#contextOf(this.#main)
  }

  /** The authorities a client may be known by; connections from now on. */
  trustClients(authorities: readonly string[]): void {
    this.#clientCa = authorities.filter(text => text !== '')
    this.reload()
  }

  /** SC2; throws, and changes nothing, when a file cannot be used. */
  reload(): void {
    const main = readPair(this.#options)
    createSecureContext(this.#contextOf(main))
    const contexts = new Map<string, SecureContext>()
    for (const named of this.#options.named) {
      const pair = readPair(named)
      const context = createSecureContext(this.#contextOf(pair))
      for (const name of named.names.length > 0 ? named.names : namesIn(pair.cert)) if (!contexts.has(name.toLowerCase())) contexts.set(name.toLowerCase(), context)
    }
    this.#main = main
    this.#contexts = contexts
  }

  /** SC1; undefined is the first one. */
  contextFor(serverName: string): SecureContext | undefined {
    if (this.#contexts.size === 0) return undefined
    const name = serverName.toLowerCase().replace(/\.$/, '')
    return this.#contexts.get(name) ?? this.#contexts.get(`*${name.slice(name.indexOf('.'))}`)
  }

  #contextOf(pair: { cert: string; key: string }): SecureContextOptions {
    const { minVersion, ciphers } = this.#options.rules
    return { ...pair, ca: [...this.#clientCa], minVersion, ...(ciphers === '' ? {} : { ciphers }) }
  }
}

function readPair({ certFile, keyFile }: CertificateFiles): { cert: string; key: string } {
  return { cert: readNamedFile(certFile), key: readNamedFile(keyFile) }
}

/** SC3 */
function namesIn(cert: string): string[] {
  const { subjectAltName, subject } = new X509Certificate(cert)
  const names = [...(subjectAltName ?? '').matchAll(/(?:^|, )(?:DNS|IP Address):([^,]+)/g)].map(found => found[1]!.replaceAll('"', ''))
  if (names.length > 0) return names
  return [...subject.matchAll(/^CN=(.*)$/gm)].map(found => found[1]!)
}
