/**
 * The command line of kube-scheduler, under upstream's names.
 *
 *   SF1  With --config the file counts; leader election flags given beside it win over the file.
 *   SF2  --kubeconfig is needed unless the file names one; --master is an override of its server and not supported.
 */
import type { FlagValues } from '../../../runtime/index.ts'
import { defineFlags, UsageError } from '../../../runtime/index.ts'
import type { SchedulerConfiguration } from '../profile/configuration.ts'
import { defaultConfiguration } from '../profile/configuration.ts'
import { readConfigurationFile } from './config-file.ts'

const byCertificate = 'Requests to the secure port are known by client certificates only.'

export const schedulerFlags = defineFlags({
  config: { type: 'string', help: 'Configuration file: KubeSchedulerConfiguration of kubescheduler.config.k8s.io/v1.' },
  'write-config-to': { type: 'string', help: 'Write the configuration that would be used to this file and end.' },
  kubeconfig: { type: 'string', help: 'Credentials for the API server.' },
  'authentication-kubeconfig': { type: 'string', ignored: true, help: byCertificate },
  'authentication-skip-lookup': { type: 'boolean', ignored: true, help: byCertificate },
  'authentication-token-webhook-cache-ttl': { type: 'duration', ignored: true, help: byCertificate },
  'authentication-tolerate-lookup-failure': { type: 'boolean', ignored: true, help: byCertificate },
  'authorization-kubeconfig': { type: 'string', ignored: true, help: byCertificate },
  'authorization-always-allow-paths': { type: 'strings', ignored: true, help: 'Health is open to all, everything else needs a certificate.' },
  'authorization-webhook-cache-authorized-ttl': { type: 'duration', ignored: true, help: byCertificate },
  'authorization-webhook-cache-unauthorized-ttl': { type: 'duration', ignored: true, help: byCertificate },
  'requestheader-client-ca-file': { type: 'string', ignored: true, help: 'Front proxies are not served.' },
  'requestheader-allowed-names': { type: 'strings', ignored: true, help: 'Front proxies are not served.' },
  'requestheader-username-headers': { type: 'strings', ignored: true, help: 'Front proxies are not served.' },
  'requestheader-group-headers': { type: 'strings', ignored: true, help: 'Front proxies are not served.' },
  'requestheader-extra-headers-prefix': { type: 'strings', ignored: true, help: 'Front proxies are not served.' },
  'bind-address': { type: 'string', default: '127.0.0.1', help: 'Address of the secure port.' },
  'secure-port': { type: 'number', default: 10_259, help: 'Port of health, metrics and inspection.' },
  'tls-cert-file': { type: 'string', required: true, help: 'Serving certificate.' },
  'tls-private-key-file': { type: 'string', required: true, help: 'Its key.' },
  'client-ca-file': { type: 'string', help: 'CA of clients that may read metrics and inspection.' },
  'leader-elect': { type: 'boolean', help: 'Schedule only while holding the Lease; true unless the configuration says otherwise.' },
  'leader-elect-lease-duration': { type: 'duration', help: 'How long a leader that went silent is waited for (15s).' },
  'leader-elect-renew-deadline': { type: 'duration', help: 'How long the leader tries to renew before it gives up (10s).' },
  'leader-elect-retry-period': { type: 'duration', help: 'Time between tries (2s).' },
  'leader-elect-resource-lock': { type: 'string', default: 'leases', help: 'Only "leases".' },
  'leader-elect-resource-name': { type: 'string', help: 'Name of the Lease (kube-scheduler).' },
  'leader-elect-resource-namespace': { type: 'string', help: 'Namespace of the Lease (kube-system).' },
  'pod-max-in-unschedulable-pods-duration': { type: 'duration', default: 300_000, help: 'How long a pod may wait for a change before it is tried all the same.' },
  'feature-gates': { type: 'strings', ignored: true, help: 'Features are those that are on by default in 1.36.' },
  'kube-api-qps': { type: 'number', ignored: true, help: 'Requests are limited by clientConnection of the configuration only.' },
  'kube-api-burst': { type: 'number', ignored: true, help: 'Requests are limited by clientConnection of the configuration only.' },
  'kube-api-content-type': { type: 'string', ignored: true, help: 'JSON.' },
  profiling: { type: 'boolean', ignored: true, help: 'Profiles are not served.' },
  'contention-profiling': { type: 'boolean', ignored: true, help: 'Profiles are not served.' },
  'http2-max-streams-per-connection': { type: 'number', ignored: true, help: 'The port speaks HTTP/1.1.' },
  'permit-address-sharing': { type: 'boolean', ignored: true, help: 'The address is not shared.' },
  'permit-port-sharing': { type: 'boolean', ignored: true, help: 'The port is not shared.' },
  'show-hidden-metrics-for-version': { type: 'string', ignored: true, help: 'No metric is hidden.' },
})

export function configurationFrom(flags: FlagValues<typeof schedulerFlags>, knownPlugins: readonly string[]): SchedulerConfiguration {
  if (flags['leader-elect-resource-lock'] !== 'leases') throw new UsageError(`--leader-elect-resource-lock: "${flags['leader-elect-resource-lock']}" is not supported, only "leases"`)
  const said = flags.config === undefined ? defaultConfiguration(knownPlugins) : readConfigurationFile(flags.config, knownPlugins)
  const { leaderElection: election, clientConnection } = said
  const kubeconfig = clientConnection.kubeconfig !== '' ? clientConnection.kubeconfig : flags.kubeconfig ?? '' // SF2
  if (kubeconfig === '' && flags['write-config-to'] === undefined) throw new UsageError('--kubeconfig is required, unless clientConnection.kubeconfig of --config names one')
  return {
    ...said,
    clientConnection: { ...clientConnection, kubeconfig },
    leaderElection: { // SF1
      leaderElect: flags['leader-elect'] ?? election.leaderElect,
      leaseDurationMs: flags['leader-elect-lease-duration'] ?? election.leaseDurationMs,
      renewDeadlineMs: flags['leader-elect-renew-deadline'] ?? election.renewDeadlineMs,
      retryPeriodMs: flags['leader-elect-retry-period'] ?? election.retryPeriodMs,
      resourceName: flags['leader-elect-resource-name'] ?? election.resourceName,
      resourceNamespace: flags['leader-elect-resource-namespace'] ?? election.resourceNamespace,
    },
  }
}
