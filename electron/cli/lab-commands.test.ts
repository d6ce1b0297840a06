import { expect, test } from 'vitest'
import { specFrom } from './commands/lab-commands.ts'

const options = { name: 'default', output: 'text' } as const

test('without options a new lab has the defaults, an existing one stays as it is', () => {
  const fresh = specFrom(options, undefined)
  expect(fresh.nodes.map(node => `${node.name} ${node.provider}`)).toEqual(['node-1 qemu', 'node-2 qemu'])
  const grown = { ...fresh, nodes: [...fresh.nodes, { ...fresh.nodes[0]!, name: 'extra' }] }
  expect(specFrom(options, grown)).toEqual(grown)
})

test('--nodes adds with the provider the lab has, or removes the last', () => {
  const lab = specFrom({ ...options, nodes: '1', provider: 'namespace' }, undefined)
  expect(specFrom({ ...options, nodes: '3' }, lab).nodes.map(node => `${node.name} ${node.provider}`)).toEqual(['node-1 namespace', 'node-2 namespace', 'node-3 namespace'])
  expect(specFrom({ ...options, nodes: '0' }, lab).nodes).toEqual([])
})

test('wrong values are wrong usage, by name', () => {
  expect(() => specFrom({ ...options, nodes: 'two' }, undefined)).toThrow('--nodes takes a whole number, not "two"')
  expect(() => specFrom({ ...options, proxyMode: 'ipvs' }, undefined)).toThrow('proxyMode: "ipvs" is not supported by this version of Kubarium; use iptables')
  expect(() => specFrom({ ...options, name: 'No Good' }, undefined)).toThrow(/"No Good" is not a name/)
})
