/** Flags of upstream's secure port that a component accepts and has no use for: whoever comes is known by certificate alone. */
import { defineFlags } from './flags.ts'

const byCertificate = 'Requests to the secure port are known by client certificates only.'
const noFrontProxy = 'Front proxies are not served.'

export const unusedSecurePortFlags = defineFlags({
  'authentication-kubeconfig': { type: 'string', ignored: true, help: byCertificate },
  'authentication-skip-lookup': { type: 'boolean', ignored: true, help: byCertificate },
  'authentication-token-webhook-cache-ttl': { type: 'duration', ignored: true, help: byCertificate },
  'authentication-tolerate-lookup-failure': { type: 'boolean', ignored: true, help: byCertificate },
  'authorization-kubeconfig': { type: 'string', ignored: true, help: byCertificate },
  'authorization-always-allow-paths': { type: 'strings', ignored: true, help: 'Health is open to all, everything else needs a certificate.' },
  'authorization-webhook-cache-authorized-ttl': { type: 'duration', ignored: true, help: byCertificate },
  'authorization-webhook-cache-unauthorized-ttl': { type: 'duration', ignored: true, help: byCertificate },
  'requestheader-client-ca-file': { type: 'string', ignored: true, help: noFrontProxy },
  'requestheader-allowed-names': { type: 'strings', ignored: true, help: noFrontProxy },
  'requestheader-username-headers': { type: 'strings', ignored: true, help: noFrontProxy },
  'requestheader-group-headers': { type: 'strings', ignored: true, help: noFrontProxy },
  'requestheader-extra-headers-prefix': { type: 'strings', ignored: true, help: noFrontProxy },
  'profiling': { type: 'boolean', ignored: true, help: 'Profiles are not served.' },
  'contention-profiling': { type: 'boolean', ignored: true, help: 'Profiles are not served.' },
  'http2-max-streams-per-connection': { type: 'number', ignored: true, help: 'The port speaks HTTP/1.1.' },
  'permit-address-sharing': { type: 'boolean', ignored: true, help: 'The address is not shared.' },
  'permit-port-sharing': { type: 'boolean', ignored: true, help: 'The port is not shared.' },
  'show-hidden-metrics-for-version': { type: 'string', ignored: true, help: 'No metric is hidden.' },
  'kube-api-content-type': { type: 'string', ignored: true, help: 'JSON.' },
})
