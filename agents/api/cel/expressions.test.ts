/**
 * Every expression of the goldens: its type, its value or error, what it cost, what it was estimated to cost. The expressions were
 * put to Kubernetes 1.36 as well; where it answered otherwise the golden says so in a comment.
 *
 * They see a custom resource in `self` and `oldSelf`, the same without its schema in `object`, and an authorizer that lets everybody
 * get and nobody do anything else.
 *
 * A golden is its own list: write an expression in a line of its own, then `GOLDEN=write npx vitest run agents/api/cel`.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { parse } from 'yaml'
import { expect, test } from 'vitest'
import { authorizerType, CelBudget, CelCompileError, CelCostError, CelEvaluationError, celTypeOfSchema, CelOptional, compileCel, dynType, evaluateWithAuthorizer, optionalType, resourceCheckType, typeText } from './cel.ts'
import type { CelAuthorizationAttributes, CelAuthorizationDecision, CelEnvironment, CelProgram, StructuralSchema } from './cel.ts'
import { valueText } from './value-text.sample.ts'

const folder = new URL('testdata/', import.meta.url)

function read(name: string): unknown {
  return parse(readFileSync(new URL(name, folder), 'utf8'))
}

const object = read('sample-object.yaml')
const self = celTypeOfSchema(read('sample-schema.yaml') as StructuralSchema, { isResourceRoot: true })

const sampleVariables = {
  self, oldSelf: self, optionalOldSelf: optionalType(self), object: dynType,
  authorizer: authorizerType, 'authorizer.requestResource': resourceCheckType,
}
const sampleBindings = { self: object, oldSelf: object, optionalOldSelf: CelOptional.none, object }

function sampleAuthorize({ verb }: CelAuthorizationAttributes): Promise<CelAuthorizationDecision> {
  if (verb === 'fail') return Promise.resolve({ allowed: false, reason: '', error: 'authorizer is down' })
  return Promise.resolve(verb === 'get' ? { allowed: true, reason: 'may get' } : { allowed: false, reason: 'may only get' })
}

const libraries = ['bindings', 'mutation'] as const

/** `@bindings cel.bind(…)` asks for a library that only some places have. */
function compileSample(line: string): CelProgram {
  const [, library, source] = /^(?:@(\w+) )?(.*)$/s.exec(line)!
  const environment: CelEnvironment = { variables: sampleVariables, libraries: libraries.filter(name => name === library) }
  return compileCel(source!, environment)
}

interface SampleOutcome {
  readonly type?: string
  readonly value?: string
  readonly error?: string
  readonly compileError?: string
  readonly programError?: string
  readonly cost?: number
  readonly min?: number
  readonly max?: number
}

async function sampleOutcome(line: string): Promise<SampleOutcome> {
  let program: CelProgram
  try {
    program = compileSample(line)
  } catch (error) {
    if (!(error instanceof CelCompileError)) throw error
    return error.stage === 'instantiation' ? { programError: error.message } : { compileError: error.message }
  }
  const known = { type: typeText(program.type), min: program.cost.min, max: program.cost.max }
  const budget = new CelBudget()
  const start = budget.remaining
  try {
    const value = await evaluateWithAuthorizer(program, sampleBindings, budget, sampleAuthorize, { group: 'apps', resource: 'deployments', namespace: 'default', name: 'web' })
    return { ...known, value: valueText(value), cost: start - budget.remaining }
  } catch (error) {
    if (!(error instanceof CelEvaluationError) && !(error instanceof CelCostError)) throw error
    return { ...known, error: error.message, cost: start - budget.remaining }
  }
}

const goldens = readdirSync(folder).filter(name => name.endsWith('.golden.txt'))

function estimate(amount: number): string {
  return amount < 1e15 ? String(amount) : 'endless'
}

async function answer(line: string): Promise<string> {
  const outcome = await sampleOutcome(line)
  const problem = outcome.compileError ?? outcome.programError
  if (problem !== undefined) return problem.split('\n').map(text => `  ${text.trimEnd()}`).join('\n')
  const range = outcome.min === outcome.max ? estimate(outcome.min!) : `${estimate(outcome.min!)} to ${estimate(outcome.max!)}`
  return `  ${outcome.value === undefined ? `error: ${outcome.error}` : outcome.value}\n  ${outcome.type}, cost ${outcome.cost}, estimated ${range}`
}

test.each(goldens)('%s', async name => {
  const url = new URL(name, folder)
  const before = readFileSync(url, 'utf8')
  const blocks: string[] = []
  for (const line of before.split('\n')) {
    if (line.startsWith('#')) blocks.push(line)
    else if (line.trim() !== '' && !line.startsWith('  ')) blocks.push(`${line}\n${await answer(line)}`)
  }
  const after = `${blocks.join('\n\n')}\n`
  if (process.env['GOLDEN'] === 'write') writeFileSync(url, after)
  else expect(after).toBe(before)
})
