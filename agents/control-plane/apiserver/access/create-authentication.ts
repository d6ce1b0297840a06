/**
 * Puts the ways of authentication together in upstream's order.
 *
 *   CA1  Tokens: static file, legacy and bound service account tokens, bootstrap tokens, then what is asked of others.
 *   CA2  The authorities of clients and of front proxies are two sets, each read anew when its file changes.
 */
import type { Clock } from '../../../base/clock.ts'
import type { Log } from '../../../base/log.ts'
import { errorText } from '../../../base/log.ts'
import type { Random } from '../../../base/random.ts'
import type { Metrics } from '../../../machinery/metrics.ts'
import type { NodeDialer } from '../proxy/node-dialer.ts'
import type { WebhookClients } from '../webhooks/webhook-client.ts'
import type { ObjectReader } from '../admission/admission.ts'
import type { KubeObject } from '../registry/kube-object.ts'
import type { AnonymousRule } from '../filters/authentication.ts'
import type { AccessOptions } from './access-options.ts'
import { createAuthenticator } from './authenticator.ts'
import type { Authenticator } from './authenticator.ts'
import { bootstrapTokens } from './bootstrap-tokens.ts'
import { CertificateVerifier, readAuthorities } from './client-certificates.ts'
import type { Authorities } from './client-certificates.ts'
import { FrontProxy } from './front-proxy.ts'
import { legacyTokens } from './legacy-tokens.ts'
import { createOutsideTokens } from './outside-tokens.ts'
import { ServiceAccountTokens } from './service-account-tokens.ts'
import { staticTokens } from './static-tokens.ts'
import { anyTokenAuthenticator } from './token-authenticator.ts'
import type { TokenAuthenticator } from './token-authenticator.ts'
import { readNamedFile, watchFiles } from './watched-file.ts'

export interface AuthenticationDeps {
  readonly reader: ObjectReader
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
  readonly signal: AbortSignal
  readonly random: Random
  readonly webhooks: WebhookClients
  readonly dialer: NodeDialer
  readonly controlPlaneDialer: Pick<NodeDialer, 'dial'> | undefined
  /** Writes a label of a Secret on the server's own behalf. */
  readonly labelSecret: (secret: KubeObject, label: string, value: string) => Promise<unknown>
  /** The texts of the authorities have changed. */
  readonly onAuthorities: (authorities: AuthorityTexts) => void
}

export interface AuthorityTexts {
  readonly clientCa: string
  readonly frontProxyCa: string
}

export interface AuthenticationParts {
  readonly authenticator: Authenticator
  readonly frontProxy: FrontProxy | undefined
  readonly tokens: TokenAuthenticator
  readonly serviceAccounts: ServiceAccountTokens | undefined
  readonly anonymous: () => AnonymousRule
  readonly audiences: readonly string[]
  /** Why an issuer of tokens cannot be used yet. */
  readonly problem: () => string | undefined
  readonly authorities: () => AuthorityTexts
}

export function createAuthentication(options: AccessOptions, deps: AuthenticationDeps): AuthenticationParts {
  const { clock, reader } = deps
  let texts: AuthorityTexts = { clientCa: '', frontProxyCa: '' }
  const told = (next: AuthorityTexts) => {
    texts = next
    deps.onAuthorities(texts)
  }
  const clients = options.clientCaFile === '' ? undefined : new CertificateVerifier(followAuthorities(options.clientCaFile, deps, text => { told({ ...texts, clientCa: text }) }), clock)
  const { frontProxy: proxy } = options
  const frontProxy = proxy === undefined ? undefined : new FrontProxy(proxy.names, new CertificateVerifier(followAuthorities(proxy.caFile, deps, text => { told({ ...texts, frontProxyCa: text }) }), clock))
  const serviceAccounts = options.serviceAccounts === undefined ? undefined : new ServiceAccountTokens({ ...options.serviceAccounts, audiences: options.audiences }, clock, reader, tokenMetrics(deps.metrics))
  const outside = createOutsideTokens(options, deps)
  const tokens = anyTokenAuthenticator([ // CA1
    ...(options.tokenFile === '' ? [] : [staticTokens(readNamedFile(options.tokenFile), options.tokenFile)]),
    ...(serviceAccounts === undefined ? [] : [legacyKind(serviceAccounts, options, deps), serviceAccounts]),
    ...(options.bootstrapTokens ? [bootstrapTokens(reader, clock)] : []),
    ...outside.kinds,
  ])
  return {
    authenticator: createAuthenticator({ clients, frontProxy, tokens, clock, certificateLeft: certificateLeft(deps.metrics) }),
    frontProxy,
    tokens,
    serviceAccounts,
    anonymous: () => outside.anonymous() ?? { allowed: options.anonymous, paths: [] },
    problem: outside.problem,
    audiences: options.audiences,
    authorities: () => texts,
  }
}

/** CA2 */
function followAuthorities(file: string, deps: AuthenticationDeps, onText: (text: string) => void): () => Authorities {
  let current: Authorities = { generation: 0, certificates: [] }
  const read = () => {
    const text = readNamedFile(file)
    const certificates = readAuthorities(text)
    if (certificates.length === 0) throw new Error(`${file} holds no certificate`)
    current = { generation: current.generation + 1, certificates }
    onText(text)
  }
  read()
  watchFiles([file], read, deps)
  return () => current
}

function legacyKind({ keys }: ServiceAccountTokens, { audiences }: AccessOptions, { reader, clock, metrics, labelSecret, log }: AuthenticationDeps): TokenAuthenticator {
  const counter = (name: string, help: string) => metrics.counter({ name, help })
  return legacyTokens({
    keys, audiences, reader, clock,
    labelSecret: (secret, label, value) => {
      labelSecret(secret, label, value).catch((error: unknown) => {
        log.warn('the use of a token could not be noted', { namespace: secret.metadata.namespace, secret: secret.metadata.name, error: errorText(error) })
      })
    },
    metrics: {
      manual: counter('serviceaccount_legacy_manual_token_uses_total', 'Cumulative manually created legacy tokens used'),
      automatic: counter('serviceaccount_legacy_auto_token_uses_total', 'Cumulative auto-generated legacy tokens used'),
      invalid: counter('serviceaccount_invalid_legacy_auto_token_uses_total', 'Cumulative invalid auto-generated legacy tokens used'),
    },
  })
}

const hour = 3_600
const day = 24 * hour

/** Upstream: apiserver/pkg/authentication/request/x509. */
function certificateLeft(metrics: Metrics) {
  const help = 'Distribution of the remaining lifetime on the certificate used to authenticate a request.'
  return metrics.histogram({ name: 'apiserver_client_certificate_expiration_seconds', help, buckets: [0, hour / 2, hour, 2 * hour, 6 * hour, 12 * hour, day, 2 * day, 4 * day, 7 * day, 30 * day, 90 * day, 180 * day, 360 * day] })
}

function tokenMetrics(metrics: Metrics) {
  return {
    stale: metrics.counter({ name: 'serviceaccount_stale_tokens_total', help: 'Cumulative stale projected service account tokens used' }),
    valid: metrics.counter({ name: 'serviceaccount_valid_tokens_total', help: 'Cumulative valid projected service account tokens used' }),
    withoutAudience: metrics.counter({ name: 'serviceaccount_legacy_tokens_total', help: 'Cumulative legacy service account tokens used' }),
  }
}
