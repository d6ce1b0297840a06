/** Which rule sends me to which pod? */
import { Split } from '@lucide/vue'
import type { Room } from '../../lib/room.ts'
import { proxyTexts } from './texts.ts'

export const proxyRoom: Room = {
  name: 'proxy', group: 'worker', icon: Split, component: 'kube-proxy',
  view: async () => (await import('./ProxyView.vue')).default,
  texts: proxyTexts,
}
