/** cloud-controller-manager: the lab as a cloud. */
import { readFileSync } from 'node:fs'
import type { ComponentContext } from '../../../runtime/index.ts'
import { runComponent, startControllers, UsageError } from '../../../runtime/index.ts'
import { cloudProviderName } from '../../../wire/cloud/cloud-api.ts'
import type { CloudConfig } from '../cloud-config.ts'
import { controllerTable } from '../controller-list.ts'
import { faultyCloud } from '../provider/faulty-cloud.ts'
import { createLabCloud } from '../provider/lab-cloud.ts'
import { cloudControllerManagerFlags } from './flags.ts'

await runComponent({
  name: 'cloud-controller-manager',
  flags: cloudControllerManagerFlags,
  start: async context => {
    const config = readConfig(context)
    context.inspect('instances', () => config.cloud.instances())
    context.inspect('routes', () => config.cloud.routes())
    context.inspect('load-balancers', () => config.cloud.loadBalancers())
    context.inspect('volumes', () => config.cloud.volumes())
    await startControllers(context, controllerTable, config)
  },
})

function readConfig({ flags, faults }: ComponentContext<typeof cloudControllerManagerFlags>): CloudConfig {
  if (flags['cloud-provider'] !== cloudProviderName) throw new UsageError(`--cloud-provider: ${JSON.stringify(flags['cloud-provider'])} is not supported; only "${cloudProviderName}" is`)
  const cloud = createLabCloud(socketOf(flags['cloud-config']))
  return {
    cloud: faults === undefined ? cloud : faultyCloud(cloud),
    clusterCidr: flags['cluster-cidr'],
    configureCloudRoutes: flags['configure-cloud-routes'] && flags['allocate-node-cidrs'],
    nodeMonitorPeriodMs: flags['node-monitor-period'],
    nodeStatusUpdateFrequencyMs: flags['node-status-update-frequency'],
    routeReconciliationPeriodMs: flags['route-reconciliation-period'],
    concurrentServiceSyncs: flags['concurrent-service-syncs'],
  }
}

function socketOf(file: string): string {
  try {
    const { socket } = JSON.parse(readFileSync(file, 'utf8')) as { socket?: unknown }
    if (typeof socket === 'string' && socket !== '') return socket
    throw new Error('it has no "socket"')
  } catch (error) {
    throw new UsageError(`--cloud-config: ${file} cannot be used: ${(error as Error).message}`)
  }
}
