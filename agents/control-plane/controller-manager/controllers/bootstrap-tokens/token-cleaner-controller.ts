/**
 * Token cleaner: deletes bootstrap tokens whose time has passed. Off by default, as upstream.
 *
 * Reads   Secrets of type bootstrap.kubernetes.io/token in kube-system          Writes   those Secrets (delete)
 * Woken   by them, and by their time
 *
 *   TC1  An expiration that cannot be read has passed; a token without one stays.
 */
import type { Secret } from '../../../../api/groups/core-v1/types.ts'
import { secrets, serviceAccounts } from '../../../../api/resources.ts'
import type { Controller } from '../../../../machinery/controller.ts'
import { again, done, wokenBy } from '../../../../machinery/controller.ts'
import { keyOf } from '../../../../machinery/object-key.ts'
import { isNotFound } from '../../../../machinery/status-error.ts'
import { expiresAtMs, tokenScope } from './bootstrap-token.ts'

/** Keys are those of the Secrets; the reconciled type only has an informer that everybody shares. */
export const tokenCleanerController: Controller = {
  name: 'token-cleaner-controller',
  reconciles: serviceAccounts,
  ignores: () => true,
  alsoWokenBy: [wokenBy<Secret>(secrets, ({ object }) => [keyOf(object)], tokenScope)],
  async reconcile(key, { cache, client, clock, log }, signal) {
    const secret = cache.of(secrets, tokenScope).get(key)
    const atMs = secret === undefined ? undefined : expiresAtMs(secret)
    if (secret === undefined || atMs === undefined) return done // TC1
    if (atMs > clock.now()) return again(atMs - clock.now() + 1)
    await client.delete(secrets, key, { preconditions: { uid: secret.metadata.uid } }, signal).catch((error: unknown) => {
      if (!isNotFound(error)) throw error
    })
    log.info('expired bootstrap token deleted', { secret: key.name })
    return done
  },
}
