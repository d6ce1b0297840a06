/** The cloud as the controllers see it. Upstream: k8s.io/cloud-provider (InstancesV2, Routes, LoadBalancer). */
import type { CloudRoute, CloudVolume, Instance, LoadBalancer, LoadBalancerWish } from '../../../wire/cloud/cloud-api.ts'

export interface Cloud {
  /** Every machine there is; one that is missing does not exist any more. */
  instances(signal?: AbortSignal): Promise<readonly Instance[]>
  routes(signal?: AbortSignal): Promise<readonly CloudRoute[]>
  ensureRoute(route: CloudRoute, signal?: AbortSignal): Promise<void>
  deleteRoute(name: string, signal?: AbortSignal): Promise<void>
  /** Undefined where there is none of that name. */
  loadBalancer(name: string, signal?: AbortSignal): Promise<LoadBalancer | undefined>
  loadBalancers(signal?: AbortSignal): Promise<readonly LoadBalancer[]>
  ensureLoadBalancer(name: string, wish: LoadBalancerWish, signal?: AbortSignal): Promise<LoadBalancer>
  deleteLoadBalancer(name: string, signal?: AbortSignal): Promise<void>
  volumes(signal?: AbortSignal): Promise<readonly CloudVolume[]>
  /** Makes it, or lets it grow. */
  ensureVolume(id: string, sizeBytes: number, signal?: AbortSignal): Promise<CloudVolume>
  deleteVolume(id: string, signal?: AbortSignal): Promise<void>
  plugIn(id: string, node: string, signal?: AbortSignal): Promise<void>
  takeOut(id: string, node: string, signal?: AbortSignal): Promise<void>
}

/** The machine of a node: by its provider id where it has one, else by name. Upstream: NodeController.getInstanceMetadata. */
export function instanceOf(instances: readonly Instance[], node: { readonly metadata: { readonly name: string }; readonly spec: { readonly providerID?: string } }): Instance | undefined {
  const { providerID } = node.spec
  return providerID === undefined || providerID === '' ? instances.find(({ name }) => name === node.metadata.name) : instances.find(({ providerId }) => providerId === providerID)
}
