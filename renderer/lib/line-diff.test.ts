import { describe, expect, test } from 'vitest'
import { diffLines } from './line-diff.ts'

const shown = (before: string, after: string, context?: number) => diffLines(before, after, context).map(line => (line.type === 'gap' ? `… ${line.lines}` : `${{ same: ' ', removed: '-', added: '+' }[line.type]} ${line.text}`))

describe('lines compared', () => {
  test('LD1 what is gone comes before what took its place', () => {
    expect(shown('a\nb\nc', 'a\nx\nc')).toEqual(['  a', '- b', '+ x', '  c'])
  })

  test('LD2 equal stretches are folded, with some lines around each change', () => {
    expect(shown('1\n2\n3\n4\n5\n6\n7', '1\n2\n3\n4\n5\n6\nx', 1)).toEqual(['… 5', '  6', '- 7', '+ x'])
  })

  test('equal texts are one gap', () => {
    expect(shown('a\nb', 'a\nb')).toEqual(['… 2'])
  })

  test('an insertion in the middle leaves the rest as it was', () => {
    expect(shown('a\nb\na\nb', 'a\nb\nc\na\nb')).toEqual(['  a', '  b', '+ c', '  a', '  b'])
  })
})
