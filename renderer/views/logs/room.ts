/** What did a component or machine say? */
import { ScrollText } from '@lucide/vue'
import type { Room } from '../../lib/room.ts'
import { logsTexts } from './texts.ts'

export const logsRoom: Room = {
  name: 'logs', group: 'lab', icon: ScrollText,
  parameters: '/:source?',
  view: async () => (await import('./LogsView.vue')).default,
  texts: logsTexts,
}
