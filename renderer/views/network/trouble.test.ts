import { expect, test } from 'vitest'
import type { FaultState, FaultTarget } from '../../../electron/contract/faults.ts'
import type { LinkState } from '../../../electron/contract/links.ts'
import { markedBy, targetText } from './trouble.ts'

const fault = (target: FaultTarget) => ({ kind: 'some', target }) as FaultState
const link = (from: string, to: string) => ({ link: { from, to } }) as LinkState

test('nodes and links on which something is broken are marked', () => {
  const marked = markedBy([fault({ type: 'node', name: 'node-1' }), fault({ type: 'component', name: 'kubelet@node-2' }), fault({ type: 'component', name: 'etcd' }), fault({ type: 'object', namespace: 'default', name: 'web' }), fault({ type: 'link', from: 'node-3', to: 'node-4', bothWays: true })], [link('*', 'node-5'), link('*', '*')], ['node-6'])
  expect([...marked.nodes].sort()).toEqual(['node-1', 'node-2', 'node-5', 'node-6'])
  expect(marked.links.map(({ from, to }) => `${from} ${to}`)).toEqual(['node-3 node-4'])
})

test('a target in a few words', () => {
  expect(targetText({ type: 'link', from: 'node-1', to: '*', bothWays: false })).toBe('node-1 → *')
  expect(targetText({ type: 'object', namespace: 'default', name: 'web' })).toBe('default/web')
})
