/** What is stored under which key, and at which revision did it change? */
import { Database } from '@lucide/vue'
import type { Room } from '../../lib/room.ts'
import { etcdTexts } from './texts.ts'

export const etcdRoom: Room = {
  name: 'etcd', group: 'controlPlane', icon: Database, component: 'etcd', parameters: '/:path(.*)?',
  view: async () => (await import('./EtcdView.vue')).default,
  texts: etcdTexts,
}
