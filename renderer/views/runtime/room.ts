/** Which containers, images and processes has this node? */
import { Container } from '@lucide/vue'
import type { Room } from '../../lib/room.ts'
import { runtimeTexts } from './texts.ts'

export const runtimeRoom: Room = {
  name: 'runtime', group: 'worker', icon: Container, component: 'containerd',
  view: async () => (await import('./RuntimeView.vue')).default,
  texts: runtimeTexts,
}
