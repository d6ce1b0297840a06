/** Every controller there is, by its upstream name (csi-… are upstream's sidecars of a CSI driver), with the service account it acts as. */
import type { ControllerTable } from '../../runtime/controllers/controller-entry.ts'
import { diskDriver } from '../../wire/cloud/disk-driver.ts'
import type { CloudConfig } from './cloud-config.ts'
import { createCloudNodeLifecycleController } from './controllers/cloud-node-lifecycle/cloud-node-lifecycle-controller.ts'
import { createCloudNodeController } from './controllers/cloud-node/cloud-node-controller.ts'
import { createNodeRouteController } from './controllers/node-route/node-route-controller.ts'
import { createServiceLbController } from './controllers/service-lb/service-lb-controller.ts'
import { createVolumeAttacherControllers } from './controllers/volume-attacher/volume-attacher-controller.ts'
import { createVolumeProvisionerControllers } from './controllers/volume-provisioner/volume-provisioner-controller.ts'
import { createVolumeResizerController } from './controllers/volume-resizer/volume-resizer-controller.ts'

export const controllerTable: ControllerTable<CloudConfig> = {
  component: 'cloud-controller-manager',
  entries: [
    { name: 'cloud-node-controller', alias: 'cloud-node', serviceAccount: 'node-controller', create: createCloudNodeController },
    { name: 'cloud-node-lifecycle-controller', alias: 'cloud-node-lifecycle', serviceAccount: 'node-controller', create: createCloudNodeLifecycleController },
    { name: 'service-lb-controller', alias: 'service', serviceAccount: 'service-controller', eventSource: 'service-controller', create: createServiceLbController },
    { name: 'node-route-controller', alias: 'route', serviceAccount: 'route-controller', eventSource: 'route_controller', create: createNodeRouteController },
    { name: 'csi-provisioner', serviceAccount: 'csi-provisioner', eventSource: `${diskDriver}_cloud-controller-manager`, create: createVolumeProvisionerControllers },
    { name: 'csi-attacher', serviceAccount: 'csi-attacher', create: createVolumeAttacherControllers },
    { name: 'csi-resizer', serviceAccount: 'csi-resizer', eventSource: `external-resizer ${diskDriver}`, create: createVolumeResizerController },
  ],
  notBuilt: new Set(['node-ipam-controller']),
}
