import { defineFlags } from '../../../runtime/index.ts'

/** Upstream's names and defaults. */
export const metricsServerFlags = defineFlags({
  'kubeconfig': { type: 'string', required: true, help: 'Kubeconfig to reach the API server with.' },
  'bind-address': { type: 'string', default: '0.0.0.0', help: 'Address of the secure port.' },
  'secure-port': { type: 'number', default: 10_250, help: 'Port of the metrics API, health and inspection.' },
  'tls-cert-file': { type: 'string', required: true, help: 'Serving certificate, of the name metrics-server.kube-system.svc.' },
  'tls-private-key-file': { type: 'string', required: true, help: 'Its key.' },
  'client-ca-file': { type: 'string', help: 'CA of clients that may read metrics of this process and its inspection.' },
  'requestheader-client-ca-file': { type: 'string', required: true, help: 'CA of the front proxies (API servers) whose requests are answered.' },
  'requestheader-allowed-names': { type: 'strings', default: [], help: 'Common names of such front proxies; none means any.' },
  'metric-resolution': { type: 'duration', default: 15_000, help: 'How often kubelets are asked.' },
  'kubelet-request-timeout': { type: 'duration', default: 10_000, help: 'How long one may take to answer.' },
  'kubelet-concurrent-requests': { type: 'number', default: 20, help: 'How many are asked at once.' },
  'authentication-kubeconfig': { type: 'string', ignored: true, help: 'Requests come through API servers only, which have authenticated them.' },
  'authorization-kubeconfig': { type: 'string', ignored: true, help: 'Requests come through API servers only, which have authorized them.' },
  'kubelet-preferred-address-types': { type: 'strings', ignored: true, help: 'Kubelets are asked through the API server.' },
  'kubelet-use-node-status-port': { type: 'boolean', ignored: true, help: 'Kubelets are asked through the API server.' },
  'kubelet-insecure-tls': { type: 'boolean', ignored: true, help: 'Kubelets are asked through the API server, which checks their certificates.' },
})
