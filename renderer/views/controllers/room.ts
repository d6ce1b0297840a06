/** What is each control loop doing, and why? */
import { RefreshCcw } from '@lucide/vue'
import type { Room } from '../../lib/room.ts'
import { controllersTexts } from './texts.ts'

export const controllersRoom: Room = {
  name: 'controllers', group: 'controlPlane', icon: RefreshCcw, component: 'kube-controller-manager',
  view: async () => (await import('./ControllersView.vue')).default,
  texts: controllersTexts,
}
