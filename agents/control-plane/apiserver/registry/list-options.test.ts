import { describe, expect, test } from 'vitest'
import { ApiError } from '../http/api-error.ts'
import { readContinueToken, readListOptions, renderContinueToken } from './list-options.ts'

const codeOf = (query: string, watch = false) => {
  try {
    readListOptions(new URLSearchParams(query), watch)
    return 200
  } catch (error) {
    return error instanceof ApiError ? error.code : 0
  }
}

describe('list options', () => {
  test.each([
    ['resourceVersionMatch=Exact', 422],
    ['resourceVersionMatch=Exact&resourceVersion=0', 422],
    ['resourceVersionMatch=Exact&resourceVersion=5', 200],
    ['resourceVersionMatch=Newest&resourceVersion=5', 422],
    ['resourceVersionMatch=NotOlderThan&resourceVersion=5&continue=x', 422],
    ['resourceVersion=abc', 400],
    ['limit=x', 400],
  ])('LO1 %s is %i', (query, code) => {
    expect(codeOf(query)).toBe(code)
  })

  test.each([
    ['sendInitialEvents=true', true, 422],
    ['sendInitialEvents=true&resourceVersionMatch=NotOlderThan', true, 200],
    ['sendInitialEvents=true&resourceVersionMatch=NotOlderThan', false, 422],
    ['resourceVersionMatch=NotOlderThan&resourceVersion=1', true, 422],
  ])('LO2 %s watch=%s is %i', (query, watch, code) => {
    expect(codeOf(query, watch)).toBe(code)
  })

  test('LO3 a page token comes back as it went out', () => {
    const token = { revision: 7, start: 'default/a\u0000' }
    expect(readContinueToken(renderContinueToken(token))).toEqual(token)
    expect(JSON.parse(Buffer.from(renderContinueToken(token), 'base64url').toString())).toEqual({ v: 'meta.k8s.io/v1', rv: 7, start: 'default/a\u0000' })
  })

  test.each(['x', Buffer.from('{}').toString('base64url'), Buffer.from('{"v":"meta.k8s.io/v1","rv":1,"start":"/../x"}').toString('base64url')])('LO3 the token %s is refused', token => {
    expect(codeOf(`continue=${token}`)).toBe(400)
  })
})
