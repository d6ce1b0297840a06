import { Boxes } from '@lucide/vue'
import type { Room } from '../../lib/room.ts'
import { workloadsTexts } from './texts.ts'

export const workloadsRoom: Room = {
  name: 'workloads', group: 'cluster', icon: Boxes,
  view: async () => (await import('./WorkloadsView.vue')).default,
  texts: workloadsTexts,
}
