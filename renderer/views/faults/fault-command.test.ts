import { describe, expect, test } from 'vitest'
import type { FaultKind } from '../../../electron/contract/faults.ts'
import { healCommand, injectCommand } from './fault-command.ts'

const delay: Pick<FaultKind, 'parameters'> = { parameters: [{ name: 'delay', type: 'number', unit: 'ms', least: 1, most: 60_000, default: 100 }, { name: 'only', type: 'text', default: '' }] }

describe('the command of a fault', () => {
  test('says the target, both ways, the duration and what differs from the default', () => {
    const order = { kind: 'link-delay', target: { type: 'link', from: '*', to: 'node-1', bothWays: true }, parameters: { delay: 250, only: '' }, durationMs: 30_000 } as const
    expect(injectCommand(delay, order, 'default')).toBe(`kubarium fault inject link-delay '*:node-1' --set delay=250 --both --for 30s`)
  })

  test('names another lab, and quotes what a shell would take apart', () => {
    const order = { kind: 'pod-delete', target: { type: 'object', namespace: 'default', name: 'web' }, parameters: { delay: 100, only: `it's tcp` }, durationMs: 1_500 } as const
    expect(injectCommand(delay, order, 'two')).toBe(`kubarium fault inject pod-delete default/web --set 'only=it'\\''s tcp' --for 1500ms --name two`)
  })

  test('what lasts until it is healed says no duration', () => {
    expect(injectCommand({ parameters: [] }, { kind: 'component-pause', target: { type: 'component', name: 'kubelet@node-1' }, parameters: {}, durationMs: null }, 'default')).toBe('kubarium fault inject component-pause kubelet@node-1')
  })

  test('heals one or all', () => {
    expect([healCommand('fault-1', 'default'), healCommand(null, 'two')]).toEqual(['kubarium fault heal fault-1', 'kubarium fault heal --name two'])
  })
})
