/** Why does this pod wait, and why did that one go there? */
import { ListTree } from '@lucide/vue'
import type { Room } from '../../lib/room.ts'
import { schedulerTexts } from './texts.ts'

export const schedulerRoom: Room = {
  name: 'scheduler', group: 'controlPlane', icon: ListTree, component: 'kube-scheduler',
  view: async () => (await import('./SchedulerView.vue')).default,
  texts: schedulerTexts,
}
