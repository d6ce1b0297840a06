/**
 * A node may read what its pods need, and nothing else. Upstream: plugin/pkg/auth/authorizer/node.
 *
 *   NA1  Secrets, config maps, claims, their volumes, resource claims and accounts are reachable if a pod bound to the
 *        node leads to them.
 *   NA2  A node reads its own Node, Lease, CSINode and ResourceSlices, and lists and watches pods, nodes and slices by a
 *        field selector that names itself.
 *   NA3  Everything else is left to the rules of the role system:node, which are applied here without a binding.
 *   NA4  What a write may hold is for the admission plugin NodeRestriction; here it is only which kind and verb.
 */
import { parseFieldSelector } from '../../../api/selectors/field-selector.ts'
import type { Attributes, Authorizer, ResolvedRules, Verdict } from './authorizer.ts'
import { noOpinion } from './authorizer.ts'
import type { NodeGraph, Reachable } from './node-graph.ts'
import { ruleAllows } from './rbac-authorizer.ts'
import type { PolicyRule } from './rbac-authorizer.ts'
import { nodeNameOf } from './user-info.ts'
import type { UserInfo } from './user-info.ts'

const allow: Verdict = { decision: 'allow', reason: '' }
const ownVerbs = new Set(['get', 'create', 'update', 'patch', 'delete'])

type Rule = (node: string, attributes: Attributes) => Verdict

export class NodeAuthorizer implements Authorizer {
  readonly #graph: NodeGraph
  readonly #rules: readonly PolicyRule[]
  readonly #byResource: Readonly<Record<string, Rule>>

  constructor(graph: NodeGraph, rules: readonly PolicyRule[]) {
    this.#graph = graph
    this.#rules = rules
    this.#byResource = {
      '/secrets': this.#reads('secret'),
      '/configmaps': this.#reads('configmap'),
      '/persistentvolumeclaims': (node, attributes) => (attributes.subresource === 'status' ? this.#claimStatus(node, attributes) : this.#gets('claim')(node, attributes)),
      '/persistentvolumes': this.#gets('volume'),
      'resource.k8s.io/resourceclaims': this.#gets('resourceclaim'),
      'storage.k8s.io/volumeattachments': this.#gets('attachment'),
      '/serviceaccounts': (node, attributes) => this.#account(node, attributes),
      'coordination.k8s.io/leases': (node, attributes) => this.#lease(node, attributes),
      'storage.k8s.io/csinodes': (node, attributes) => this.#csiNode(node, attributes),
      'resource.k8s.io/resourceslices': (node, attributes) => this.#slice(node, attributes),
      '/nodes': (node, attributes) => this.#node(node, attributes),
      '/pods': (node, attributes) => this.#pod(node, attributes),
      'certificates.k8s.io/podcertificaterequests': () => noOpinion,
    }
  }

  authorize(attributes: Attributes): Verdict {
    const node = nodeNameOf(attributes.user)
    if (node === undefined) return noOpinion
    if (node === '') return refuse(`unknown node for user ${JSON.stringify(attributes.user.name)}`)
    const rule = attributes.isResourceRequest ? this.#byResource[`${attributes.group}/${attributes.resource}`] : undefined
    if (rule !== undefined) return rule(node, attributes)
    return this.#rules.some(each => ruleAllows(each, attributes)) ? allow : noOpinion // NA3
  }

  rulesFor(user: UserInfo): ResolvedRules {
    return nodeNameOf(user) === undefined ? { rules: [], incomplete: false, errors: [] } : { rules: [], incomplete: true, errors: ['node authorizer does not support user rule resolution'] }
  }

