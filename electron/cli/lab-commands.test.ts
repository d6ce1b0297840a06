import { expect, test } from 'vitest'
import { cautiousCpus, usualCpusOf } from '../labhost/lab/usual-cpus.ts'
import { specFrom } from './commands/lab-commands.ts'

const options = { name: 'default', output: 'text' } as const

test('without options a new lab has the defaults, an existing one stays as it is', () => {
  const fresh = specFrom(options, undefined, cautiousCpus)
  expect(fresh.nodes.map(node => `${node.name} ${node.provider}`)).toEqual(['node-1 qemu', 'node-2 qemu'])
  const grown = { ...fresh, nodes: [...fresh.nodes, { ...fresh.nodes[0]!, name: 'extra' }] }
  expect(specFrom(options, grown, cautiousCpus)).toEqual(grown)
})

test('--nodes adds with the provider the lab has, or removes the last', () => {
  const lab = specFrom({ ...options, nodes: '1', provider: 'namespace' }, undefined, cautiousCpus)
  expect(specFrom({ ...options, nodes: '3' }, lab, cautiousCpus).nodes.map(node => `${node.name} ${node.provider}`)).toEqual(['node-1 namespace', 'node-2 namespace', 'node-3 namespace'])
  expect(specFrom({ ...options, nodes: '0' }, lab, cautiousCpus).nodes).toEqual([])
})

test('new workers have the processors that are usual here, those that are there keep theirs', () => {
  const lab = specFrom({ ...options, nodes: '1' }, undefined, cautiousCpus)
  expect(specFrom({ ...options, nodes: '2' }, lab, usualCpusOf('kvm', 8)).nodes.map(node => node.cpus)).toEqual([1, 4])
})

test('wrong values are wrong usage, by name', () => {
  expect(() => specFrom({ ...options, nodes: 'two' }, undefined, cautiousCpus)).toThrow('--nodes takes a whole number, not "two"')
  expect(() => specFrom({ ...options, proxyMode: 'ipvs' }, undefined, cautiousCpus)).toThrow('proxyMode: "ipvs" is not supported by this version of Kubarium; use iptables')
  expect(() => specFrom({ ...options, name: 'No Good' }, undefined, cautiousCpus)).toThrow(/"No Good" is not a name/)
})
