/**
 * The authorizers that --authorization-mode or --authorization-config names, in order, behind the one for system:masters.
 *
 *   CZ1  A configuration file that changes is read anew; one that cannot be used leaves the authorizers as they are.
 */
import type { Clock } from '../../../base/clock.ts'
import type { Log } from '../../../base/log.ts'
import type { Random } from '../../../base/random.ts'
import type { Metrics } from '../../../machinery/metrics.ts'
import type { WebhookClients } from '../webhooks/webhook-client.ts'
import { abacAuthorizer } from './abac-authorizer.ts'
import type { AccessOptions } from './access-options.ts'
import { readAuthorizationConfig } from './authorization-config.ts'
import type { ConfiguredAuthorizer, WebhookSettings } from './authorization-config.ts'
import { alwaysAllow, alwaysDeny, anyAuthorizer, mastersAuthorizer } from './authorizer.ts'
import type { Authorizer } from './authorizer.ts'
import type { NodeAuthorizer } from './node-authorizer.ts'
import type { RbacAuthorizer } from './rbac-authorizer.ts'
import { clientOfKubeconfig } from './remote-endpoint.ts'
import { readNamedFile, watchFiles } from './watched-file.ts'
import { WebhookAuthorizer } from './webhook-authorizer.ts'

export interface AuthorizationDeps {
  readonly rbac: RbacAuthorizer
  readonly nodes: NodeAuthorizer
  readonly webhooks: WebhookClients
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly metrics: Metrics
  readonly signal: AbortSignal
}

const flagTimeoutMs = 30_000

export function createAuthorization(options: AccessOptions, deps: AuthorizationDeps): Authorizer {
  const file = options.authorizationConfig
  if (file === '') return unionOf(ofFlags(options), options, deps)
  const read = () => unionOf(readAuthorizationConfig(readNamedFile(file), file), options, deps)
  let current = read()
  watchFiles([file], () => {
    current = read() // CZ1
  }, deps)
  return { authorize: attributes => current.authorize(attributes), rulesFor: (user, namespace) => current.rulesFor!(user, namespace) }
}

function unionOf(configured: readonly ConfiguredAuthorizer[], options: AccessOptions, deps: AuthorizationDeps): Authorizer {
  return anyAuthorizer([mastersAuthorizer, ...configured.map(one => authorizerOf(one, options, deps))])
}

function ofFlags({ authorizationModes, accessWebhook }: AccessOptions): ConfiguredAuthorizer[] {
  return authorizationModes.map(mode => {
    if (mode !== 'Webhook') return { type: mode as 'RBAC', name: mode.toLowerCase() }
    const { kubeconfig, version, authorizedMs, unauthorizedMs } = accessWebhook!
    const webhook: WebhookSettings = { kubeconfig, version, authorizedMs, unauthorizedMs, timeoutMs: flagTimeoutMs, onFailure: 'no-opinion', matches: undefined }
    return { type: 'Webhook', name: 'default', webhook }
  })
}

function authorizerOf(configured: ConfiguredAuthorizer, options: AccessOptions, deps: AuthorizationDeps): Authorizer {
  switch (configured.type) {
    case 'AlwaysAllow':
      return alwaysAllow
    case 'AlwaysDeny':
      return alwaysDeny
    case 'RBAC':
      return deps.rbac
    case 'Node':
      return deps.nodes
    case 'ABAC':
      return abacAuthorizer(readNamedFile(options.policyFile), options.policyFile)
    case 'Webhook': {
      const { webhook, name } = configured
      const client = clientOfKubeconfig(webhook.kubeconfig, deps.webhooks)
      return new WebhookAuthorizer({ ...webhook, name }, { client, clock: deps.clock, random: deps.random, timeoutMs: webhook.timeoutMs, signal: deps.signal }, deps.metrics)
    }
  }
}