  /** NA1 */
  #related(node: string, kind: Reachable, { namespace, name }: Attributes): Verdict {
    if (name === '') return refuse('No Object name found')
    return this.#graph.reaches(node, kind, namespace, name) ? allow : refuse(`no relationship found between node '${node}' and this object`)
  }

  #gets(kind: Reachable): Rule {
    return (node, attributes) => {
      if (attributes.verb !== 'get') return refuse('can only get individual resources of this type')
      return attributes.subresource === '' ? this.#related(node, kind, attributes) : refuse('cannot get subresource')
    }
  }

  #reads(kind: Reachable): Rule {
    return (node, attributes) => {
      if (!isRead(attributes.verb)) return refuse('can only read resources of this type')
      if (attributes.subresource !== '') return refuse('cannot read subresource')
      return attributes.namespace === '' ? refuse('can only read namespaced object of this type') : this.#related(node, kind, attributes)
    }
  }

  #claimStatus(node: string, attributes: Attributes): Verdict {
    return attributes.verb === 'update' || attributes.verb === 'patch' ? this.#related(node, 'claim', attributes) : refuse('can only get/update/patch this type')
  }

  #account(node: string, attributes: Attributes): Verdict {
    const { verb, subresource, name } = attributes
    if (verb === 'get' && subresource === '') return this.#reads('account')(node, attributes)
    if (verb !== 'create' || name === '') return refuse('can only create tokens for individual service accounts')
    return subresource === 'token' ? this.#related(node, 'account', attributes) : refuse('can only create token subresource of serviceaccount')
  }

  #lease(node: string, { verb, namespace, name }: Attributes): Verdict {
    if (!ownVerbs.has(verb)) return refuse('can only get, create, update, patch, or delete a node lease')
    if (namespace !== 'kube-node-lease') return refuse('can only access leases in the "kube-node-lease" system namespace')
    return verb === 'create' || name === node ? allow : refuse('can only access node lease with the same name as the requesting node')
  }

  #csiNode(node: string, { verb, subresource, name }: Attributes): Verdict {
    if (!ownVerbs.has(verb)) return refuse('can only get, create, update, patch, or delete a CSINode')
    if (subresource !== '') return refuse('cannot authorize CSINode subresources')
    return verb === 'create' || name === node ? allow : refuse('can only access CSINode with the same name as the requesting node')
  }

  #slice(node: string, attributes: Attributes): Verdict {
    const { verb, subresource } = attributes
    if (subresource !== '') return refuse('cannot authorize ResourceSlice subresources')
    if (verb === 'create') return allow // NA4
    if (verb === 'get' || verb === 'update' || verb === 'patch' || verb === 'delete') return this.#related(node, 'slice', attributes)
    if (verb !== 'list' && verb !== 'watch' && verb !== 'deletecollection') return refuse('only the following verbs are allowed for a ResourceSlice: get, watch, list, create, update, patch, delete, deletecollection')
    return selectsOwn(attributes, node) ? allow : refuse('can only list/watch/deletecollection resourceslices with nodeName field selector') // NA2
  }

  #node(node: string, { verb, subresource, name }: Attributes): Verdict {
    if (subresource === '') {
      if (verb === 'create' || verb === 'update' || verb === 'patch') return allow // NA4
      if (isRead(verb) && name === node) return allow // NA2
      if (isRead(verb)) return refuse(name === '' ? `node '${node}' cannot read all nodes, only its own Node object` : `node '${node}' cannot read '${name}', only its own Node object`)
    }
    return subresource === 'status' && (verb === 'update' || verb === 'patch') ? allow : noOpinion
  }

  #pod(node: string, attributes: Attributes): Verdict {
    const { verb, subresource, name } = attributes
    if (subresource === 'status') return verb === 'update' || verb === 'patch' ? allow : noOpinion
    if (subresource === 'eviction') return verb === 'create' ? allow : noOpinion
    if (subresource !== '') return noOpinion
    if (verb === 'create' || verb === 'delete') return allow // NA4
    if (verb === 'get') return this.#related(node, 'pod', attributes)
    if (verb !== 'list' && verb !== 'watch') return noOpinion
    if (selectsOwn(attributes, node)) return allow // NA2
    return name === '' ? refuse('can only list/watch pods with spec.nodeName field selector') : this.#related(node, 'pod', attributes)
  }
}

function isRead(verb: string): boolean {
  return verb === 'get' || verb === 'list' || verb === 'watch'
}

function selectsOwn({ fieldSelector }: Attributes, node: string): boolean {
  if (fieldSelector === '') return false
  try {
    return parseFieldSelector(fieldSelector).some(({ path, operator, value }) => path === 'spec.nodeName' && operator === '=' && value === node)
  } catch {
    return false
  }
}

function refuse(reason: string): Verdict {
  return { decision: 'no-opinion', reason }
}
