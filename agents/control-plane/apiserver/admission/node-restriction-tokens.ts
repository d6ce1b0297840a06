/** Which tokens a kubelet may ask for (NR4). */
import type { Authorizer } from '../access/authorizer.ts'
import { forbidden, notFound } from '../http/api-error.ts'
import { fieldAt, listAt, textAt } from '../registry/kube-object.ts'
import type { KubeObject } from '../registry/kube-object.ts'
import { shownName } from './admission.ts'
import type { AdmissionRequest, ObjectReader } from './admission.ts'

export async function checkToken(request: AdmissionRequest, node: string, reader: ObjectReader, authorizer: Authorizer): Promise<void> {
  if (request.operation !== 'CREATE' || request.subresource !== 'token') return
  const refuse = (why: string) => forbidden(request, shownName(request), why)
  const bound = fieldAt(request.object, 'spec', 'boundObjectRef')
  if (textAt(bound, 'apiVersion') !== 'v1' || textAt(bound, 'kind') !== 'Pod' || textAt(bound, 'name') === '') throw refuse('node requested token not bound to a pod')
  const uid = textAt(bound, 'uid')
  if (uid === '') throw refuse('node requested token with a pod binding without a uid')
  const of = { group: '', resource: 'pods' }
  const pod = reader.get(of, request.namespace, textAt(bound, 'name')) ?? (await reader.getFresh(of, request.namespace, textAt(bound, 'name')))
  if (pod === undefined) throw notFound(of, textAt(bound, 'name'))
  if (pod.metadata.uid !== uid) throw refuse(`the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`)
  if (textAt(pod, 'spec', 'nodeName') !== node) throw refuse('node requested token bound to a pod scheduled on a different node')
  const why = await wrongAudience(request, pod, reader, authorizer)
  if (why !== undefined) throw refuse(why)
}

async function wrongAudience(request: AdmissionRequest, pod: KubeObject, reader: ObjectReader, authorizer: Authorizer): Promise<string | undefined> {
  const asked = listAt(request.object, 'spec', 'audiences') as string[]
  if (asked.length > 1) return 'node may only request 0 or 1 audiences'
  const audience = asked[0] ?? ''
  const found = podAsksFor(pod, audience, reader)
  if (found === true) return undefined
  if (found !== false) return `error validating audience ${JSON.stringify(audience)}: ${found}`
  const verdict = await authorizer.authorize({
    user: request.user, verb: 'request-serviceaccounts-token-audience', isResourceRequest: true, group: '', version: 'v1', resource: audience, subresource: '', namespace: request.namespace, name: request.name, path: '', fieldSelector: '', labelSelector: '',
  })
  return verdict.decision === 'allow' ? undefined : `audience ${JSON.stringify(audience)} not found in pod spec volume, ${request.user.name} is not authorized to request tokens for this audience`
}

/** Whether it does, or what stood in the way of telling. */
function podAsksFor(pod: KubeObject, audience: string, reader: ObjectReader): boolean | string {
  const errors: string[] = []
  for (const volume of listAt(pod, 'spec', 'volumes')) {
    const tokens = listAt(volume, 'projected', 'sources').map(source => fieldAt(source, 'serviceAccountToken')).filter(token => token !== undefined)
    if (tokens.some(token => textAt(token, 'audience') === audience)) return true
    const driver = driverOf(volume, pod, reader)
    if (driver === undefined) continue
    const found = driver.error === undefined ? reader.get({ group: 'storage.k8s.io', resource: 'csidrivers' }, '', driver.name) : undefined
    if (found === undefined) errors.push(driver.error ?? `csidriver.storage.k8s.io ${JSON.stringify(driver.name)} not found`)
    else if (listAt(found, 'spec', 'tokenRequests').some(token => textAt(token, 'audience') === audience)) return true
  }
  if (errors.length === 0) return false
  return errors.length === 1 ? errors[0]! : `[${errors.join(', ')}]`
}

interface FoundDriver {
  readonly name: string
  readonly error?: string
}

function driverOf(volume: unknown, pod: KubeObject, reader: ObjectReader): FoundDriver | undefined {
  const inline = textAt(volume, 'csi', 'driver')
  if (inline !== '') return { name: inline }
  const claimName = fieldAt(volume, 'ephemeral', 'volumeClaimTemplate') === undefined ? textAt(volume, 'persistentVolumeClaim', 'claimName') : `${pod.metadata.name!}-${textAt(volume, 'name')}`
  if (claimName === '') return undefined
  const claim = reader.get({ group: '', resource: 'persistentvolumeclaims' }, pod.metadata.namespace!, claimName)
  if (claim === undefined) return { name: '', error: `persistentvolumeclaim ${JSON.stringify(claimName)} not found` }
  const volumeName = textAt(claim, 'spec', 'volumeName')
  const persistent = reader.get({ group: '', resource: 'persistentvolumes' }, '', volumeName)
  if (persistent === undefined) return { name: '', error: `persistentvolume ${JSON.stringify(volumeName)} not found` }
  const driver = textAt(persistent, 'spec', 'csi', 'driver')
  return driver === '' ? undefined : { name: driver }
}
