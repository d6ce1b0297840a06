/**
 * What each node needs: the objects its pods name, followed to the objects those name in turn.
 * Upstream: plugin/pkg/auth/authorizer/node/graph.go.
 *
 *   NG1  A pod that is bound names its account, secrets, config maps, claims and resource claims. Mirror pods name nothing:
 *        what a node could write about itself must not give it anything.
 *   NG2  A bound claim leads to its volume, a volume to the secrets it is mounted with, a VolumeAttachment and a
 *        ResourceSlice to the node they name.
 *   NG3  Counts, so that two pods naming one secret keep it reachable until the second has gone.
 */
import { fieldAt, listAt, textAt } from '../registry/kube-object.ts'
import type { KubeObject } from '../registry/kube-object.ts'

export type Reachable = 'secret' | 'configmap' | 'claim' | 'volume' | 'resourceclaim' | 'account' | 'attachment' | 'slice' | 'pod'

interface NodeNeeds {
  /** key → what the pod names. */
  readonly pods: Map<string, ReadonlySet<string>>
  readonly counts: Map<string, number>
}

export class NodeGraph {
  readonly #nodes = new Map<string, NodeNeeds>()
  /** claim "namespace/name" → the volume bound to it. */
  readonly #volumeOfClaim = new Map<string, string>()
  /** volume → the claim and secrets it names, as keys. */
  readonly #volumes = new Map<string, { readonly claim: string; readonly secrets: readonly string[] }>()
  /** secret → volumes that are mounted with it. */
  readonly #volumesOfSecret = new Map<string, Set<string>>()
  readonly #nodeOf: Record<'attachment' | 'slice', Map<string, string>> = { attachment: new Map(), slice: new Map() }

  podChanged(key: string, nodeName: string, pod: () => KubeObject, isGone: boolean): void {
    if (nodeName === '') return
    let needs = this.#nodes.get(nodeName)
    const before = needs?.pods.get(key)
    if (isGone && before === undefined) return
    const after = isGone ? new Set<string>() : referencesOf(pod())
    if (needs === undefined) this.#nodes.set(nodeName, (needs = { pods: new Map(), counts: new Map() }))
    for (const reference of after) if (before?.has(reference) !== true) needs.counts.set(reference, (needs.counts.get(reference) ?? 0) + 1)
    for (const reference of before ?? []) if (!after.has(reference)) lower(needs.counts, reference) // NG3
    if (isGone) needs.pods.delete(key)
    else needs.pods.set(key, after)
    if (needs.pods.size === 0) this.#nodes.delete(nodeName)
  }

  knowsPod(nodeName: string, key: string): boolean {
    return this.#nodes.get(nodeName)?.pods.has(key) === true
  }

