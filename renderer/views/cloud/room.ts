/** Which machines, routes, load balancers and volumes does the cluster get from its cloud, the lab? */
import { Cloud } from '@lucide/vue'
import type { Room } from '../../lib/room.ts'
import { cloudTexts } from './texts.ts'

export const cloudRoom: Room = {
  name: 'cloud', group: 'controlPlane', icon: Cloud, component: 'cloud-controller-manager',
  view: async () => (await import('./CloudView.vue')).default,
  texts: cloudTexts,
}
