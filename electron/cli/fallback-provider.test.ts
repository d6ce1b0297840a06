import { expect, test } from 'vitest'
import type { DoctorFinding } from '../contract/labs.ts'
import { defaultProvider } from './commands/fallback-provider.ts'

const finding = (check: string, state: DoctorFinding['state']): DoctorFinding => ({ check, state, text: `${check} was not found.`, remedy: state === 'ok' ? null : `install ${check}` })

test('FB1 machines where they can be had, or can be made possible', () => {
  expect(defaultProvider([finding('qemu-img', 'ok'), finding('acceleration', 'warning')], false)).toEqual({ provider: 'qemu', notice: null })
  expect(defaultProvider([finding('qemu-img', 'missing')], true).provider).toBe('qemu')
  expect(defaultProvider([finding('node', 'missing')], false).provider).toBe('qemu')
})

test('FB1 simulated nodes where they cannot, with what is missing and how it is mended', () => {
  const { provider, notice } = defaultProvider([finding('qemu-img', 'missing'), finding('acceleration', 'warning')], false)
  expect(provider).toBe('simulated')
  expect(notice).toContain('Virtual machines cannot be had here: qemu-img was not found. This lab gets SIMULATED nodes')
  expect(notice).toContain('For real workers: install qemu-img; then: kubarium delete, and kubarium up.')
})
