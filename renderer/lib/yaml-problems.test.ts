import { describe, expect, test } from 'vitest'
import { findYamlProblems } from './yaml-problems.ts'

const root = { properties: { spec: { properties: { replicas: { type: 'integer' } } } } }

describe('problems of a YAML text', () => {
  test('a misspelt field is shown at its key', () => {
    const text = 'spec:\n  replicas: 1\n  replics: 2\n'
    const [problem] = findYamlProblems(text, root, {})
    expect(text.slice(problem!.from, problem!.to)).toBe('replics')
    expect(problem!.message).toContain('spec.replics')
  })

  test('a text that is no YAML has an error where it breaks', () => {
    expect(findYamlProblems('spec: [1,\n', root, {}).map(({ severity }) => severity)).toContain('error')
  })

  test('without a schema only the syntax is judged', () => {
    expect(findYamlProblems('anything: 1\n', undefined, {})).toEqual([])
  })
})
