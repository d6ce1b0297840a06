/**
 * What one mutation of a MutatingAdmissionPolicy makes of an object. Upstream: policy/mutating/patch.
 *
 *   PM1  ApplyConfiguration: the Object{…} is merged as apply does, without owners. What is atomic may not be named.
 *   PM2  JSONPatch: the patches apply in order; a failing `test` leaves the object as it was.
 *   PM3  Constructed types must be named for the place they stand at.
 */
import { applyConfigurationType, celLimits, celToJson, CelList, CelStruct, jsonPatchType, listType, objectTypeProblems } from '../../../../api/cel/cel.ts'
import type { CelValue } from '../../../../api/cel/cel.ts'
import type { Compiled, ExpressionPlace } from '../../../../api/groups/admissionregistration-v1/admission-expressions.ts'
import type { MutatingAdmissionPolicySpec, Mutation } from '../../../../api/groups/admissionregistration-v1/types.ts'
import { deepClone, isPlainObject } from '../../../../api/schema/clone.ts'
import { resolved } from '../../../../wire/apply/apply-schema.ts'
import type { ApplySchema } from '../../../../wire/apply/apply-schema.ts'
import { checkTyped } from '../../../../wire/apply/typed-check.ts'
import { mergeTyped } from '../../../../wire/apply/typed-walk.ts'
import { applyJsonPatch } from '../../../../wire/patch/json-patch.ts'
import type { KubeObject } from '../../registry/kube-object.ts'
import { AdmissionEvaluation } from './admission-evaluation.ts'
import type { EvaluationInput } from './admission-evaluation.ts'
import { compileCommon, compiledLater } from './policy-hooks.ts'
import type { PolicyCommon } from './policy-hooks.ts'

export interface CompiledMutation {
  readonly isPatch: boolean
  readonly source: string
  compiled(): Compiled
}

export interface MutatingPolicy extends PolicyCommon {
  readonly mutations: readonly CompiledMutation[]
  readonly reinvokes: boolean
}

/** A mutation that has no result: the message of the refusal. */
export class MutationError extends Error {
  override readonly name = 'MutationError'
}

export function compileMutatingPolicy(object: KubeObject): MutatingPolicy[] {
  const { common, place } = compileCommon(object)
  const spec = object['spec'] as MutatingAdmissionPolicySpec
  const mutates = { ...place, mutates: true }
  return [{ ...common, mutations: (spec.mutations ?? []).map(mutation => compileMutation(mutation, mutates)), reinvokes: spec.reinvocationPolicy === 'IfNeeded' }]
}

function compileMutation({ patchType, jsonPatch, applyConfiguration }: Mutation, place: ExpressionPlace): CompiledMutation {
  const isPatch = patchType === 'JSONPatch'
  const source = (isPatch ? jsonPatch : applyConfiguration)?.expression ?? ''
  return { isPatch, source, compiled: compiledLater(source, place, [isPatch ? listType(jsonPatchType) : applyConfigurationType]) }
}

/** The object after one mutation, not yet decoded or defaulted. The one given is not changed. */
export async function mutated(mutation: CompiledMutation, input: Omit<EvaluationInput, 'budget'>, schema: () => ApplySchema): Promise<Record<string, unknown>> {
  const current = input.shown.object!
  const outcome = await new AdmissionEvaluation({ ...input, budget: celLimits.perObject }).evaluate(mutation.source, mutation.compiled())
  if (outcome.error !== undefined) throw new MutationError(outcome.error)
  return mutation.isPatch ? patched(current, outcome.value) : merged(current, outcome.value, schema())
}

/** PM1 */
function merged(current: KubeObject, value: CelValue, schema: ApplySchema): Record<string, unknown> {
  if (!(value instanceof CelStruct)) throw new MutationError('unsupported return type from ApplyConfiguration expression')
  const problems = objectTypeProblems(value)
  if (problems.length > 0) throw new MutationError(`type mismatch: ${problems.join('\n')}`) // PM3
  const applied = celToJson(value) as Record<string, unknown>
  try {
    checkTyped(applied, schema)
  } catch (error) {
    throw new MutationError(`error applying patch: failed to convert patch object to typed object: ${(error as Error).message}`)
  }
  const atomics = atomicPaths(applied, schema, '')
  if (atomics.length > 0) throw new MutationError(`error applying patch: invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: ${atomics.join(', ')}`)
  return mergeTyped(current, applied, schema) as Record<string, unknown>
}

function atomicPaths(value: unknown, schema: ApplySchema, path: string): string[] {
  const actual = resolved(schema, value)
  if (actual.is === 'leaf') return Array.isArray(value) || isPlainObject(value) ? [path] : []
  if (actual.is === 'struct' && isPlainObject(value)) return Object.keys(value).flatMap(key => atomicPaths(value[key], actual.fieldOf(key) ?? { is: 'leaf' }, `${path}.${key}`))
  if (actual.is === 'map' && isPlainObject(value)) return Object.keys(value).flatMap(key => atomicPaths(value[key], actual.items, `${path}.${key}`))
  if ((actual.is === 'set' || actual.is === 'listMap') && Array.isArray(value)) return value.flatMap((item, index) => atomicPaths(item, actual.items, `${path}[${index}]`))
  return []
}

/** PM2 */
function patched(current: KubeObject, value: CelValue): Record<string, unknown> {
  if (!(value instanceof CelList)) throw new MutationError('type mismatch: JSONPatchType.expression should evaluate to array')
  const operations = Array.from({ length: value.size }, (_, index) => operationOf(value.at(index) as CelValue))
  try {
    return applyJsonPatch(current, operations)
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    if (/test/i.test(message) && operations.some(operation => operation['op'] === 'test')) return deepClone(current)
    throw new MutationError(`JSON Patch: ${message}`)
  }
}

function operationOf(value: CelValue): Record<string, unknown> {
  if (!(value instanceof CelStruct)) throw new MutationError('type mismatch: JSONPatchType.expression should evaluate to array of JSONPatch')
  const constructed = value.fields.get('value')
  const problems = constructed === undefined ? [] : objectTypeProblems(constructed)
  if (problems.length > 0) throw new MutationError(`type mismatch: ${problems.join('\n')}`)
  const { from, ...operation } = celToJson(value) as Record<string, unknown>
  return typeof from === 'string' && from !== '' ? { ...operation, from } : operation
}
