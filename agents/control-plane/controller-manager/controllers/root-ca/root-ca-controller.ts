/**
 * Root CA publisher: every namespace has a ConfigMap kube-root-ca.crt with the CA of the API server's certificate.
 *
 * Reads   Namespaces, the ConfigMaps of that name          Writes   ConfigMaps (create, update)
 * Woken   by namespaces, and by such a ConfigMap that changes or goes
 *
 *   RA1  What anyone else wrote into it is put right.
 *   RA2  A namespace that is being deleted gets none.
 */
import { configMaps, namespaces } from '../../../../api/resources.ts'
import type { Controller, Outcome, ReconcileDeps } from '../../../../machinery/controller.ts'
import { done, wokenBy } from '../../../../machinery/controller.ts'
import type { ObjectKey } from '../../../../machinery/object-key.ts'
import { hasCause, isAlreadyExists, isNotFound } from '../../../../machinery/status-error.ts'
import type { ControllerConfig } from '../../controller-config.ts'
import { isEqualJson } from '../../pods/canonical.ts'

const mapName = 'kube-root-ca.crt'
const scope = { fieldSelector: `metadata.name=${mapName}` }
const annotations = {
  'kubernetes.io/description': 'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.',
}

export function createRootCaController({ rootCa }: ControllerConfig): Controller | undefined {
  if (rootCa === undefined) return undefined
  return {
    name: 'root-ca-certificate-publisher-controller',
    reconciles: namespaces,
    alsoWokenBy: [wokenBy(configMaps, ({ type, object }) => (type === 'added' ? [] : [{ name: object.metadata.namespace! }]), scope)],
    workers: 10,
    reconcile: (key, deps, signal) => reconcile(rootCa, key, deps, signal),
  }
}

async function reconcile(rootCa: string, { name }: ObjectKey, deps: ReconcileDeps, signal: AbortSignal): Promise<Outcome> {
  const namespace = deps.cache.get(namespaces, { name })
  if (namespace === undefined || namespace.metadata.deletionTimestamp !== undefined) return done // RA2
  const data = { 'ca.crt': rootCa }
  const current = deps.cache.of(configMaps, scope).get({ namespace: name, name: mapName })
  try {
    if (current === undefined) await deps.client.create(configMaps, { metadata: { namespace: name, name: mapName, annotations }, data }, {}, signal)
    else if (!isEqualJson(current.data, data)) await deps.client.update(configMaps, { ...current, data }, {}, signal) // RA1
  } catch (error) {
    if (!isAlreadyExists(error) && !isNotFound(error) && !hasCause(error, 'NamespaceTerminating')) throw error
  }
  return done
}
