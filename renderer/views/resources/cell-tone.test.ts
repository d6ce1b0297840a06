import { expect, test } from 'vitest'
import { cellTone } from './cell-tone.ts'

test('a state is shown as it is meant', () => {
  expect(['Running', 'CrashLoopBackOff', 'Pending', 'Ready,SchedulingDisabled'].map(text => cellTone('Status', text))).toEqual(['good', 'bad', 'busy', 'busy'])
  expect([cellTone('Ready', '1/2'), cellTone('Ready', '2/2')]).toEqual(['busy', null])
  expect(cellTone('Name', 'Running')).toBeNull()
})
