/** docs/support.md says what the code says; after a change run `node build/support-page.ts`. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { kinds } from '../agents/api/kinds.ts'
import { kindSupport } from '../agents/api/support.ts'
import { renderSupportPage, rowsWithoutReason, supportPage } from './support-page.ts'

test('the page equals the code', async () => {
  expect(readFileSync(supportPage, 'utf8')).toBe(await renderSupportPage())
})

test('SR2 what is not the same has a reason, and only kinds that are served are annotated', async () => {
  expect(await rowsWithoutReason()).toEqual([])
  const served = new Set(kinds.map(({ type }) => `${type.group}/${type.version}/${type.resource}`))
  expect(Object.keys(kindSupport).filter(key => !served.has(key))).toEqual([])
})
