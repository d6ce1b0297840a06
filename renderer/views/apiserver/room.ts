/** Who asked the API server for what, what came of it, and may somebody do something? */
import { Waypoints } from '@lucide/vue'
import type { Room } from '../../lib/room.ts'
import { apiserverTexts } from './texts.ts'

export const apiserverRoom: Room = {
  name: 'apiserver', group: 'controlPlane', icon: Waypoints, component: 'kube-apiserver',
  view: async () => (await import('./ApiServerView.vue')).default,
  texts: apiserverTexts,
}
