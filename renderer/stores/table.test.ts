import { describe, expect, test } from 'vitest'
import { changedTable } from './table.ts'

const row = (name: string, state = 'Running', namespace = 'default') => ({ uid: `${namespace}/${name}`, namespace, name, createdAt: '', cells: [name, state] })
const names = (table: ReturnType<typeof changedTable>) => table.rows.map(({ name }) => name)

describe('a followed table', () => {
  const before = changedTable(null, { type: 'replaced', columns: [], rows: [row('b'), row('a'), row('z', 'Running', 'alpha')] })

  test('TB1 rows are in the order of namespace and name', () => {
    expect(names(before)).toEqual(['z', 'a', 'b'])
    expect(names(changedTable(before, { type: 'changed', rows: [row('aa')], removed: [] }))).toEqual(['z', 'a', 'aa', 'b'])
  })

  test('TB1 a changed row stays in its place, a removed one goes', () => {
    const after = changedTable(before, { type: 'changed', rows: [row('a', 'Failed')], removed: ['default/b'] })
    expect(after.rows.map(({ name, cells }) => [name, cells[1]])).toEqual([['z', 'Running'], ['a', 'Failed']])
  })

  test('a row removed and made again within one message is there', () => {
    expect(names(changedTable(before, { type: 'changed', rows: [row('a')], removed: ['default/a'] }))).toEqual(['z', 'a', 'b'])
  })
})
