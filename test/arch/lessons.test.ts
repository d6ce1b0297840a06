/**
 * Scheduler plugins, controllers and what these share are lessons: each opens with numbered rules, and every rule has a test, a scenario or a
 * golden of its component that carries its number.
 */
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const controlPlane = join(import.meta.dirname, '../../agents/control-plane')
const rule = /\b[A-Z]{2}\d+\b/g

describe.each([['scheduler', ['plugins']], ['controller-manager', ['controllers', 'pods', 'nodes', 'services', 'revisions', 'resources']], ['cloud-controller-manager', ['controllers']]])('%s', (component, rooms) => {
  const files = readdirSync(join(controlPlane, component), { recursive: true, encoding: 'utf8' }).sort()
  const read = (name: string) => readFileSync(join(controlPlane, component, name), 'utf8')
  const find = (ending: string, lesson: RegExp) => files.filter(name => name.endsWith(ending)).flatMap(name => [...read(name).matchAll(lesson)].flatMap(([, title]) => title!.match(rule) ?? []))
  const taught = new Set([
    ...find('.test.ts', /\b(?:test|describe|it)(?:\.each(?:<.*>)?\([^]*?\))?\(['"`](.*)/g),
    ...find('.test.ts', /^ +\[['"`]([A-Z]{2}\d+\b.*?)['"`],/gm), // rows of a table whose first column is the name
    ...find('.yaml', /^ {4}rule: (.*)/gm),
    ...find('.golden.txt', /^# (.*)/gm),
  ])
  const lessons = files.filter(name => rooms.includes(name.split('/')[0]!) && name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .map(name => [name, [.../^\/\*\*[^]*?\*\//.exec(read(name))?.[0].matchAll(/^ \* {3}([A-Z]{2}\d+) {2}/gm) ?? []].map(([, id]) => id!)] as const)

  it.each(lessons)('%s', (_name, rules) => {
    expect(rules.filter(id => !taught.has(id))).toEqual([])
  })

  it('gives a number once', () => {
    const all = lessons.flatMap(([, rules]) => rules)
    expect(all.filter((id, index) => all.indexOf(id) < index)).toEqual([])
  })

  it('has rules in every folder', () => {
    const folders = Map.groupBy(lessons.filter(([name]) => name.startsWith(`${rooms[0]}/`)), ([name]) => name.split('/')[1]!)
    expect([...folders].filter(([, members]) => members.every(([, rules]) => rules.length === 0)).map(([folder]) => folder)).toEqual([])
  })
})
