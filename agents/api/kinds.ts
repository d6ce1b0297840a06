/** Every kind that is served, listed explicitly, in discovery order. */
import { defineKind } from './define-kind.ts'
import { mutatingAdmissionPolicy, mutatingAdmissionPolicyBinding, mutatingWebhookConfiguration, validatingAdmissionPolicy, validatingAdmissionPolicyBinding, validatingWebhookConfiguration } from './groups/admissionregistration-v1/admission-kinds.ts'
import { customResourceDefinition } from './groups/apiextensions-v1/custom-resource-definition.ts'
import { apiService } from './groups/apiregistration-v1/api-service.ts'
import { controllerRevision } from './groups/apps-v1/controller-revision.ts'
import { daemonSet } from './groups/apps-v1/daemon-set.ts'
import { deployment } from './groups/apps-v1/deployment.ts'
import { replicaSet } from './groups/apps-v1/replica-set.ts'
import { statefulSet } from './groups/apps-v1/stateful-set.ts'
import { horizontalPodAutoscaler, horizontalPodAutoscalerV1 } from './groups/autoscaling-v2/horizontal-pod-autoscaler.ts'
import { cronJob } from './groups/batch-v1/cron-job.ts'
import { job } from './groups/batch-v1/job.ts'
import { certificateSigningRequest } from './groups/certificates-v1/certificate-signing-request.ts'
import { lease } from './groups/coordination-v1/lease.ts'
import { componentStatus } from './groups/core-v1/component-status.ts'
import { configMap } from './groups/core-v1/config-map.ts'
import { endpoints } from './groups/core-v1/endpoints.ts'
import { event, eventsEvent } from './groups/core-v1/event.ts'
import { limitRange } from './groups/core-v1/limit-range.ts'
import { namespace } from './groups/core-v1/namespace.ts'
import { node } from './groups/core-v1/node.ts'
import { persistentVolumeClaim } from './groups/core-v1/persistent-volume-claim.ts'
import { persistentVolume } from './groups/core-v1/persistent-volume.ts'
import { podTemplate } from './groups/core-v1/pod-template.ts'
import { pod } from './groups/core-v1/pod.ts'
import { replicationController } from './groups/core-v1/replication-controller.ts'
import { resourceQuota } from './groups/core-v1/resource-quota.ts'
import { secret } from './groups/core-v1/secret.ts'
import { serviceAccount } from './groups/core-v1/service-account.ts'
import { service } from './groups/core-v1/service.ts'
import { endpointSlice } from './groups/discovery-v1/endpoint-slice.ts'
import { flowSchema, priorityLevelConfiguration } from './groups/flowcontrol-v1/flow-control-kinds.ts'
import { ingress, ingressClass, ipAddress, networkPolicy, serviceCidr } from './groups/networking-v1/networking-kinds.ts'
import { runtimeClass } from './groups/node-v1/runtime-class.ts'
import { podDisruptionBudget } from './groups/policy-v1/pod-disruption-budget.ts'
import { clusterRole, clusterRoleBinding, role, roleBinding } from './groups/rbac-v1/roles.ts'
import { deviceClass, resourceClaim, resourceClaimTemplate, resourceSlice } from './groups/resource-v1/resource-kinds.ts'
import { priorityClass } from './groups/scheduling-v1/priority-class.ts'
import { csiDriver, csiNode, csiStorageCapacity, storageClass, volumeAttachment, volumeAttributesClass } from './groups/storage-v1/storage-kinds.ts'
import type { Kind } from './kind.ts'
import type { KubernetesObject, ResourceType } from './kubernetes-object.ts'
import { allResources } from './resources.ts'

function untyped<T extends KubernetesObject>(kind: Kind<T>): Kind {
  return kind as unknown as Kind // a Kind is only ever handed objects of its own type
}

const special: readonly Kind[] = [
  untyped(namespace),
  untyped(node),
  untyped(pod),
  untyped(service),
  untyped(endpoints),
  untyped(configMap),
  untyped(secret),
  untyped(serviceAccount),
  untyped(event),
  untyped(eventsEvent),
  untyped(replicationController),
  untyped(persistentVolumeClaim),
  untyped(persistentVolume),
  untyped(resourceQuota),
  untyped(limitRange),
  untyped(podTemplate),
  untyped(componentStatus),
  untyped(deployment),
  untyped(replicaSet),
  untyped(daemonSet),
  untyped(statefulSet),
  untyped(controllerRevision),
  untyped(job),
  untyped(cronJob),
  untyped(endpointSlice),
  untyped(lease),
  untyped(clusterRole),
  untyped(clusterRoleBinding),
  untyped(role),
  untyped(roleBinding),
  untyped(podDisruptionBudget),
  untyped(priorityClass),
  untyped(horizontalPodAutoscaler),
  untyped(horizontalPodAutoscalerV1),
  untyped(ingress),
  untyped(ingressClass),
  untyped(ipAddress),
  untyped(networkPolicy),
  untyped(serviceCidr),
  untyped(csiDriver),
  untyped(csiNode),
  untyped(csiStorageCapacity),
  untyped(storageClass),
  untyped(volumeAttachment),
  untyped(volumeAttributesClass),
  untyped(certificateSigningRequest),
  untyped(mutatingAdmissionPolicy),
  untyped(mutatingAdmissionPolicyBinding),
  untyped(mutatingWebhookConfiguration),
  untyped(validatingAdmissionPolicy),
  untyped(validatingAdmissionPolicyBinding),
  untyped(validatingWebhookConfiguration),
  untyped(customResourceDefinition),
  untyped(apiService),
  untyped(runtimeClass),
  untyped(flowSchema),
  untyped(priorityLevelConfiguration),
  untyped(deviceClass),
  untyped(resourceClaim),
  untyped(resourceClaimTemplate),
  untyped(resourceSlice),
]

const specialByKey = new Map(special.map(kind => [keyOf(kind.type), kind]))

/** A kind without behaviour of its own has the rules that all share. */
export const kinds: readonly Kind[] = allResources.map(type => specialByKey.get(keyOf(type)) ?? defineKind(type))

const byResource = new Map<string, Kind>()
const byGvk = new Map<string, Kind>()
for (const kind of kinds) {
  byResource.set(`${kind.type.group}/${kind.type.version}/${kind.type.resource}`, kind)
  byGvk.set(`${kind.type.group}/${kind.type.version}/${kind.type.kind}`, kind)
  byResource.set(`${kind.type.group}//${kind.type.resource}`, kind) // the last version is the preferred one
}

/** Without a version, the group's preferred one. */
export function kindOf(group: string, resource: string, version = ''): Kind | undefined {
  return byResource.get(`${group}/${version}/${resource}`)
}

export function kindByGvk(group: string, version: string, kind: string): Kind | undefined {
  return byGvk.get(`${group}/${version}/${kind}`)
}

function keyOf(type: ResourceType<KubernetesObject>): string {
  return `${type.group}/${type.version}/${type.resource}`
}
