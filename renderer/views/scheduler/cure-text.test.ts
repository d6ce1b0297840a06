import { describe, expect, test } from 'vitest'
import { cureText } from './cure-text.ts'

describe('cures in words', () => {
  test('a missing label is put on by kubectl label, a taint taken off by kubectl taint', () => {
    expect(cureText({ kind: 'node-label', node: 'node-1', key: 'disk', operator: 'In', values: ['ssd', 'nvme'] })).toMatchObject({ key: 'scheduler.cureLabel', values: { key: 'disk', values: 'ssd, nvme' }, command: 'kubectl label node node-1 disk=ssd' })
    expect(cureText({ kind: 'toleration', node: 'node-1', taint: { key: 'gpu', value: 'yes', effect: 'NoSchedule' } })).toMatchObject({ values: { taint: 'gpu=yes:NoSchedule' }, command: 'kubectl taint node node-1 gpu:NoSchedule-' })
  })

  test('a node that is too small has no command that mends it', () => {
    expect(cureText({ kind: 'larger-node', node: 'node-1', resource: 'cpu', amount: '62' })).toMatchObject({ key: 'scheduler.cureLarger', command: null })
  })

  test('what this page does not know is told in the words of the scheduler', () => {
    expect(cureText({ kind: 'new-kind', text: 'something else' })).toMatchObject({ key: 'scheduler.cureOther', values: { text: 'something else' } })
  })
})
