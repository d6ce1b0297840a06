import { expect, test } from 'vitest'
import { Rejections } from './rejections.ts'

const full = { fits: false, reasons: ['full'], curable: true, plugin: 'Fit' } as const
const tainted = { fits: false, reasons: ['tainted'], curable: false, plugin: 'Taint' } as const

test('rejections are counted in order and found by name, also those added after one was looked up', () => {
  const rejections = new Rejections()
  rejections.add('b', full)
  expect([rejections.get('b'), rejections.has('a')]).toEqual([full, false])
  rejections.add('a', tainted)
  expect([rejections.get('a'), rejections.size]).toEqual([tainted, 2])
  expect([...rejections]).toEqual([['b', full], ['a', tainted]])
  expect([...rejections.keys()]).toEqual(['b', 'a'])
  expect([...rejections.values()]).toEqual([full, tainted])
  const visited: string[] = []
  rejections.forEach((rejection, name) => { visited.push(`${name} ${rejection.plugin}`) })
  expect(visited).toEqual(['b Fit', 'a Taint'])
})
