/** What can I break here on purpose, what is broken now, and how does it heal? */
import { Zap } from '@lucide/vue'
import type { Room } from '../../lib/room.ts'
import { faultsTexts } from './texts.ts'

export const faultsRoom: Room = {
  name: 'faults', group: 'practice', icon: Zap, parameters: '/:kind?', struckBy: 'everything',
  view: async () => (await import('./FaultsView.vue')).default,
  texts: faultsTexts,
}
