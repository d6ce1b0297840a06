import { expect, test } from 'vitest'
import { layerTree } from './layer-tree.ts'

test('LT1 what a tunnel carries is inside it', () => {
  const tree = layerTree(['ethernet', 'ip', 'udp', 'vxlan', 'ethernet', 'ip', 'tcp'].map(name => ({ name, text: '' })))
  expect(tree.layers.map(({ name }) => name)).toEqual(['ethernet', 'ip', 'udp', 'vxlan'])
  expect(tree.layers.at(-1)!.inside!.layers.map(({ name }) => name)).toEqual(['ethernet', 'ip', 'tcp'])
  expect(layerTree([{ name: 'arp', text: 'who has' }])).toEqual({ layers: [{ name: 'arp', text: 'who has', inside: null }] })
})
