/**
 * NodeDeclaredFeatures: a pod that needs what not every kubelet can do goes where the kubelet says that it can.
 * Upstream: nodedeclaredfeatures, with the features of component-helpers/nodedeclaredfeatures that matter before a pod runs.
 *
 *   DF1  Every feature that the pod needs must stand in status.declaredFeatures of the node; no eviction cures its lack.
 *   DF2  Restarting all containers after one ended (restartPolicyRules) needs RestartAllContainersOnContainerExits; user namespaces
 *        (hostUsers: false) on the host's network need UserNamespacesHostNetworkSupport.
 *   DF3  A pod that needs none is none of our business.
 *   DF4  A node helps that is new or declares something else than before; of the pods only an update of the pod's own needs.
 */
import type { Node, Pod, PodSpec } from '../../../api/groups/core-v1/types.ts'
import { semanticallyEqual } from '../../../api/schema/clone.ts'
import type { FilterPlugin, PreFilterPlugin } from '../framework/plugin.ts'
import { fits, interested, notInterested, rejected } from '../framework/verdict.ts'

const lacking = rejected("node(s) didn't match Pod's required features", false)

/** DF2, by name. */
const features: Readonly<Record<string, (spec: PodSpec) => boolean>> = {
  RestartAllContainersOnContainerExits: ({ containers, initContainers = [] }) => [...containers, ...initContainers].some(({ restartPolicyRules = [] }) => restartPolicyRules.some(({ action }) => action === 'RestartAllContainers')),
  UserNamespacesHostNetworkSupport: ({ hostNetwork, hostUsers }) => hostNetwork === true && hostUsers === false,
}

type Needed = readonly string[]

export const nodeDeclaredFeatures: PreFilterPlugin<Needed> & FilterPlugin<Needed> = {
  name: 'NodeDeclaredFeatures',
  wakeOn: [
    { resource: 'Node', actions: ['Add', 'UpdateNodeDeclaredFeature'], hint: (_, before, after) => (before !== undefined && semanticallyEqual((before as Node).status.declaredFeatures, (after as Node).status.declaredFeatures) ? 'Skip' : 'Queue') },
    { resource: 'Pod', actions: ['Update'], hint: (pod, before, after) => (pod.metadata.uid === (after as Pod | undefined)?.metadata.uid && !semanticallyEqual(neededBy(before as Pod), neededBy(after as Pod)) ? 'Queue' : 'Skip') },
  ], // DF4

  preFilter(pod) {
    const needed = neededBy(pod)
    return needed.length === 0 ? notInterested : interested(needed) // DF3
  },

  filter: (needed, here) => (missing(needed, here.node).length === 0 ? fits : lacking), // DF1
  sign: pod => neededBy(pod).join(),
  cures: (needed, here) => missing(needed, here.node).map(feature => ({ kind: 'other', node: here.name, text: `a kubelet that declares ${feature}` })),
}

function neededBy({ spec }: Pod): Needed {
  return Object.keys(features).filter(feature => features[feature]!(spec))
}

function missing(needed: Needed, { status }: Node): Needed {
  const declared = status.declaredFeatures ?? []
  return needed.filter(feature => !declared.includes(feature))
}
