/** The door: compiling, bindings, budgets, authorizers, lazy variables, JSON. Rules are named as the files state them. */
import { describe, expect, test } from 'vitest'
import { applyConfigurationType, authorizerType, boolType, CelBudget, CelCostError, CelEvaluationError, CelAuthorizerSession, CelLazyObject, celToJson, celTypeOfSchema, compileCel, dynType, evaluateWithAuthorizer, objectType, objectTypeProblems, resourceCheckType, stringType, typeText } from './cel.ts'
import type { CelAuthorizationAttributes, CelBindings, CelCompileError, CelEnvironment } from './cel.ts'
import { exactNumber } from '../schema/clone.ts'

const anything: CelEnvironment = { variables: { object: dynType } }

function run(source: string, bindings: CelBindings = {}, environment: CelEnvironment = anything): unknown {
  return celToJson(compileCel(source, environment).evaluate(bindings, new CelBudget()))
}

describe('compiling', () => {
  test('PR1: the stage tells what failed', () => {
    const stageOf = (source: string): string => {
      try {
        compileCel(source, anything, [boolType])
        return 'none'
      } catch (error) {
        return (error as CelCompileError).stage
      }
    }
    expect(stageOf('object.')).toBe('compilation')
    expect(stageOf('nope')).toBe('compilation')
    expect(stageOf("int('x') == 1")).toBe('instantiation')
    expect(stageOf('1 + 1')).toBe('result type')
    expect(stageOf('object.x')).toBe('none')
    expect(stageOf('true')).toBe('none')
  })

  test('errors tell line and column, with a caret below the place', () => {
    const source = 'true &&\n  nope.x'
    expect(() => compileCel(source, anything)).toThrow("ERROR: <input>:2:3: undeclared reference to 'nope' (in container '')\n |   nope.x\n | ..^")
    try {
      compileCel(source, anything)
    } catch (error) {
      expect((error as CelCompileError).issues).toEqual([{ line: 2, column: 2, message: "undeclared reference to 'nope' (in container '')" }])
    }
  })

  test('carets below wide characters are wide', () => {
    expect(() => compileCel("'é' + nope", anything)).toThrow(" | .．....^")
  })

  test('references are the variables that are read', () => {
    const environment = { variables: { a: dynType, b: dynType, 'authorizer.requestResource': resourceCheckType, authorizer: authorizerType } }
    expect([...compileCel("a.x && [1].all(b, b > 0) && authorizer.requestResource.check('get').allowed()", environment).references].sort()).toEqual(['a', 'authorizer.requestResource'])
  })
})

describe('bindings', () => {
  test('JV1, JV2: the declared type decides how JSON is read', () => {
    const typed = { variables: { x: celTypeOfSchema({ type: 'number' }) } }
    expect(typeText(compileCel('x', typed).type)).toBe('double')
    expect(run('x / 2.0', { x: 3 }, typed)).toBe(1.5)
    expect(run('object / 2', { object: 3 })).toBe(1)
    expect(run('object.n == 9007199254740993', { object: { n: exactNumber('9007199254740993') } })).toBe(true)
    expect(run('object.n + 0', { object: { n: exactNumber('9007199254740993') } })).toEqual(exactNumber('9007199254740993'))
  })

  test('a variable that is declared and not given is an error when it is read, not before', () => {
    expect(() => run('object.x')).toThrow('no such attribute(s): object')
    expect(run('true || object.x')).toBe(true)
  })

  test('nothing is converted that is not read', () => {
    const read: string[] = []
    const object = new Proxy({ a: 1, b: { c: 2 } } as Record<string, unknown>, { get: (target, key) => (read.push(String(key)), target[key as string]) })
    expect(run('object.a == 1', { object })).toBe(true)
    expect(read.filter(key => key === 'b')).toEqual([])
  })

  test('a JSON object comes out as it went in', () => {
    const object = { list: [{ a: 1 }] }
    expect(run('object.list[0]', { object })).toBe(object.list[0])
  })

  test('a lazy object computes a field once, when it is read', () => {
    const computed: string[] = []
    const variables = new CelLazyObject('kubernetes.variables', field => {
      computed.push(field)
      return `value of ${field}`
    })
    const environment = { variables: { variables: objectType('kubernetes.variables', { a: stringType, b: stringType }) } }
    expect(run("variables.a + variables.a", { variables }, environment)).toBe('value of avalue of a')
    expect(computed).toEqual(['a'])
    expect(() => compileCel('variables.c', environment)).toThrow("undefined field 'c'")
  })

  test('mutations come out as plain JSON, and misnamed types are told', () => {
    const environment: CelEnvironment = { variables: { object: dynType }, libraries: ['mutation'] }
    const value = compileCel("Object{spec: Object.spec{replicas: object.n, x: [Object.spec.x{a: b'hi'}]}}", environment, [applyConfigurationType]).evaluate({ object: { n: 2 } }, new CelBudget())
    expect(celToJson(value)).toEqual({ spec: { replicas: 2, x: [{ a: 'aGk=' }] } })
    expect(objectTypeProblems(value)).toEqual([])
    const wrong = compileCel('Object{spec: Object.status{}}', environment).evaluate({}, new CelBudget())
    expect(objectTypeProblems(wrong)).toEqual(['unexpected type name "Object.status", expected "Object.spec", which matches field name path from root Object type'])
  })
})

