/** Which objects has the cluster, of every kind, and how do they belong together? */
import { Boxes } from '@lucide/vue'
import type { Room } from '../../lib/room.ts'
import { resourcesTexts } from './texts.ts'

export const resourcesRoom: Room = {
  name: 'resources', group: 'cluster', icon: Boxes, parameters: '/:kind?/:namespace?/:object?', struckBy: 'object',
  view: async () => (await import('./ResourcesView.vue')).default,
  texts: resourcesTexts,
}
