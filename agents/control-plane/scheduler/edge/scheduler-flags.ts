/**
 * The command line of kube-scheduler, under upstream's names.
 *
 *   SF1  With --config the file counts; leader election flags given beside it win over the file.
 *   SF2  --kubeconfig is needed unless the file names one; --master is an override of its server and not supported.
 */
import type { FlagValues } from '../../../runtime/index.ts'
import { defineFlags, electionFrom, leaderElectionFlags, unusedSecurePortFlags, UsageError } from '../../../runtime/index.ts'
import type { SchedulerConfiguration } from '../profile/configuration.ts'
import { defaultConfiguration } from '../profile/configuration.ts'
import { readConfigurationFile } from './config-file.ts'

export const schedulerFlags = defineFlags({
  ...unusedSecurePortFlags,
  ...leaderElectionFlags,
  config: { type: 'string', help: 'Configuration file: KubeSchedulerConfiguration of kubescheduler.config.k8s.io/v1.' },
  'write-config-to': { type: 'string', help: 'Write the configuration that would be used to this file and end.' },
  kubeconfig: { type: 'string', help: 'Credentials for the API server.' },
  'bind-address': { type: 'string', default: '127.0.0.1', help: 'Address of the secure port.' },
  'secure-port': { type: 'number', default: 10_259, help: 'Port of health, metrics and inspection.' },
  'tls-cert-file': { type: 'string', required: true, help: 'Serving certificate.' },
  'tls-private-key-file': { type: 'string', required: true, help: 'Its key.' },
  'client-ca-file': { type: 'string', help: 'CA of clients that may read metrics and inspection.' },
  'pod-max-in-unschedulable-pods-duration': { type: 'duration', default: 300_000, help: 'How long a pod may wait for a change before it is tried all the same.' },
  'feature-gates': { type: 'string', default: '', help: 'Features are those that are on by default in 1.36; a gate set otherwise is refused.' },
  'kube-api-qps': { type: 'number', ignored: true, help: 'Requests are limited by clientConnection of the configuration only.' },
  'kube-api-burst': { type: 'number', ignored: true, help: 'Requests are limited by clientConnection of the configuration only.' },
})

export function configurationFrom(flags: FlagValues<typeof schedulerFlags>, knownPlugins: readonly string[]): SchedulerConfiguration {
  const said = flags.config === undefined ? defaultConfiguration(knownPlugins) : readConfigurationFile(flags.config, knownPlugins)
  const { leaderElection: election, clientConnection } = said
  const kubeconfig = clientConnection.kubeconfig !== '' ? clientConnection.kubeconfig : flags.kubeconfig ?? '' // SF2
  if (kubeconfig === '' && flags['write-config-to'] === undefined) throw new UsageError('--kubeconfig is required, unless clientConnection.kubeconfig of --config names one')
  return {
    ...said,
    clientConnection: { ...clientConnection, kubeconfig },
    leaderElection: electionFrom(flags, election), // SF1
  }
}
