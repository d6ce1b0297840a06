/**
 * A node may read what its pods need, and nothing else. Upstream: plugin/pkg/auth/authorizer/node.
 *
 *   NA1  Secrets, config maps, claims, their volumes, resource claims and accounts are reachable if a pod bound to the
 *        node names them; the index of that is kept from pod changes.
 *   NA2  A node reads its own Node, Lease, CSINode and ResourceSlices, and lists and watches pods and nodes by a field selector that names itself.
 *   NA3  Everything else is left to the rules of the role system:node, which are applied here without a binding.
 */
import type { ObjectReader } from '../admission/admission.ts'
import { fieldAt, listAt, textAt } from '../registry/kube-object.ts'
import type { KubeObject } from '../registry/kube-object.ts'
import type { Attributes, Authorizer, Verdict } from './authorizer.ts'
import { noOpinion } from './authorizer.ts'
import { ruleAllows } from './rbac-authorizer.ts'
import type { PolicyRule } from './rbac-authorizer.ts'
import { nodeNameOf } from './user-info.ts'

const allow: Verdict = { decision: 'allow', reason: '' }

export class NodeAuthorizer implements Authorizer {
  readonly #reader: ObjectReader
  readonly #rules: readonly PolicyRule[]
  /** node → pod key → what the pod names. */
  readonly #byNode = new Map<string, Map<string, ReadonlySet<string>>>()

  constructor(reader: ObjectReader, rules: readonly PolicyRule[]) {
    this.#reader = reader
    this.#rules = rules
  }

  /** A pod is bound to a node, or has gone (NA1). */
  observePod(key: string, nodeName: string, pod: () => KubeObject, isGone: boolean): void {
    if (nodeName === '') return
    const pods = this.#byNode.get(nodeName)
    if (isGone) {
      pods?.delete(key)
      return
    }
    if (pods === undefined) this.#byNode.set(nodeName, new Map([[key, referencesOf(pod())]]))
    else if (!pods.has(key)) pods.set(key, referencesOf(pod()))
  }

  authorize(attributes: Attributes): Verdict {
    const node = nodeNameOf(attributes.user)
    if (node === undefined) return noOpinion
    if (node === '') return { decision: 'no-opinion', reason: `unknown node for user ${JSON.stringify(attributes.user.name)}` }
    if (attributes.isResourceRequest) {
      const specific = this.#specific(node, attributes)
      if (specific !== undefined) return specific
    }
    return this.#rules.some(rule => ruleAllows(rule, attributes)) ? allow : noOpinion // NA3
  }

  #specific(node: string, attributes: Attributes): Verdict | undefined {
    const { group, resource, subresource } = attributes
    if (group === '' && (resource === 'secrets' || resource === 'configmaps')) return this.#readNamed(node, attributes, resource === 'secrets' ? 'secret' : 'configmap')
    if (group === '' && resource === 'persistentvolumeclaims') return subresource === 'status' || attributes.verb === 'get' ? this.#reachable(node, attributes, 'claim') : refuse(node, 'can only get individual resources of this type')
    if (group === '' && resource === 'persistentvolumes') return this.#volume(node, attributes)
    if (group === '' && resource === 'serviceaccounts') return this.#account(node, attributes)
    if (group === 'resource.k8s.io' && resource === 'resourceclaims') return this.#reachable(node, attributes, 'resourceclaim')
    if (group === 'resource.k8s.io' && resource === 'resourceslices') return attributes.verb === 'create' || attributes.name !== '' || attributes.fieldSelector.includes(`spec.nodeName=${node}`) ? allow : refuse(node, 'can only access slices by its own name')
    if (group === 'storage.k8s.io' && resource === 'volumeattachments') return attributes.verb === 'get' ? this.#attachment(node, attributes) : refuse(node, 'can only get individual resources of this type')
    if (group === 'coordination.k8s.io' && resource === 'leases') return this.#own(node, attributes, attributes.namespace === 'kube-node-lease')
    if (group === 'storage.k8s.io' && resource === 'csinodes') return this.#own(node, attributes, true)
    if (group === '' && resource === 'pods') return this.#pods(node, attributes)
    if (group === '' && resource === 'nodes') return this.#nodes(node, attributes)
    return undefined
  }

  #readNamed(node: string, attributes: Attributes, kind: string): Verdict {
    if (attributes.verb !== 'get' && attributes.verb !== 'list' && attributes.verb !== 'watch') return refuse(node, 'can only read resources of this type')
    if (attributes.subresource !== '') return refuse(node, 'cannot read subresource')
    return this.#reachable(node, attributes, kind)
  }

  #reachable(node: string, attributes: Attributes, kind: string): Verdict {
    if (attributes.name === '') return refuse(node, 'No Object name found')
    const wanted = `${kind}:${attributes.namespace}/${attributes.name}`
    for (const references of this.#byNode.get(node)?.values() ?? []) if (references.has(wanted)) return allow
    return refuse(node, `no relationship found between node '${node}' and this object`)
  }

  #volume(node: string, attributes: Attributes): Verdict {
    if (attributes.verb !== 'get' || attributes.name === '') return refuse(node, 'can only get individual resources of this type')
    const volume = this.#reader.get({ group: '', resource: 'persistentvolumes' }, '', attributes.name)
    const claim = `claim:${textAt(volume, 'spec', 'claimRef', 'namespace')}/${textAt(volume, 'spec', 'claimRef', 'name')}`
    for (const references of this.#byNode.get(node)?.values() ?? []) if (references.has(claim)) return allow
    return refuse(node, `no relationship found between node '${node}' and this object`)
  }

  #account(node: string, attributes: Attributes): Verdict | undefined {
    if (attributes.subresource === 'token') return attributes.verb === 'create' ? this.#reachable(node, attributes, 'account') : refuse(node, 'can only create tokens for individual service accounts')
    return attributes.verb === 'get' && attributes.subresource === '' ? this.#reachable(node, attributes, 'account') : refuse(node, 'can only get individual service accounts')
  }

  #attachment(node: string, attributes: Attributes): Verdict {
    const attachment = this.#reader.get({ group: 'storage.k8s.io', resource: 'volumeattachments' }, '', attributes.name)
    return textAt(attachment, 'spec', 'nodeName') === node ? allow : refuse(node, `no relationship found between node '${node}' and this object`)
  }

  #own(node: string, attributes: Attributes, rightPlace: boolean): Verdict {
    const isAllowedVerb = ['get', 'create', 'update', 'patch', 'delete'].includes(attributes.verb)
    if (!isAllowedVerb || !rightPlace) return refuse(node, 'can only get, create, update, patch, or delete its own')
    return attributes.verb === 'create' || attributes.name === node ? allow : refuse(node, 'can only access an object with the same name as the requesting node')
  }

  #pods(node: string, attributes: Attributes): Verdict | undefined {
    if (attributes.verb === 'list' || attributes.verb === 'watch') { // NA2
      return attributes.fieldSelector.split(',').includes(`spec.nodeName=${node}`) || this.#hasPod(node, attributes) ? allow : refuse(node, `can only list/watch pods with spec.nodeName field selector`)
    }
    if (attributes.verb === 'get') return this.#hasPod(node, attributes) ? allow : refuse(node, `no relationship found between node '${node}' and this object`)
    return undefined
  }

  #hasPod(node: string, attributes: Attributes): boolean {
    return attributes.name !== '' && this.#byNode.get(node)?.has(`${attributes.namespace}/${attributes.name}`) === true
  }

  #nodes(node: string, attributes: Attributes): Verdict | undefined {
    if (attributes.verb === 'list' || attributes.verb === 'watch') return attributes.name === node ? allow : refuse(node, `node '${node}' cannot read all nodes, only its own Node object`)
    if (attributes.verb === 'get') return attributes.name === node ? allow : refuse(node, `node '${node}' cannot read '${attributes.name}', only its own Node object`)
    return undefined
  }
}

