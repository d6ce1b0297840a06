/** What is this node doing with its pods, and what has it told the runtime? */
import { Cpu } from '@lucide/vue'
import type { Room } from '../../lib/room.ts'
import { kubeletTexts } from './texts.ts'

export const kubeletRoom: Room = {
  name: 'kubelet', group: 'worker', icon: Cpu, component: 'kubelet',
  view: async () => (await import('./KubeletView.vue')).default,
  texts: kubeletTexts,
}
