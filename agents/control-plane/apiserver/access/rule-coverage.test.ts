import { describe, expect, test } from 'vitest'
import { rule, pathRule } from '../bootstrap/rbac-rules.ts'
import { uncovered } from './rule-coverage.ts'

describe('rule coverage', () => {
  test('RV1 rights are covered one by one, from several rules', () => {
    expect(uncovered([rule('get', '-', 'pods'), rule('list', '-', 'pods')], [rule('get list', '-', 'pods')])).toEqual([])
    expect(uncovered([rule('get', '-', 'pods')], [rule('get list', '-', 'pods')])).toEqual([rule('list', '-', 'pods')])
  })

  test('RV1 stars cover, but are covered only by stars', () => {
    expect(uncovered([rule('*', '*', '*')], [rule('get', 'apps', 'deployments/scale')])).toEqual([])
    expect(uncovered([rule('get', 'apps', 'deployments')], [rule('*', 'apps', 'deployments')])).toHaveLength(1)
    expect(uncovered([rule('update', '*', '*/scale')], [rule('update', 'apps', 'deployments/scale')])).toEqual([])
  })

  test('RV1 a right to some names does not cover a right to all', () => {
    expect(uncovered([rule('get', '-', 'secrets', ['a'])], [rule('get', '-', 'secrets')])).toHaveLength(1)
    expect(uncovered([rule('get', '-', 'secrets')], [rule('get', '-', 'secrets', ['a'])])).toEqual([])
  })

  test('RV1 paths are covered by prefixes', () => {
    expect(uncovered([pathRule('get', '/healthz/*')], [pathRule('get', '/healthz/ping')])).toEqual([])
    expect(uncovered([pathRule('get', '/healthz')], [pathRule('get', '/metrics')])).toHaveLength(1)
  })
})
