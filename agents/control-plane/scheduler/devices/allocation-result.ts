/**
 * What is written into a claim when devices were found for it. Pure. Upstream: Allocator.Allocate, createNodeSelector.
 *
 *   AR1  Configuration of classes comes first, once for each class with all requests that use it, then that of the claim.
 *   AR2  A device of one node ties the claim to that node; one that a selector placed ties it to what the selector takes.
 *   AR4  A device that several may have is told apart by an id of the share, with what of its capacity was consumed.
 *   AR3  What has to become true of a device before a pod is bound is said beside it.
 */
import type { NodeSelector, NodeSelectorRequirement } from '../../../api/groups/core-v1/types.ts'
import type { AllocationResult, DeviceAllocationConfiguration, DeviceClass, ResourceClaim } from '../../../api/groups/resource-v1/types.ts'
import type { ServedDevice } from './allocator.ts'
import { alternativesOf, requestsOf } from './requests.ts'

export interface AllocationNames {
  readonly deviceClass: (name: string) => DeviceClass | undefined
  /** Draws a UUID. */
  readonly shareId: () => string
}

export function allocationResult(claim: ResourceClaim, served: readonly ServedDevice[], nodeName: string, { deviceClass, shareId }: AllocationNames): AllocationResult {
  const results = served.map(({ alternative: { name, adminAccess, tolerations }, pooled: { device, pool }, consumed }) => ({
    request: name, driver: pool.driver, pool: pool.name, device: device.name, ...(adminAccess ? { adminAccess } : {}), ...(tolerations.length === 0 ? {} : { tolerations: [...tolerations] }),
    ...(device.bindingConditions === undefined ? {} : { bindingConditions: device.bindingConditions }), ...(device.bindingFailureConditions === undefined ? {} : { bindingFailureConditions: device.bindingFailureConditions }), // AR3
    ...(consumed === undefined ? {} : { shareID: shareId(), ...(Object.keys(consumed).length === 0 ? {} : { consumedCapacity: consumed }) }), // AR4
  }))
  const config = configurationOf(claim, served, deviceClass)
  const nodeSelector = nodeSelectorOf(served, nodeName)
  return { devices: { results, ...(config.length === 0 ? {} : { config }) }, ...(nodeSelector === undefined ? {} : { nodeSelector }) }
}

/** AR1 */
function configurationOf(claim: ResourceClaim, served: readonly ServedDevice[], deviceClass: (name: string) => DeviceClass | undefined): DeviceAllocationConfiguration[] {
  const chosen = new Set(served.map(({ alternative }) => alternative.name))
  const used = requestsOf(claim).flatMap(request => alternativesOf(request).filter(({ name }) => chosen.has(name)))
  const ofClasses = [...new Set(used.map(({ className }) => className))].flatMap(name => (deviceClass(name)?.spec.config ?? []).map(config => ({ source: 'FromClass', requests: used.filter(({ className }) => className === name).map(alternative => alternative.name), ...config })))
  const ofClaim = (claim.spec.devices?.config ?? [])
    .filter(({ requests = [] }) => requests.length === 0 || requests.some(request => chosen.has(request) || [...chosen].some(name => name.startsWith(`${request}/`))))
    .map(config => ({ source: 'FromClaim', ...config }))
  return [...ofClasses, ...ofClaim]
}

/** AR2 */
function nodeSelectorOf(served: readonly ServedDevice[], nodeName: string): NodeSelector | undefined {
  const [fields, expressions]: [NodeSelectorRequirement[], NodeSelectorRequirement[]] = [[], []]
  for (const { pooled: { device, slice } } of served) {
    const place = slice.spec.perDeviceNodeSelection === true ? device : slice.spec
    if (place.nodeName !== undefined || device.bindsToNode === true) return { nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: [nodeName] }] }] }
    const [term] = place.nodeSelector?.nodeSelectorTerms ?? []
    addNew(fields, term?.matchFields ?? [])
    addNew(expressions, term?.matchExpressions ?? [])
  }
  if (fields.length + expressions.length === 0) return undefined
  return { nodeSelectorTerms: [{ ...(fields.length === 0 ? {} : { matchFields: fields }), ...(expressions.length === 0 ? {} : { matchExpressions: expressions }) }] }
}

function addNew(to: NodeSelectorRequirement[], from: readonly NodeSelectorRequirement[]): void {
  const text = (requirement: NodeSelectorRequirement) => JSON.stringify([requirement.key, requirement.operator, requirement.values])
  for (const requirement of from) if (!to.some(known => text(known) === text(requirement))) to.push(requirement)
}
