/** How do I get the lab back as it was, and what if I had done something else? */
import { History } from '@lucide/vue'
import type { Room } from '../../lib/room.ts'
import { checkpointsTexts } from './texts.ts'

export const checkpointsRoom: Room = {
  name: 'checkpoints', group: 'practice', icon: History,
  view: async () => (await import('./CheckpointsView.vue')).default,
  texts: checkpointsTexts,
}