  volumeChanged(volume: KubeObject, isGone: boolean): void {
    const name = volume.metadata.name!
    const before = this.#volumes.get(name)
    if (before !== undefined) {
      if (this.#volumeOfClaim.get(before.claim) === name) this.#volumeOfClaim.delete(before.claim)
      for (const secret of before.secrets) this.#volumesOfSecret.get(secret)?.delete(name)
      this.#volumes.delete(name)
    }
    const claimName = textAt(volume, 'spec', 'claimRef', 'name')
    if (isGone || claimName === '') return
    const claim = `${textAt(volume, 'spec', 'claimRef', 'namespace')}/${claimName}`
    const secrets = secretsOfVolume(volume)
    this.#volumes.set(name, { claim, secrets })
    this.#volumeOfClaim.set(claim, name)
    for (const secret of secrets) {
      const known = this.#volumesOfSecret.get(secret)
      if (known === undefined) this.#volumesOfSecret.set(secret, new Set([name]))
      else known.add(name)
    }
  }

  /** A VolumeAttachment or ResourceSlice names a node, or none. */
  ownerChanged(kind: 'attachment' | 'slice', name: string, nodeName: string): void {
    if (nodeName === '') this.#nodeOf[kind].delete(name)
    else this.#nodeOf[kind].set(name, nodeName)
  }

  reaches(node: string, kind: Reachable, namespace: string, name: string): boolean {
    const key = `${namespace}/${name}`
    if (kind === 'attachment' || kind === 'slice') return this.#nodeOf[kind].get(name) === node
    const needs = this.#nodes.get(node)
    if (needs === undefined) return false
    if (kind === 'pod') return needs.pods.has(key)
    if (kind === 'volume') return this.#reachesVolume(needs, name)
    if (needs.counts.has(`${kind}:${key}`)) return true
    return kind === 'secret' && [...(this.#volumesOfSecret.get(key) ?? [])].some(volume => this.#reachesVolume(needs, volume)) // NG2
  }

  #reachesVolume(needs: NodeNeeds, name: string): boolean {
    const volume = this.#volumes.get(name)
    return volume !== undefined && needs.counts.has(`claim:${volume.claim}`)
  }
}

function lower(counts: Map<string, number>, key: string): void {
  const count = (counts.get(key) ?? 0) - 1
  if (count > 0) counts.set(key, count)
  else counts.delete(key)
}

/** Everything a pod names, as "kind:namespace/name" (NG1). */
export function referencesOf(pod: KubeObject): ReadonlySet<string> {
  const found = new Set<string>()
  if (pod.metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined) return found
  const namespace = pod.metadata.namespace ?? ''
  const add = (kind: Reachable, name: unknown) => {
    if (typeof name === 'string' && name !== '') found.add(`${kind}:${namespace}/${name}`)
  }
  const spec = pod['spec']
  add('account', fieldAt(spec, 'serviceAccountName'))
  for (const secret of listAt(spec, 'imagePullSecrets')) add('secret', fieldAt(secret, 'name'))
  for (const list of ['containers', 'initContainers', 'ephemeralContainers']) for (const container of listAt(spec, list)) addFromContainer(container, add)
  for (const volume of listAt(spec, 'volumes')) addFromVolume(volume, pod, add)
  for (const claim of listAt(spec, 'resourceClaims')) add('resourceclaim', fieldAt(claim, 'resourceClaimName'))
  const asked = new Set(listAt(spec, 'resourceClaims').map(claim => textAt(claim, 'name')))
  for (const claim of listAt(pod, 'status', 'resourceClaimStatuses')) if (asked.has(textAt(claim, 'name'))) add('resourceclaim', fieldAt(claim, 'resourceClaimName'))
  add('resourceclaim', fieldAt(pod, 'status', 'extendedResourceClaimStatus', 'resourceClaimName'))
  return found
}

type Add = (kind: Reachable, name: unknown) => void

function addFromContainer(container: unknown, add: Add): void {
  for (const source of listAt(container, 'envFrom')) {
    add('configmap', fieldAt(source, 'configMapRef', 'name'))
    add('secret', fieldAt(source, 'secretRef', 'name'))
  }
  for (const variable of listAt(container, 'env')) {
    add('configmap', fieldAt(variable, 'valueFrom', 'configMapKeyRef', 'name'))
    add('secret', fieldAt(variable, 'valueFrom', 'secretKeyRef', 'name'))
  }
}

function addFromVolume(volume: unknown, pod: KubeObject, add: Add): void {
  add('secret', fieldAt(volume, 'secret', 'secretName'))
  add('configmap', fieldAt(volume, 'configMap', 'name'))
  add('claim', fieldAt(volume, 'persistentVolumeClaim', 'claimName'))
  if (fieldAt(volume, 'ephemeral') !== undefined) add('claim', `${pod.metadata.name ?? ''}-${textAt(volume, 'name')}`)
  add('secret', fieldAt(volume, 'azureFile', 'secretName'))
  add('secret', fieldAt(volume, 'csi', 'nodePublishSecretRef', 'name'))
  for (const plugin of ['cephfs', 'cinder', 'flexVolume', 'iscsi', 'rbd', 'scaleIO', 'storageos']) add('secret', fieldAt(volume, plugin, 'secretRef', 'name'))
  for (const source of listAt(volume, 'projected', 'sources')) {
    add('secret', fieldAt(source, 'secret', 'name'))
    add('configmap', fieldAt(source, 'configMap', 'name'))
  }
}

/** Secrets a volume names for its node, in their namespace or the claim's. */
function secretsOfVolume(volume: KubeObject): string[] {
  const spec = volume['spec']
  const claimNamespace = textAt(spec, 'claimRef', 'namespace')
  const references = [
    ...['cephfs', 'cinder', 'flexVolume', 'iscsi', 'rbd', 'scaleIO', 'storageos'].map(plugin => fieldAt(spec, plugin, 'secretRef')),
    ...['nodePublishSecretRef', 'nodeStageSecretRef', 'nodeExpandSecretRef'].map(field => fieldAt(spec, 'csi', field)),
    { name: textAt(spec, 'azureFile', 'secretName'), namespace: textAt(spec, 'azureFile', 'secretNamespace') },
  ]
  return references.filter(reference => textAt(reference, 'name') !== '').map(reference => `${textAt(reference, 'namespace') === '' ? claimNamespace : textAt(reference, 'namespace')}/${textAt(reference, 'name')}`)
}
