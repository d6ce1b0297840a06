import { describe, expect, test } from 'vitest'
import { fieldErrorsText } from '../../field-error.ts'
import { validatePodFailurePolicy, validateSuccessPolicy } from './job-policy-validation.ts'

function failure(rule: object): string {
  const spec = { podFailurePolicy: { rules: [rule] }, template: { spec: { containers: [{ name: 'main' }] } } }
  return fieldErrorsText(validatePodFailurePolicy(spec as never, 'p'))
}

function success(rule: object, completions = 6): string {
  return fieldErrorsText(validateSuccessPolicy({ completionMode: 'Indexed', completions, successPolicy: { rules: [rule] } } as never, 'p'))
}

describe('policies of a Job', () => {
  test('JP1 a rule of failure looks at exit codes or at conditions', () => {
    expect(failure({ action: 'FailJob', onExitCodes: { operator: 'In', values: [1, 2] } })).toBe('[]')
    expect(failure({ action: 'Strange' })).toBe('[p.rules[0].action: Unsupported value: "Strange": supported values: "Count", "FailIndex", "FailJob", "Ignore", p.rules[0]: Invalid value: specifying one of OnExitCodes and OnPodConditions is required]')
    expect(failure({ action: 'FailIndex', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] })).toBe('p.rules[0].action: Invalid value: "FailIndex": requires the backoffLimitPerIndex to be set')
  })

  test('JP2 exit codes are ordered, named once, and not 0', () => {
    expect(failure({ action: 'Ignore', onExitCodes: { operator: 'In', containerName: 'other', values: [3, 0, 3] } })).toBe('[p.rules[0].onExitCodes.containerName: Invalid value: "other": must be one of the container or initContainer names in the pod template, p.rules[0].onExitCodes.values[1]: Invalid value: 0: must not be 0 for the In operator, p.rules[0].onExitCodes.values[2]: Duplicate value: 3, p.rules[0].onExitCodes.values: Invalid value: [3,0,3]: must be ordered]')
  })

  test('JP2 a list of exit codes that nobody gave is told apart from an empty one', () => {
    const about = (values: number[] | null) => failure({ action: 'Ignore', onExitCodes: { operator: 'In', values } })
    expect(about(null)).toBe('p.rules[0].onExitCodes.values: Invalid value: null: at least one value is required')
    expect(about([])).toBe('p.rules[0].onExitCodes.values: Invalid value: []: at least one value is required')
  })

  test.each([
    [{ succeededIndexes: '0-2,5', succeededCount: 4 }, '[]'],
    [{}, 'p.rules[0]: Required value: at least one of succeededCount or succeededIndexes must be specified'],
    [{ succeededIndexes: '2,1' }, 'p.rules[0].succeededIndexes: Invalid value: "2,1": error parsing succeededIndexes: non-increasing order, previous: 2, current: 1'],
    [{ succeededIndexes: '7' }, 'p.rules[0].succeededIndexes: Invalid value: "7": error parsing succeededIndexes: too large index: "7"'],
    [{ succeededIndexes: '0-1', succeededCount: 3 }, 'p.rules[0].succeededCount: Invalid value: 3: must be less than or equal to 2 (the number of indexes in the specified succeededIndexes field)'],
  ])('JP3 %j', (rule, text) => {
    expect(success(rule)).toBe(text)
  })
})
