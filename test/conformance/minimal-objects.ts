/** The least that makes an object of each kind, for comparing defaults. */
export interface MinimalObject {
  /** Where the kind wants a name of a certain form. */
  readonly name?: string
  readonly object: { readonly metadata?: object } & Readonly<Record<string, unknown>>
}

const pod = { containers: [{ name: 'c', image: 'i' }] }
const ended = { ...pod, restartPolicy: 'Never' }
const template = { metadata: { labels: { a: 'b' } }, spec: pod }
const selector = { matchLabels: { a: 'b' } }
const things = { resourceRules: [{ apiGroups: ['example.com'], apiVersions: ['v1'], operations: ['CREATE'], resources: ['things'] }] }
const rule = { apiGroups: ['example.com'], apiVersions: ['v1'], operations: ['CREATE'], resources: ['things'] }
const webhook = { name: 'w.example.com', clientConfig: { url: 'https://127.0.0.1:1/x' }, sideEffects: 'None', admissionReviewVersions: ['v1'], rules: [rule], failurePolicy: 'Ignore' }

/** By "groupVersion kind". */
export function minimalObjects(certificateRequest: string): ReadonlyMap<string, MinimalObject> {
  const spec = (value: unknown): MinimalObject => ({ object: { spec: value } })
  const bare: MinimalObject = { object: {} }
  return new Map<string, MinimalObject>(Object.entries({
    'v1 ConfigMap': { object: { data: { a: 'b' } } },
    'v1 Secret': { object: { stringData: { a: 'b' } } },
    'v1 ServiceAccount': bare,
    'v1 Namespace': { name: 'surveyed', object: {} },
    'v1 Node': bare,
    'v1 Pod': spec(pod),
    'v1 PodTemplate': { object: { template } },
    'v1 ReplicationController': spec({ selector: { a: 'b' }, template }),
    'v1 Service': spec({ ports: [{ port: 80 }], selector: { a: 'b' } }),
    'v1 Endpoints': { object: { subsets: [{ addresses: [{ ip: '10.1.1.1' }], ports: [{ port: 80 }] }] } },
    'v1 PersistentVolume': spec({ capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], hostPath: { path: '/x' } }),
    'v1 PersistentVolumeClaim': spec({ accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } }),
    'v1 Event': { object: { involvedObject: { kind: 'Pod', name: 'p', namespace: 'survey' }, reason: 'R', message: 'm', type: 'Normal', source: { component: 'c' }, firstTimestamp: '2026-01-01T00:00:00Z', lastTimestamp: '2026-01-01T00:00:00Z' } },
    'events.k8s.io/v1 Event': { object: { eventTime: '2026-01-01T00:00:00.000001Z', reportingController: 'e.com/c', reportingInstance: 'i', action: 'A', reason: 'R', type: 'Normal', regarding: { kind: 'Pod', name: 'p', namespace: 'survey' } } },
    'v1 ResourceQuota': spec({ hard: { services: '100' } }),
    'v1 LimitRange': spec({ limits: [{ type: 'PersistentVolumeClaim', max: { storage: '10Gi' } }] }),
    'apps/v1 Deployment': spec({ selector, template }),
    'apps/v1 ReplicaSet': spec({ selector, template }),
    'apps/v1 DaemonSet': spec({ selector, template }),
    'apps/v1 StatefulSet': spec({ selector, template, serviceName: 's' }),
    'apps/v1 ControllerRevision': { object: { revision: 1, data: { a: 1 } } },
    'batch/v1 Job': spec({ template: { spec: ended } }),
    'batch/v1 CronJob': spec({ schedule: '* * * * *', jobTemplate: { spec: { template: { spec: ended } } } }),
    'autoscaling/v1 HorizontalPodAutoscaler': spec({ scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'x' }, maxReplicas: 3 }),
    'autoscaling/v2 HorizontalPodAutoscaler': spec({ scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'x' }, maxReplicas: 3 }),
    'policy/v1 PodDisruptionBudget': spec({ selector }),
    'coordination.k8s.io/v1 Lease': spec({ holderIdentity: 'me' }),
    'discovery.k8s.io/v1 EndpointSlice': { object: { addressType: 'IPv4', endpoints: [{ addresses: ['10.1.1.1'] }], ports: [{ port: 80 }] } },
    'networking.k8s.io/v1 NetworkPolicy': spec({ podSelector: {} }),
    'networking.k8s.io/v1 Ingress': spec({ defaultBackend: { service: { name: 's', port: { number: 80 } } } }),
    'networking.k8s.io/v1 IngressClass': spec({ controller: 'e.com/c' }),
    'networking.k8s.io/v1 ServiceCIDR': spec({ cidrs: ['10.77.0.0/24'] }),
    'networking.k8s.io/v1 IPAddress': { name: '10.77.0.9', object: { spec: { parentRef: { resource: 'services', namespace: 'survey', name: 'x' } } } },
    'rbac.authorization.k8s.io/v1 Role': { object: { rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }] } },
    'rbac.authorization.k8s.io/v1 ClusterRole': { object: { rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }] } },
    'rbac.authorization.k8s.io/v1 RoleBinding': { object: { roleRef: { kind: 'ClusterRole', name: 'view' }, subjects: [{ kind: 'User', name: 'u' }] } },
    'rbac.authorization.k8s.io/v1 ClusterRoleBinding': { object: { roleRef: { kind: 'ClusterRole', name: 'view' }, subjects: [{ kind: 'User', name: 'u' }] } },
    'storage.k8s.io/v1 StorageClass': { object: { provisioner: 'e.com/p' } },
    'storage.k8s.io/v1 CSIDriver': { name: 'csi.example.com', object: { spec: {} } },
    'storage.k8s.io/v1 CSINode': spec({ drivers: [] }),
    'storage.k8s.io/v1 CSIStorageCapacity': { object: { storageClassName: 'x' } },
    'storage.k8s.io/v1 VolumeAttachment': spec({ attacher: 'e.com', nodeName: 'n', source: { persistentVolumeName: 'v' } }),
    'storage.k8s.io/v1 VolumeAttributesClass': { object: { driverName: 'e.com/d', parameters: { a: 'b' } } },
    'scheduling.k8s.io/v1 PriorityClass': { object: { value: 5 } },
    'node.k8s.io/v1 RuntimeClass': { object: { handler: 'h' } },
    'certificates.k8s.io/v1 CertificateSigningRequest': spec({ request: Buffer.from(certificateRequest).toString('base64'), signerName: 'example.com/signer', usages: ['client auth'] }),
    'flowcontrol.apiserver.k8s.io/v1 FlowSchema': spec({ priorityLevelConfiguration: { name: 'global-default' } }),
    'flowcontrol.apiserver.k8s.io/v1 PriorityLevelConfiguration': spec({ type: 'Limited', limited: { limitResponse: { type: 'Reject' } } }),
    'admissionregistration.k8s.io/v1 ValidatingWebhookConfiguration': { object: { webhooks: [webhook] } },
    'admissionregistration.k8s.io/v1 MutatingWebhookConfiguration': { object: { webhooks: [webhook] } },
    'admissionregistration.k8s.io/v1 ValidatingAdmissionPolicy': spec({ matchConstraints: things, validations: [{ expression: 'true' }] }),
    'admissionregistration.k8s.io/v1 ValidatingAdmissionPolicyBinding': spec({ policyName: 'none', validationActions: ['Deny'] }),
    'admissionregistration.k8s.io/v1 MutatingAdmissionPolicy': spec({ reinvocationPolicy: 'Never', matchConstraints: things, mutations: [{ patchType: 'ApplyConfiguration', applyConfiguration: { expression: 'Object{}' } }] }),
    'admissionregistration.k8s.io/v1 MutatingAdmissionPolicyBinding': spec({ policyName: 'none' }),
    'apiextensions.k8s.io/v1 CustomResourceDefinition': { name: 'surveys.example.com', object: { spec: { group: 'example.com', scope: 'Namespaced', names: { plural: 'surveys', kind: 'Survey' }, versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } } }] } } },
    'apiregistration.k8s.io/v1 APIService': { name: 'v1.example.org', object: { spec: { group: 'example.org', version: 'v1', groupPriorityMinimum: 1000, versionPriority: 10 } } },
    'resource.k8s.io/v1 DeviceClass': spec({}),
    'resource.k8s.io/v1 ResourceClaim': spec({ devices: { requests: [{ name: 'r', exactly: { deviceClassName: 'd' } }] } }),
    'resource.k8s.io/v1 ResourceClaimTemplate': spec({ spec: { devices: { requests: [{ name: 'r', exactly: { deviceClassName: 'd' } }] } } }),
    'resource.k8s.io/v1 ResourceSlice': spec({ driver: 'e.com', pool: { name: 'p', resourceSliceCount: 1, generation: 1 }, nodeName: 'n', devices: [{ name: 'd' }] }),
  }))
}
