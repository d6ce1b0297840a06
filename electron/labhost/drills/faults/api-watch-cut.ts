/** Watches break off. */
import { componentHook, anyOf, narrowed } from './hook-fault.ts'

export const apiWatchCut = componentHook({
  name: 'api-watch-cut', group: 'api-server', components: ['kube-apiserver'],
  title: 'Watches are cut',
  parameters: [...anyOf('resource', 'user')],
  effect: 'Watches end without a word: those that are open now, and each new one with its first event.',
  evidence: 'kubectl get -w ends; informers watch again from where they were and miss nothing.',
  rule: order => ({ point: 'apiserver.watch', effect: 'error', match: { part: 'event', ...narrowed(order, ['resource', 'user']).match }, parameters: { code: 0, message: '' } }),
})
