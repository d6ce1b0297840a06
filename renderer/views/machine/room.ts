/** What does the machine below this node have, what is it doing, and how do I get in or pull its plug? */
import { Server } from '@lucide/vue'
import type { Room } from '../../lib/room.ts'
import { machineTexts } from './texts.ts'

export const machineRoom: Room = {
  name: 'machine', group: 'worker', icon: Server, struckBy: 'node',
  view: async () => (await import('./MachineView.vue')).default,
  texts: machineTexts,
}
