/** Watches get no bookmarks. */
import { componentHook, anyOf, narrowed } from './hook-fault.ts'

export const apiBookmarkWithheld = componentHook({
  name: 'api-bookmark-withheld', group: 'api-server', components: ['kube-apiserver'],
  title: 'Bookmarks are withheld',
  parameters: [...anyOf('resource', 'user')],
  effect: 'Watches that asked for bookmarks get none.',
  evidence: 'Informers of quiet resources keep an old resourceVersion; after a long quiet time their next watch ends with 410.',
  rule: order => ({ point: 'apiserver.watch', effect: 'drop', match: { part: 'bookmark', ...narrowed(order, ['resource', 'user']).match } }),
})
