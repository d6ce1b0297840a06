/** `npm test` runs the quick tests first, on every machine. */
import { expect, test } from 'vitest'
import config from '../../vitest.config.ts'

interface Project {
  readonly test: { readonly name: string; readonly sequence: { readonly groupOrder: number } }
}

test('unit, then integration, then end-to-end tests; none in vitest\'s default group, which can come last', () => {
  const { projects } = (config as { test: { projects: readonly Project[] } }).test
  const inOrder = [...projects].sort((a, b) => a.test.sequence.groupOrder - b.test.sequence.groupOrder)
  expect(inOrder.map(project => project.test.name)).toEqual(['unit', 'integration', 'e2e'])
  const orders = inOrder.map(project => project.test.sequence.groupOrder)
  expect(new Set(orders).size).toBe(orders.length)
  expect(orders).not.toContain(0)
})
