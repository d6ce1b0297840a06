/** Every scenario of scenarios/*.yaml, decided by the pure cycle. */
import { readFileSync, readdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import type { ScenarioFile } from './scenario.ts'
import { answer, expected, nameOf } from './scenario.ts'

const folder = new URL('scenarios/', import.meta.url)
const files = readdirSync(folder).filter(name => name.endsWith('.yaml')).sort().map(name => parse(readFileSync(new URL(name, folder), 'utf8')) as ScenarioFile)
const seeds = [1, 2, 3, 4]

describe.each(files)('$topic', ({ scenarios }) => {
  test.each(scenarios.map(scenario => [nameOf(scenario), scenario] as const))('%s', (_, scenario) => {
    const wanted = expected(scenario)
    const seen = new Set(seeds.map(seed => answer(scenario, seed)))
    if (wanted.length === 1) expect([...seen]).toEqual(wanted)
    else for (const one of seen) expect(wanted).toContain(one)
  })
})

test('there are at least two hundred of them, each with a name of its own', () => {
  const names = files.flatMap(({ topic, scenarios }) => scenarios.map(({ it }) => `${topic}: ${it}`))
  expect(new Set(names).size).toBe(names.length)
  expect(names.length).toBeGreaterThanOrEqual(200)
})
