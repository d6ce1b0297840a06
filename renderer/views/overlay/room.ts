/** How does a packet get to a pod on another node? */
import { Network } from '@lucide/vue'
import type { Room } from '../../lib/room.ts'
import { overlayTexts } from './texts.ts'

export const overlayRoom: Room = {
  name: 'overlay', group: 'worker', icon: Network, component: 'overlay',
  view: async () => (await import('./OverlayView.vue')).default,
  texts: overlayTexts,
}
