import { expect, test } from 'vitest'
import { readPlacedYaml } from './placed-yaml.ts'

const text = 'spec:\n  nodes:\n    - name: a\n    - name: b\n      cpus:\n'

test('a place is that of the value, or of its key where the key is what is wrong', () => {
  const { place } = readPlacedYaml(text, 'lab.yaml')
  expect(place(['spec', 'nodes', 1, 'name'], false)).toBe('lab.yaml:4:13')
  expect(place(['spec', 'nodes', 1, 'name'], true)).toBe('lab.yaml:4:7')
})

test('PL1 every syntax problem is told at its place', () => {
  expect(readPlacedYaml('a: 1\na: 2\nb: [\n', 'lab.yaml').syntaxProblems).toEqual([
    'lab.yaml:2:1: Map keys must be unique',
    expect.stringMatching(/^lab\.yaml:4:1: Flow sequence /),
  ])
})

test('PL2 what is not there is placed at the nearest thing around it', () => {
  const { place } = readPlacedYaml(text, 'lab.yaml')
  expect(place(['spec', 'nodes', 1, 'memory', 'max'], false)).toBe('lab.yaml:4:7')
  expect(place(['status'], true)).toBe('lab.yaml:1:1')
  expect(readPlacedYaml('', 'empty.yaml').place(['spec'], false)).toBe('empty.yaml:1:1')
})

test('aliases that would explode are refused when the value is read', () => {
  const bomb = ['a: &a [x]', ...Array.from({ length: 9 }, (_, index) => `${'bcdefghij'[index]}: &${'bcdefghij'[index]} [${Array.from({ length: 9 }, () => `*${'abcdefghi'[index]}`).join(', ')}]`)].join('\n')
  expect(() => readPlacedYaml(bomb, 'lab.yaml').value()).toThrow('alias')
})

test('merge keys and the booleans of old follow the dialect', () => {
  const merged = 'base: &base {on: yes}\nuse:\n  <<: *base\n'
  expect(readPlacedYaml(merged, 'a.yaml', { version: '1.1', merge: true }).value()).toMatchObject({ use: { true: true } })
  expect(readPlacedYaml(merged, 'a.yaml').value()).toMatchObject({ base: { on: 'yes' } })
})
