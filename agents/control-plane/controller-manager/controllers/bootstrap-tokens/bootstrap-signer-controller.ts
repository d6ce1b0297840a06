/**
 * Bootstrap signer: signs the kubeconfig in kube-public/cluster-info with every bootstrap token that may, so that who joins
 * with a token knows that it is not forged. Off by default, as upstream.
 *
 * Reads   ConfigMap kube-public/cluster-info, Secrets of type bootstrap.kubernetes.io/token in kube-system
 * Writes  the ConfigMap
 * Woken   by both, and by the time a token ends
 *
 *   BG1  jws-kubeconfig-<token id> is the detached JWS (HS256, kid the token's id) of the kubeconfig's text.
 *   BG2  Only tokens with usage-bootstrap-signing that have not ended sign; signatures of others are taken away.
 */
import { createHmac } from 'node:crypto'
import type { ConfigMap, Secret } from '../../../../api/groups/core-v1/types.ts'
import { configMaps, secrets, serviceAccounts } from '../../../../api/resources.ts'
import type { Controller } from '../../../../machinery/controller.ts'
import { again, done, wokenBy } from '../../../../machinery/controller.ts'
import { isEqualJson } from '../../pods/canonical.ts'
import { expiresAtMs, textOf, tokenScope } from './bootstrap-token.ts'

const infoKey = { namespace: 'kube-public', name: 'cluster-info' }
const infoScope = { namespace: infoKey.namespace, fieldSelector: `metadata.name=${infoKey.name}` }
const prefix = 'jws-kubeconfig-'

/** BG1 */
export function detachedSignature(content: string, tokenId: string, tokenSecret: string): string {
  const header = Buffer.from(JSON.stringify({ alg: 'HS256', kid: tokenId })).toString('base64url')
  return `${header}..${createHmac('sha256', tokenSecret).update(`${header}.${Buffer.from(content).toString('base64url')}`).digest('base64url')}`
}

/** The data the ConfigMap should have. */
export function planSignatures(data: Readonly<Record<string, string>>, tokens: readonly Secret[], nowMs: number): Record<string, string> {
  const kept = Object.fromEntries(Object.entries(data).filter(([name]) => !name.startsWith(prefix)))
  const content = data['kubeconfig']
  if (content === undefined) return { ...data }
  for (const token of tokens) {
    const [id, secret] = [textOf(token, 'token-id'), textOf(token, 'token-secret')]
    const maySign = id !== '' && secret !== '' && textOf(token, 'usage-bootstrap-signing') === 'true' && (expiresAtMs(token) ?? Infinity) > nowMs // BG2
    if (maySign) kept[prefix + id] = detachedSignature(content, id, secret)
  }
  return kept
}

export const bootstrapSignerController: Controller = {
  name: 'bootstrap-signer-controller',
  reconciles: serviceAccounts,
  ignores: () => true,
  alsoWokenBy: [wokenBy<ConfigMap>(configMaps, () => [infoKey], infoScope), wokenBy<Secret>(secrets, () => [infoKey], tokenScope)],
  workers: 1,
  async reconcile(_key, { cache, client, clock }, signal) {
    const info = cache.of(configMaps, infoScope).get(infoKey)
    if (info === undefined) return done
    const tokens = cache.of(secrets, tokenScope).list()
    const data = planSignatures(info.data ?? {}, tokens, clock.now())
    if (!isEqualJson(data, info.data ?? {})) await client.update(configMaps, { ...info, data }, {}, signal)
    const ends = tokens.map(token => (expiresAtMs(token) ?? Infinity) - clock.now()).filter(ms => ms > 0 && ms < Infinity)
    return ends.length === 0 ? done : again(Math.min(...ends) + 1)
  },
}
