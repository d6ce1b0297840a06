/**
 * Every pod acts as a service account, and finds that account's token where clients look for it.
 * Upstream: plugin/pkg/admission/serviceaccount.
 *
 *   SP1  No account named means "default"; an account that does not exist is a 403 until it does.
 *   SP2  Unless account or pod say no, a projected volume kube-api-access-xxxxx (token 3607 s, root CA, namespace) is
 *        mounted in every container that has nothing at the token path.
 *   SP3  The account's image pull secrets are taken when the pod names none.
 *   SP4  Mirror pods come from the node as they are; they may not use accounts, secrets or tokens.
 */
import type { Random } from '../../../base/random.ts'
import { randomSuffix } from '../../../base/random.ts'
import { forbidden } from '../http/api-error.ts'
import { fieldAt, listAt, textAt } from '../registry/kube-object.ts'
import type { Fields, KubeObject } from '../registry/kube-object.ts'
import { shownName } from './admission.ts'
import type { AdmissionPlugin, AdmissionRequest, ObjectReader } from './admission.ts'
import { isMirrorPod, isPodWrite, podSpecOf } from './pod-fields.ts'
import type { ContainerFields } from './pod-fields.ts'

const tokenPath = '/var/run/secrets/kubernetes.io/serviceaccount'
const volumePrefix = 'kube-api-access-'
const accounts = { group: '', resource: 'serviceaccounts' }

export function serviceAccount(reader: ObjectReader, random: Random): AdmissionPlugin {
  return {
    name: 'ServiceAccount',
    concerns: request => isPodWrite(request, 'CREATE'),
    async admit(request) {
      const pod = request.object!
      if (isMirrorPod(pod)) return
      const spec = podSpecOf(pod)
      if ((spec.serviceAccountName ?? '') === '') spec.serviceAccountName = 'default' // SP1
      spec.serviceAccount = spec.serviceAccountName
      const account = await findAccount(reader, request, spec.serviceAccountName!)
      const wantsToken = spec.automountServiceAccountToken ?? fieldAt(account, 'automountServiceAccountToken') !== false
      if (wantsToken) mountToken(pod, random)
      const pullSecrets = listAt(account, 'imagePullSecrets') as { name?: string }[]
      if ((spec.imagePullSecrets?.length ?? 0) === 0 && pullSecrets.length > 0) spec.imagePullSecrets = pullSecrets.map(secret => ({ ...secret })) // SP3
    },
    async validate(request) {
      const pod = request.object!
      const spec = podSpecOf(pod)
      if (isMirrorPod(pod)) { // SP4
        if ((spec.serviceAccountName ?? '') !== '') throw forbidden(request, shownName(request), 'a mirror pod may not reference service accounts')
        const refersToSecret = (spec.volumes ?? []).some(volume => volume['secret'] !== undefined || listAt(volume, 'projected', 'sources').some(source => fieldAt(source, 'serviceAccountToken') !== undefined))
        if (refersToSecret) throw forbidden(request, shownName(request), 'a mirror pod may not reference secrets')
        return
      }
      if ((spec.serviceAccountName ?? '') === '') throw forbidden(request, shownName(request), `no service account specified for pod ${request.namespace}/${request.name}`)
      await findAccount(reader, request, spec.serviceAccountName!)
    },
  }
}

async function findAccount(reader: ObjectReader, request: AdmissionRequest, name: string): Promise<KubeObject> {
  const found = reader.get(accounts, request.namespace, name) ?? (await reader.getFresh(accounts, request.namespace, name))
  if (found !== undefined) return found
  throw forbidden(request, shownName(request), `error looking up service account ${request.namespace}/${name}: serviceaccount "${name}" not found`)
}

/** SP2 */
function mountToken(pod: KubeObject, random: Random): void {
  const spec = podSpecOf(pod)
  const existing = (spec.volumes ?? []).find(volume => textAt(volume, 'name').startsWith(volumePrefix))
  const name = existing === undefined ? `${volumePrefix}${randomSuffix(random)}` : textAt(existing, 'name')
  let isNeeded = false
  const mountIn = (container: ContainerFields) => {
    if ((container.volumeMounts ?? []).some(mount => mount.mountPath === tokenPath)) return
    container.volumeMounts = [...(container.volumeMounts ?? []), { name, readOnly: true, mountPath: tokenPath }]
    isNeeded = true
  }
  for (const container of spec.initContainers ?? []) mountIn(container)
  for (const container of spec.containers ?? []) mountIn(container)
  if (!isNeeded || existing !== undefined) return
  spec.volumes = [...(spec.volumes ?? []), tokenVolume(name)]
}

function tokenVolume(name: string): Fields {
  return {
    name,
    projected: {
      defaultMode: 0o644,
      sources: [
        { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
        { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
        { downwardAPI: { items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }] } },
      ],
    },
  }
}
