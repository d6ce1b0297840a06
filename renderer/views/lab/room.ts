/** Which machines and components has this lab, and are they well? */
import { FlaskConical } from '@lucide/vue'
import type { Room } from '../../lib/room.ts'
import { labTexts } from './texts.ts'

export const labRoom: Room = {
  name: 'lab', group: 'lab', icon: FlaskConical, parameters: '/:form(new)?',
  view: async () => (await import('./LabView.vue')).default,
  texts: labTexts,
}
