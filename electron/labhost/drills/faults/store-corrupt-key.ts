/** A value comes out of the store otherwise than it went in. */
import { textOf } from '../fault.ts'
import { componentHook, text } from './hook-fault.ts'

export const storeCorruptKey = componentHook({
  name: 'store-corrupt-key', group: 'store', components: ['etcd'],
  title: 'A damaged value in the store',
  parameters: [text('key', '/registry/configmaps/default/*')],
  effect: 'The first bytes of these values are others whenever the store reads them; what is on the disk stays whole.',
  evidence: 'The API server names the key in its log and counts a decode error; the object cannot be read until it heals.',
  rule: order => ({ point: 'store.value', effect: 'change', match: { key: textOf(order, 'key') }, parameters: { value: '' } }),
})
