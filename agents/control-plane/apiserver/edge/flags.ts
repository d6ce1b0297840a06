/** The command line of kube-apiserver: upstream's names. */
import { defineFlags } from '../../../runtime/index.ts'
import { auditFlags } from './audit-flags.ts'
import { accessFlags } from './access-flags.ts'
import { servingFlags } from './serving-flags.ts'

export const apiServerFlags = defineFlags({
  ...auditFlags,
  ...accessFlags,
  ...servingFlags,
  'etcd-servers': { type: 'strings', required: true, help: 'URLs of the store.' },
  'etcd-cafile': { type: 'string', help: 'CA of the store.' },
  'etcd-certfile': { type: 'string', help: 'Client certificate for the store.' },
  'etcd-keyfile': { type: 'string', help: 'Key of the client certificate for the store.' },
  'etcd-prefix': { type: 'string', default: '/registry', help: 'Only /registry is supported.' },
  'encryption-provider-config': { type: 'string', default: '', help: 'EncryptionConfiguration: which resources are encrypted in the store, with which keys.' },
  'encryption-provider-config-automatic-reload': { type: 'boolean', default: false, help: 'Read that file again when it changes.' },
  'advertise-address': { type: 'string', default: '', help: 'Address under which cluster members reach this server.' },
  'proxy-client-cert-file': { type: 'string', default: '', help: 'Certificate shown to extension servers.' },
  'proxy-client-key-file': { type: 'string', default: '', help: 'Key of the certificate shown to extension servers.' },
  'enable-admission-plugins': { type: 'strings', default: [], help: 'Admission plugins beyond the default ones.' },
  'admission-control-config-file': { type: 'string', default: '', help: 'What admission plugins are configured with.' },
  'disable-admission-plugins': { type: 'strings', default: [], help: 'Default admission plugins to leave out.' },
  'service-cluster-ip-range': { type: 'string', default: '10.96.0.0/16', help: 'CIDR of cluster IPs.' },
  'service-node-port-range': { type: 'string', default: '30000-32767', help: 'Range of node ports.' },
  'kubelet-client-certificate': { type: 'string', default: '', help: 'Client certificate for kubelets.' },
  'kubelet-client-key': { type: 'string', default: '', help: 'Key of the client certificate for kubelets.' },
  'kubelet-certificate-authority': { type: 'string', default: '', help: 'CA of kubelet serving certificates.' },
  'kubelet-preferred-address-types': { type: 'strings', ignored: true, help: 'InternalIP comes first always.' },
  'egress-selector-config-file': { type: 'string', default: '', help: 'How nodes and pods are reached.' },
  'request-timeout': { type: 'duration', default: 60_000, help: 'Longest time of a request that is not a watch or stream.' },
  'min-request-timeout': { type: 'number', ignored: true, help: 'Watches without a timeout last 30 to 60 minutes.' },
  'max-requests-inflight': { type: 'number', default: 400, help: 'Reads served at once.' },
  'max-mutating-requests-inflight': { type: 'number', default: 200, help: 'Changes made at once.' },
  'enable-priority-and-fairness': { type: 'boolean', default: true, help: 'Queue and dispatch requests fairly, within both limits together; else only the limits hold.' },
  'event-ttl': { type: 'duration', default: 3_600_000, help: 'How long Events are kept.' },
  'allow-privileged': { type: 'boolean', default: true, help: 'Accepted; privileged containers are always allowed.' },
  'storage-backend': { type: 'string', ignored: true, help: 'Always etcd3.' },
  'feature-gates': { type: 'string', ignored: true, help: 'Features are as listed in the support table.' },
  'runtime-config': { type: 'string', ignored: true, help: 'Stable versions are served.' },
  'enable-aggregator-routing': { type: 'boolean', default: false, help: 'Accepted.' },
  profiling: { type: 'boolean', default: true, help: 'Accepted.' },
  'openapi-descriptions-file': { type: 'string', default: '', help: 'Descriptions of API fields, JSON (kubarium).' },
})
