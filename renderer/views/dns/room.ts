/** Who asked the cluster's name servers for what, and what were they told? */
import { BookA } from '@lucide/vue'
import type { Room } from '../../lib/room.ts'
import { dnsTexts } from './texts.ts'

export const dnsRoom: Room = {
  name: 'dns', group: 'worker', icon: BookA,
  view: async () => (await import('./DnsView.vue')).default,
  texts: dnsTexts,
}
