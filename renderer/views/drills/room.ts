/** Would this lab, and would I, stand that? A hypothesis, faults on a time line, and a verdict with its evidence. */
import { Target } from '@lucide/vue'
import type { Room } from '../../lib/room.ts'
import { drillsTexts } from './texts.ts'

export const drillsRoom: Room = {
  name: 'drills', group: 'practice', icon: Target, parameters: '/:drill?',
  view: async () => (await import('./DrillsView.vue')).default,
  texts: drillsTexts,
}
