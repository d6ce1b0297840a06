/** kube-controller-manager: runs the selected controllers while it leads. */
import { readFileSync } from 'node:fs'
import type { ComponentContext } from '../../../runtime/index.ts'
import { runComponent, startControllers } from '../../../runtime/index.ts'
import type { ControllerConfig } from '../controller-config.ts'
import { controllerTable } from '../controller-list.ts'
import { createCertificateAuthority } from './certificate-authority.ts'
import { controllerManagerFlags } from './flags.ts'
import { tokenSigner } from './token-signer.ts'

type Context = ComponentContext<typeof controllerManagerFlags>

await runComponent({
  name: 'kube-controller-manager',
  flags: controllerManagerFlags,
  start: context => startControllers(context, controllerTable, readConfig(context)),
})

function readConfig({ flags }: Context): ControllerConfig {
  const text = (path: string | undefined): string | undefined => (path === undefined ? undefined : readFileSync(path, 'utf8'))
  const signingCert = text(flags['cluster-signing-cert-file'])
  const signingKey = text(flags['cluster-signing-key-file'])
  return {
    clusterCidr: flags['cluster-cidr'],
    allocateNodeCidrs: flags['allocate-node-cidrs'],
    nodeCidrMaskSize: flags['node-cidr-mask-size-ipv4'] ?? flags['node-cidr-mask-size'],
    serviceClusterIpRange: flags['service-cluster-ip-range'],
    nodeMonitorPeriodMs: flags['node-monitor-period'],
    nodeMonitorGracePeriodMs: flags['node-monitor-grace-period'],
    nodeStartupGracePeriodMs: flags['node-startup-grace-period'],
    nodeEvictionRate: flags['node-eviction-rate'],
    secondaryNodeEvictionRate: flags['secondary-node-eviction-rate'],
    unhealthyZoneThreshold: flags['unhealthy-zone-threshold'],
    largeClusterSizeThreshold: flags['large-cluster-size-threshold'],
    terminatedPodGcThreshold: flags['terminated-pod-gc-threshold'],
    rootCa: text(flags['root-ca-file']),
    concurrentGcSyncs: flags['concurrent-gc-syncs'],
    certificateAuthority: signingCert === undefined || signingKey === undefined ? undefined : createCertificateAuthority({ cert: signingCert, key: signingKey, durationMs: flags['cluster-signing-duration'] }),
    signToken: tokenSigner(text(flags['service-account-private-key-file'])),
    resourceQuotaSyncPeriodMs: flags['resource-quota-sync-period'],
    legacyTokenCleanUpPeriodMs: flags['legacy-service-account-token-clean-up-period'],
    hpa: {
      syncPeriodMs: flags['horizontal-pod-autoscaler-sync-period'], tolerance: flags['horizontal-pod-autoscaler-tolerance'],
      downscaleStabilisationMs: flags['horizontal-pod-autoscaler-downscale-stabilization'],
      cpuInitializationPeriodMs: flags['horizontal-pod-autoscaler-cpu-initialization-period'], initialReadinessDelayMs: flags['horizontal-pod-autoscaler-initial-readiness-delay'],
    },
  }
}