describe('budgets', () => {
  const loop = compileCel('lists.range(1000).all(x, x >= 0)', anything)

  test('CB2: costs are taken from the budget whatever the end', () => {
    const budget = new CelBudget(1_000)
    expect(compileCel('1 + object', anything).evaluate({ object: 2 }, budget)).toBe(3n)
    expect(budget.remaining).toBe(998)
    expect(() => compileCel('object.x', anything).evaluate({ object: {} }, budget)).toThrow(CelEvaluationError)
    expect(budget.remaining).toBe(996)
  })

  test('CB1: one evaluation may not cost more than its own limit, nor than what is left', () => {
    const limited = (budget: CelBudget): string => {
      try {
        loop.evaluate({}, budget)
        return 'done'
      } catch (error) {
        return (error as CelCostError).limit
      }
    }
    expect(limited(new CelBudget())).toBe('done')
    expect(limited(new CelBudget(10_000_000, 100))).toBe('call')
    const small = new CelBudget(500)
    expect(limited(small)).toBe('budget')
    expect(small.remaining).toBe(0)
    expect(() => loop.evaluate({}, new CelBudget(10_000_000, 100))).toThrow('operation cancelled: actual cost limit exceeded')
    expect(() => loop.evaluate({}, new CelBudget(500))).toThrow('validation failed due to running out of cost budget, no further validation rules will be run')
  })

  test('FR1: what ran out cannot be absorbed', () => {
    expect(() => compileCel('true || lists.range(1000).all(x, x >= 0)', anything).evaluate({}, new CelBudget(500))).not.toThrow()
    expect(() => compileCel('lists.range(1000).all(x, x >= 0) || true', anything).evaluate({}, new CelBudget(500))).toThrow(CelCostError)
  })
})

describe('authorizers', () => {
  const environment: CelEnvironment = { variables: { authorizer: authorizerType, 'authorizer.requestResource': resourceCheckType } }

  test('AU1, CE3: each question is asked once, whole, and abandoned rounds cost nothing', async () => {
    const asked: CelAuthorizationAttributes[] = []
    const authorize = (attributes: CelAuthorizationAttributes) => {
      asked.push(attributes)
      return Promise.resolve({ allowed: attributes.verb === 'get', reason: attributes.verb })
    }
    const source = "authorizer.requestResource.check('update').allowed() || authorizer.serviceAccount('ns', 'sa').group('apps').resource('deployments').fieldSelector('a=b').check('get').reason() == 'get'"
    const budget = new CelBudget()
    const before = budget.remaining
    expect(await evaluateWithAuthorizer(compileCel(source, environment), {}, budget, authorize, { group: '', resource: 'pods', namespace: 'x', name: 'p' })).toBe(true)
    expect(asked).toEqual([
      { group: '', resource: 'pods', namespace: 'x', name: 'p', verb: 'update' },
      { serviceAccount: { namespace: 'ns', name: 'sa' }, group: 'apps', resource: 'deployments', fieldSelector: 'a=b', verb: 'get' },
    ])
    expect(before - budget.remaining).toBe(700_000 + 111 + 8) // two checks; the selector; the rest
  })

  test('one session answers all expressions of a request', async () => {
    let asked = 0
    const session = new CelAuthorizerSession(() => {
      asked += 1
      return Promise.resolve({ allowed: true, reason: '' })
    })
    const program = compileCel("authorizer.path('/x').check('get').allowed()", environment)
    for (let round = 0; round < 3; round += 1) expect(await session.evaluate(() => program.evaluate(session.bindings, new CelBudget()))).toBe(true)
    expect(asked).toBe(1)
  })

  test('a failing authorizer fails the evaluation', async () => {
    const program = compileCel("authorizer.path('/x').check('get').allowed() || true", environment)
    await expect(evaluateWithAuthorizer(program, {}, new CelBudget(), () => Promise.reject(new Error('down')))).rejects.toThrow('down')
  })
})
