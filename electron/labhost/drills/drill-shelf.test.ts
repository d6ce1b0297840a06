import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { DrillShelf } from './drill-shelf.ts'

const folder = join(import.meta.dirname, 'scenarios')
const { drills } = new DrillShelf(folder)

test('every file is a drill of its own name', () => {
  expect(drills.map(({ name }) => `${name}.yaml`)).toEqual(readdirSync(folder).toSorted())
})

test('every drill speaks three languages, has a repair and the commands for it, and is sure to show what it breaks', () => {
  for (const { name, title, hypothesis, explanation, repair, musts, faults } of drills) {
    for (const text of [title, hypothesis, explanation]) {
      expect(text.en, name).not.toMatch(/[\u4e00-\u9fff]/)
      for (const chinese of [text['zh-Hant'], text['zh-Hans']]) expect(chinese, name).toMatch(/[\u4e00-\u9fff]/)
    }
    expect(faults.length, name).toBeGreaterThan(0)
    expect(repair.steps.length, name).toBeGreaterThan(0)
    expect(repair.commands.length, name).toBeGreaterThan(0)
    expect(musts.some(({ rule }) => rule === 'fails' || rule === 'holds'), name).toBe(true)
  }
})

test('traditional and simplified are not the same text', () => {
  for (const { name, explanation } of drills) expect(explanation['zh-Hant'], name).not.toBe(explanation['zh-Hans'])
})

test('a drill that there is not is refused by name', () => {
  expect(() => new DrillShelf(folder).find('none')).toThrow(/there is no drill "none"/)
})

test('no drill reaches out of its lab', () => {
  for (const file of readdirSync(folder)) expect(readFileSync(join(folder, file), 'utf8'), file).not.toMatch(/https?:\/\//)
})
