/**
 * What `npm test` ends with: what was skipped with its reason, what passed only at the second try and why it failed at the
 * first, how each failure begins, and the one plain line "N passed, N failed, N skipped". Failures are kept whole as a text
 * file in the results folder.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Reporter, TestCase, TestModule, TestSuite } from 'vitest/node'

export const resultsFolder = 'test-results'

const namedSkips = 5
const linesOfAFailure = 14

export default class SummaryReporter implements Reporter {
  /** At once, since a run takes half an hour and whoever waits for it may mend meanwhile. */
  onTestCaseResult(test: TestCase): void {
    if (test.result().state === 'failed') process.stdout.write(`\n${failureText(test)}\n`)
  }

  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const cases = modules.flatMap(module => [...module.children.allTests()])
    const by = (state: string) => cases.filter(test => test.result().state === state)
    const broken = modules.flatMap(module => [module, ...module.children.allSuites()]).filter(part => part.errors().length > 0) // what they prepare failed: their tests did not run
    const skipped = by('skipped')
    const failed = by('failed')

    printSkipped(skipped)
    for (const test of cases) if (test.result().state === 'passed' && (test.diagnostic()?.retryCount ?? 0) > 0) process.stdout.write(`passed only at the second try: ${beginning(failureText(test))}\n`)
    if (failed.length + broken.length + errors.length > 0) keepFailures(failed, broken, errors)
    process.stdout.write(`\n${by('passed').length} passed, ${failed.length + broken.length + errors.length} failed, ${skipped.length} skipped\n`)
  }
}

function failureText(test: TestCase): string {
  return `${test.module.moduleId} > ${test.fullName}\n${(test.result().errors ?? []).map(error => [error.stack ?? error.message, error.diff].filter(part => part !== undefined).join('\n')).join('\n')}`
}

function printSkipped(skipped: readonly TestCase[]): void {
  const byReason = new Map<string, string[]>()
  for (const test of skipped) {
    const result = test.result()
    const reason = 'note' in result && result.note !== undefined ? result.note : `no reason given (${test.module.moduleId})`
    byReason.set(reason, [...(byReason.get(reason) ?? []), test.fullName])
  }
  for (const [reason, names] of byReason) {
    const shown = names.slice(0, namedSkips).map(name => `  - ${name}\n`).join('')
    process.stdout.write(`skipped ${names.length}: ${reason}\n${shown}${names.length > namedSkips ? `  and ${names.length - namedSkips} more like these\n` : ''}`)
  }
}

/** Enough of a failure to know it by: the whole is in the file. */
function beginning(text: string): string {
  const lines = text.split('\n')
  return [...lines.slice(0, linesOfAFailure), ...(lines.length > linesOfAFailure ? ['    …'] : [])].join('\n')
}

function keepFailures(failed: readonly TestCase[], broken: readonly (TestModule | TestSuite)[], errors: readonly unknown[]): void {
  mkdirSync(resultsFolder, { recursive: true })
  const texts = [
    ...failed.map(failureText),
    ...broken.map(part => `${part.type === 'module' ? part.moduleId : `${part.module.moduleId} > ${part.fullName}`}\n${part.errors().map(error => error.stack ?? error.message).join('\n')}`),
    ...errors.map(error => (error instanceof Error ? (error.stack ?? error.message) : JSON.stringify(error))),
  ]
  const path = join(resultsFolder, 'failures.txt')
  writeFileSync(path, texts.join('\n\n'))
  process.stdout.write(`\n${texts.map(beginning).join('\n\n')}\n\n${texts.length} failures are kept in ${path}; logs and screenshots of them are in ${resultsFolder}/\n`)
}
