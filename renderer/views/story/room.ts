/** What happened to this object, step by step across all components? */
import { GitCommitHorizontal } from '@lucide/vue'
import type { Room } from '../../lib/room.ts'
import { storyTexts } from './texts.ts'

export const storyRoom: Room = {
  name: 'story', group: 'cluster', icon: GitCommitHorizontal, parameters: '/:kind?/:namespace?/:object?',
  view: async () => (await import('./StoryView.vue')).default,
  texts: storyTexts,
}
