import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { rooms } from '../app/rooms.ts'
import { chooseLocale } from './catalogue.ts'
import { en as frameEn } from './en.ts'
import { zhHans as frameHans } from './zh-hans.ts'
import { zhHant as frameHant } from './zh-hant.ts'

const withRooms = (frame: object, locale: 'en' | 'zh-Hant' | 'zh-Hans') => ({ ...frame, ...Object.fromEntries(rooms.map(({ name, texts }) => [name, texts[locale]])) })
const [en, zhHant, zhHans] = [withRooms(frameEn, 'en'), withRooms(frameHant, 'zh-Hant'), withRooms(frameHans, 'zh-Hans')]

const texts = (tree: object, path = ''): [string, string][] => Object.entries(tree).flatMap(([key, value]) => (typeof value === 'string' ? [[`${path}${key}`, value] as [string, string]] : texts(value as object, `${path}${key}.`)))
const holes = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map(match => match[1]!).sort()
const root = join(import.meta.dirname, '..')
const sources = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(file => /\.(vue|ts)$/.test(file) && !file.startsWith('locales') && !file.endsWith('texts.ts') && !file.endsWith('.test.ts')).map(file => readFileSync(join(root, file), 'utf8')).join('\n')

describe('catalogue', () => {
  test.each([['zh-Hant', zhHant], ['zh-Hans', zhHans]] as const)('%s has every text of English with the same values', (_, other) => {
    const there = new Map(texts(other))
    for (const [key, text] of texts(en)) {
      expect(there.has(key), key).toBe(true)
      expect([...new Set(holes(there.get(key)!))].filter(hole => !holes(text).includes(hole)), key).toEqual([])
    }
    expect(there.size).toBe(texts(en).length)
  })

  test('every text that is asked for exists', () => {
    const known = new Set(texts(en).map(([key]) => key))
    const asked = [...sources.matchAll(/\bt\(\s*'([\w.-]+)'/g)].map(match => match[1]!)
    expect(asked.filter(key => !known.has(key))).toEqual([])
    expect(asked.length).toBeGreaterThan(30)
  })

  test('no text is unused', () => {
    const computed = ['phase.', 'progress.', 'group.', 'component.', 'node.', 'swap.check-', 'swap.never-', 'swap.type-', ...rooms.flatMap(({ name }) => ['title', 'purpose', 'knows', 'wants', 'did', 'place-', 'change-', 'group-', 'relation-', 'lane-', 'state-', 'event-', 'end-', 'what-', 'write-', 'bound-'].map(key => `${name}.${key}`))]
    expect(texts(en).map(([key]) => key).filter(key => !sources.includes(`'${key}'`) && !computed.some(prefix => key.startsWith(prefix)))).toEqual([])
  })

  test('no room has the name of a text of the frame, or of another room', () => {
    const names = rooms.map(({ name }) => name)
    expect(names.filter(name => name in frameEn)).toEqual([])
    expect(new Set(names).size).toBe(names.length)
  })

  test('the language follows the user', () => {
    expect(chooseLocale(['fr', 'zh-TW'])).toBe('zh-Hant')
    expect(chooseLocale(['zh-CN'])).toBe('zh-Hans')
    expect(chooseLocale(['de'])).toBe('en')
  })
})
