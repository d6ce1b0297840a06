/** Every controller there is, by its upstream name, with the service account it acts as. */
import type { ControllerTable } from '../../runtime/controllers/controller-entry.ts'
import type { CloudConfig } from './cloud-config.ts'
import { createCloudNodeLifecycleController } from './controllers/cloud-node-lifecycle/cloud-node-lifecycle-controller.ts'
import { createCloudNodeController } from './controllers/cloud-node/cloud-node-controller.ts'
import { createNodeRouteController } from './controllers/node-route/node-route-controller.ts'
import { createServiceLbController } from './controllers/service-lb/service-lb-controller.ts'

export const controllerTable: ControllerTable<CloudConfig> = {
  component: 'cloud-controller-manager',
  entries: [
    { name: 'cloud-node-controller', serviceAccount: 'node-controller', create: createCloudNodeController },
    { name: 'cloud-node-lifecycle-controller', serviceAccount: 'node-controller', create: createCloudNodeLifecycleController },
    { name: 'service-lb-controller', serviceAccount: 'service-controller', eventSource: 'service-controller', create: createServiceLbController },
    { name: 'node-route-controller', serviceAccount: 'route-controller', eventSource: 'route_controller', create: createNodeRouteController },
  ],
  notBuilt: new Set(['node-ipam-controller']),
}
