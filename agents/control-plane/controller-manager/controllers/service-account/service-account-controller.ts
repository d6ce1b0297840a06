/**
 * ServiceAccount controller: every namespace has a ServiceAccount named "default".
 *
 * Reads   Namespaces, ServiceAccounts          Writes   ServiceAccounts (create)
 * Woken   by namespaces, and by a "default" account that goes
 *
 *   SV1  A namespace that is being deleted gets none.
 */
import { namespaces, serviceAccounts } from '../../../../api/resources.ts'
import { compareServiceAccounts } from '../../comparisons.ts'
import type { Controller, Outcome, ReconcileDeps } from '../../../../machinery/controller.ts'
import { done, wokenBy } from '../../../../machinery/controller.ts'
import type { ObjectKey } from '../../../../machinery/object-key.ts'
import { hasCause, isAlreadyExists, isNotFound } from '../../../../machinery/status-error.ts'

const accountName = 'default'

export const serviceAccountController: Controller = {
  name: 'serviceaccount-controller',
  reconciles: namespaces,
  alsoWokenBy: [wokenBy(serviceAccounts, ({ type, object }) => (type === 'deleted' && object.metadata.name === accountName ? [{ name: object.metadata.namespace! }] : []))],
  workers: 10,
  rehearse: 'reconcile',
  compare: compareServiceAccounts,
  reconcile,
}

async function reconcile({ name }: ObjectKey, deps: ReconcileDeps, signal: AbortSignal): Promise<Outcome> {
  const namespace = deps.cache.get(namespaces, { name })
  if (namespace === undefined || namespace.metadata.deletionTimestamp !== undefined) return done // SV1
  if (deps.cache.get(serviceAccounts, { namespace: name, name: accountName }) !== undefined) return done
  try {
    await deps.client.create(serviceAccounts, { metadata: { namespace: name, name: accountName } }, {}, signal)
  } catch (error) {
    if (!isAlreadyExists(error) && !isNotFound(error) && !hasCause(error, 'NamespaceTerminating')) throw error
  }
  return done
}
