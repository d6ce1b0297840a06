/**
 * One client a controller, acting as the controller's own service account.
 *
 *   SA1  The token is asked for on first use (TokenRequest, 1 h) and again when a tenth of its life is left, or after a 401.
 *   SA2  The service account is made if it is missing.
 *   SA3  All controllers share the connections of one transport that carries no client certificate.
 */
import { serviceAccounts } from '../../api/resources.ts'
import type { Clock } from '../../base/clock.ts'
import type { Client } from '../../machinery/client.ts'
import { createClient } from '../../machinery/client.ts'
import { isAlreadyExists, isNotFound } from '../../machinery/status-error.ts'
import type { Transport, TransportRequest } from '../../machinery/transport.ts'

const lifeSeconds = 3_600

interface TokenReply {
  readonly status: { readonly token: string; readonly expirationTimestamp: string }
}

export interface ServiceAccountClientOptions {
  /** The controller manager's own. */
  readonly owner: Client
  readonly anonymous: Transport
  readonly clock: Clock
}

export function createServiceAccountClient(name: string, userAgent: string, options: ServiceAccountClientOptions): Client {
  let token: { readonly text: string; readonly renewAt: number } | undefined
  let pending: Promise<string> | undefined

  const current = (): Promise<string> => {
    if (token !== undefined && options.clock.now() < token.renewAt) return Promise.resolve(token.text)
    pending ??= ask(name, options).then(({ status }) => {
      const endsAt = Date.parse(status.expirationTimestamp)
      token = { text: status.token, renewAt: endsAt - (endsAt - options.clock.now()) / 10 } // SA1
      return status.token
    }).finally(() => { pending = undefined })
    return pending
  }
  const authorized = async (request: TransportRequest): Promise<TransportRequest> =>
    ({ ...request, headers: { ...request.headers, authorization: `Bearer ${await current()}` } })
  const noticed = <R extends { readonly status: number }>(reply: R): R => {
    if (reply.status === 401) token = undefined
    return reply
  }
  return createClient({
    request: async request => noticed(await options.anonymous.request(await authorized(request))),
    stream: async request => noticed(await options.anonymous.stream(await authorized(request))),
  }, { userAgent, clock: options.clock })
}

async function ask(name: string, { owner }: ServiceAccountClientOptions): Promise<TokenReply> {
  const key = { namespace: 'kube-system', name }
  const request = (): Promise<TokenReply> => owner.createSubresource(serviceAccounts, key, 'token', { kind: 'TokenRequest', apiVersion: 'authentication.k8s.io/v1', spec: { expirationSeconds: lifeSeconds, audiences: [] } })
  try {
    return await request()
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
  await owner.create(serviceAccounts, { metadata: key }).catch((error: unknown) => { // SA2
    if (!isAlreadyExists(error)) throw error
  })
  return request()
}