function refuse(_node: string, reason: string): Verdict {
  return { decision: 'no-opinion', reason }
}

/** Everything a pod names, as "kind:namespace/name". */
export function referencesOf(pod: KubeObject): ReadonlySet<string> {
  const namespace = pod.metadata.namespace ?? ''
  const found = new Set<string>()
  const add = (kind: string, name: unknown) => {
    if (typeof name === 'string' && name !== '') found.add(`${kind}:${namespace}/${name}`)
  }
  const spec = pod['spec']
  add('account', textAt(spec, 'serviceAccountName') === '' ? 'default' : textAt(spec, 'serviceAccountName'))
  for (const secret of listAt(spec, 'imagePullSecrets')) add('secret', fieldAt(secret, 'name'))
  for (const list of ['containers', 'initContainers', 'ephemeralContainers']) {
    for (const container of listAt(spec, list)) addFromContainer(container, add)
  }
  for (const volume of listAt(spec, 'volumes')) addFromVolume(volume, pod, add)
  for (const claim of listAt(pod, 'status', 'resourceClaimStatuses')) add('resourceclaim', fieldAt(claim, 'resourceClaimName'))
  for (const claim of listAt(spec, 'resourceClaims')) add('resourceclaim', fieldAt(claim, 'resourceClaimName'))
  return found
}

function addFromContainer(container: unknown, add: (kind: string, name: unknown) => void): void {
  for (const source of listAt(container, 'envFrom')) {
    add('configmap', fieldAt(source, 'configMapRef', 'name'))
    add('secret', fieldAt(source, 'secretRef', 'name'))
  }
  for (const variable of listAt(container, 'env')) {
    add('configmap', fieldAt(variable, 'valueFrom', 'configMapKeyRef', 'name'))
    add('secret', fieldAt(variable, 'valueFrom', 'secretKeyRef', 'name'))
  }
}

function addFromVolume(volume: unknown, pod: KubeObject, add: (kind: string, name: unknown) => void): void {
  add('secret', fieldAt(volume, 'secret', 'secretName'))
  add('configmap', fieldAt(volume, 'configMap', 'name'))
  add('claim', fieldAt(volume, 'persistentVolumeClaim', 'claimName'))
  if (fieldAt(volume, 'ephemeral') !== undefined) add('claim', `${pod.metadata.name ?? ''}-${textAt(volume, 'name')}`)
  for (const plugin of ['csi', 'iscsi', 'rbd', 'cephfs', 'flexVolume', 'scaleIO', 'storageos', 'azureFile']) {
    add('secret', fieldAt(volume, plugin, 'nodePublishSecretRef', 'name') ?? fieldAt(volume, plugin, 'secretRef', 'name') ?? fieldAt(volume, plugin, 'secretName'))
  }
  for (const source of listAt(volume, 'projected', 'sources')) {
    add('secret', fieldAt(source, 'secret', 'name'))
    add('configmap', fieldAt(source, 'configMap', 'name'))
  }
}
