/**
 * Token controller: fills Secrets of type kubernetes.io/service-account-token, and deletes those whose account is gone.
 *
 * Reads   Secrets of that type, ServiceAccounts          Writes   Secrets (update, delete)
 * Woken   by such Secrets, and by ServiceAccounts that come or go
 *
 *   TK1  A Secret that names an account gets its token, the CA and the namespace; what is there already stays.
 *   TK2  A Secret whose account does not exist, or has another uid than annotated, is deleted; the account is read live first.
 */
import type { Secret } from '../../../../api/groups/core-v1/types.ts'
import { secrets, serviceAccounts } from '../../../../api/resources.ts'
import { encodeBase64 } from '../../../../api/schema/base64.ts'
import type { Caches } from '../../../../machinery/caches.ts'
import type { Controller, Outcome, ReconcileDeps } from '../../../../machinery/controller.ts'
import { done, wokenBy } from '../../../../machinery/controller.ts'
import type { ObjectKey } from '../../../../machinery/object-key.ts'
import { keyOf } from '../../../../machinery/object-key.ts'
import { isNotFound } from '../../../../machinery/status-error.ts'
import type { ControllerConfig } from '../../controller-config.ts'

const nameAnnotation = 'kubernetes.io/service-account.name'
const uidAnnotation = 'kubernetes.io/service-account.uid'
const scope = { fieldSelector: 'type=kubernetes.io/service-account-token' }
const tokenSecrets = (caches: Caches): readonly Secret[] => caches.of(secrets, scope).list()

/** Keys are those of Secrets; accounts are reconciled through the Secrets that name them. */
export function createServiceAccountTokenController({ signToken, rootCa }: ControllerConfig): Controller | undefined {
  if (signToken === undefined) return undefined
  return {
    name: 'serviceaccount-token-controller',
    reconciles: serviceAccounts,
    ignores: () => true,
    alsoWokenBy: [
      wokenBy(secrets, ({ object }) => [keyOf(object)], scope),
      wokenBy(serviceAccounts, ({ object }, caches) => tokenSecrets(caches).filter(({ metadata }) => metadata.namespace === object.metadata.namespace && metadata.annotations?.[nameAnnotation] === object.metadata.name).map(keyOf)),
    ],
    reconcile: (key, deps, signal) => reconcile({ signToken, rootCa }, key, deps, signal),
  }
}

async function reconcile({ signToken, rootCa }: { signToken: NonNullable<ControllerConfig['signToken']>; rootCa: string | undefined }, key: ObjectKey, deps: ReconcileDeps, signal: AbortSignal): Promise<Outcome> {
  const secret = deps.cache.of(secrets, scope).get(key)
  const name = secret?.metadata.annotations?.[nameAnnotation]
  if (secret === undefined || name === undefined || secret.metadata.deletionTimestamp !== undefined) return done
  const accountKey = { namespace: key.namespace!, name }
  const annotated = secret.metadata.annotations?.[uidAnnotation]
  let account = deps.cache.get(serviceAccounts, accountKey)
  if (account === undefined || (annotated !== undefined && annotated !== account.metadata.uid)) { // TK2
    account = await deps.client.get(serviceAccounts, accountKey, signal).catch((error: unknown) => {
      if (isNotFound(error)) return undefined
      throw error
    })
  }
  if (account === undefined || (annotated !== undefined && annotated !== account.metadata.uid)) {
    await deps.client.delete(secrets, key, { preconditions: { uid: secret.metadata.uid } }, signal).catch((error: unknown) => {
      if (!isNotFound(error)) throw error
    })
    return done
  }
  const base64 = (text: string): string => encodeBase64(new TextEncoder().encode(text))
  const data = { // TK1
    token: base64(signToken({
      iss: 'kubernetes/serviceaccount', sub: `system:serviceaccount:${key.namespace}:${name}`,
      'kubernetes.io/serviceaccount/namespace': key.namespace!, 'kubernetes.io/serviceaccount/secret.name': key.name,
      'kubernetes.io/serviceaccount/service-account.name': name, 'kubernetes.io/serviceaccount/service-account.uid': account.metadata.uid,
    })),
    namespace: base64(key.namespace!), ...(rootCa === undefined ? {} : { 'ca.crt': base64(rootCa) }), ...secret.data,
  }
  if (annotated !== undefined && Object.keys(data).every(field => secret.data?.[field] !== undefined)) return done
  await deps.client.update(secrets, { ...secret, metadata: { ...secret.metadata, annotations: { ...secret.metadata.annotations, [uidAnnotation]: account.metadata.uid } }, data }, {}, signal)
  return done
}
