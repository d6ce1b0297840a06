/** Who talks to whom, which way does a connection take through rules and tunnels, and what is in its packets? */
import { Waypoints } from '@lucide/vue'
import type { Room } from '../../lib/room.ts'
import { networkTexts } from './texts.ts'

export const networkRoom: Room = {
  name: 'network', group: 'cluster', icon: Waypoints, struckBy: 'link',
  view: async () => (await import('./NetworkView.vue')).default,
  texts: networkTexts,
}
