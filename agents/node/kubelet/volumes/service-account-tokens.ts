/**
 * Tokens of pods' service accounts, asked of the API server and renewed in time.
 *
 *   ST1  A token is bound to its pod, and asked for once per pod, audience and lifetime.
 *   ST2  It is renewed when 80 % of its life are over, or after 24 hours; when that fails and it still lives, it is kept.
 * Upstream: kubelet/token/token_manager.go.
 */
import { serviceAccounts } from '../../../api/resources.ts'
import type { Pod } from '../../../api/groups/core-v1/types.ts'
import type { Clock } from '../../../base/clock.ts'
import type { Client } from '../../../machinery/client.ts'
import type { TokenRequestSpec } from './payload.ts'

interface KeptToken {
  readonly token: string
  readonly renewAtMs: number
  readonly expiresAtMs: number
}

interface TokenRequestObject {
  readonly apiVersion: string
  readonly kind: string
  readonly spec: { readonly audiences?: readonly string[]; readonly expirationSeconds: number; readonly boundObjectRef: Readonly<Record<string, string>> }
}

export class ServiceAccountTokens {
  readonly #client: Client
  readonly #clock: Clock
  readonly #kept = new Map<string, KeptToken>()

  constructor(client: Client, clock: Clock) {
    this.#client = client
    this.#clock = clock
  }

  async token(pod: Pod, request: TokenRequestSpec): Promise<string> {
    const key = `${pod.metadata.uid}|${request.audience ?? ''}|${request.expirationSeconds}` // ST1
    const kept = this.#kept.get(key)
    const nowMs = this.#clock.now()
    if (kept !== undefined && nowMs < kept.renewAtMs) return kept.token
    try {
      const fresh = await this.#request(pod, request, nowMs)
      this.#kept.set(key, fresh)
      return fresh.token
    } catch (error) {
      if (kept !== undefined && nowMs < kept.expiresAtMs) return kept.token // ST2
      throw error
    }
  }

  forget(podUid: string): void {
    for (const key of this.#kept.keys()) if (key.startsWith(`${podUid}|`)) this.#kept.delete(key)
  }

  async #request(pod: Pod, request: TokenRequestSpec, nowMs: number): Promise<KeptToken> {
    const key = { namespace: pod.metadata.namespace ?? 'default', name: pod.spec.serviceAccountName ?? 'default' }
    const body: TokenRequestObject = {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: {
        ...(request.audience === undefined || request.audience === '' ? {} : { audiences: [request.audience] }),
        expirationSeconds: request.expirationSeconds,
        boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: pod.metadata.name, uid: pod.metadata.uid },
      },
    }
    const answer = await this.#client.createSubresource<TokenRequestObject, { status?: { token?: string; expirationTimestamp?: string } }>(serviceAccounts, key, 'token', body)
    const token = answer.status?.token
    if (token === undefined || token === '') throw new Error('the API server gave no token')
    const expiresAtMs = Date.parse(answer.status?.expirationTimestamp ?? '') || nowMs + request.expirationSeconds * 1_000
    return { token, expiresAtMs, renewAtMs: nowMs + Math.min((expiresAtMs - nowMs) * 0.8, 24 * 3_600_000) } // ST2
  }
}
