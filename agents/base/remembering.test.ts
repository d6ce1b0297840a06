import { describe, expect, test } from 'vitest'
import { remembering } from './remembering.ts'

describe('remembering', () => {
  const counting = (options?: { readonly maxLength?: number; readonly maxTexts?: number }) => {
    const asked: string[] = []
    const ask = remembering(text => {
      asked.push(text)
      if (text === 'bad') throw new Error('bad')
      return { text }
    }, options)
    return { asked, ask }
  }

  test('RM1 a text is looked at once; a failure every time', () => {
    const { asked, ask } = counting()
    expect(ask('a')).toBe(ask('a'))
    expect(() => ask('bad')).toThrow('bad')
    expect(() => ask('bad')).toThrow('bad')
    expect(asked).toEqual(['a', 'bad', 'bad'])
  })

  test('RM2 a text that could be a part of a longer one is not kept', () => {
    const { asked, ask } = counting()
    for (const text of ['123456789012', '1234567890123']) expect([ask(text), ask(text)]).toEqual([{ text }, { text }])
    expect(asked).toEqual(['123456789012', '1234567890123', '1234567890123'])
  })

  test('RM3 it starts anew when it is full', () => {
    const { asked, ask } = counting({ maxTexts: 2 })
    for (const text of ['a', 'b', 'a', 'c', 'c', 'a']) ask(text)
    expect(asked).toEqual(['a', 'b', 'c', 'a'])
  })
})
