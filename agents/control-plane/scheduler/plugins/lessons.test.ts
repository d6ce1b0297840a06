/** Every numbered rule in the header of a plugin has a test or a scenario that carries its number. */
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const room = join(import.meta.dirname, '..')
const files = readdirSync(room, { recursive: true, encoding: 'utf8' })
const read = (name: string) => readFileSync(join(room, name), 'utf8')
const taught = new Set([
  ...files.filter(name => name.endsWith('.test.ts')).flatMap(name => [...read(name).matchAll(/(?:test|describe)(?:\.each\([^]*?\))?\(['"`]([^\n]*)/g)].flatMap(([, title]) => title!.match(/\b[A-Z]{2}\d+\b/g) ?? [])),
  ...files.filter(name => name.endsWith('.yaml')).flatMap(name => [...read(name).matchAll(/^ {4}rule: (.*)/gm)].flatMap(([, rules]) => rules!.split(' '))),
])

const plugins = files.filter(name => name.startsWith('plugins/') && name.endsWith('.ts') && !name.endsWith('.test.ts')).sort()

test.each(plugins)('%s', name => {
  const header = /^\/\*\*[^]*?\*\//.exec(read(name))?.[0] ?? ''
  const rules = [...header.matchAll(/^ \* {3}([A-Z]{2}\d+) {2}/gm)].map(([, rule]) => rule!)
  expect(rules.filter(rule => !taught.has(rule))).toEqual([])
})
