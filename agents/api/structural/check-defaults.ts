/**
 * Are the defaults of a schema values that the schema itself would take?
 * Upstream: apiextensions-apiserver/pkg/apiserver/schema/defaulting/validation.go.
 *
 *   CD1  A default has no unknown fields, and is valid where it stands, by its own rules too.
 *   CD2  Inside the metadata of an embedded object a default is judged in an object made around it.
 *   CD3  Values of maps have no defaults of their own to judge.
 */
import { fieldErrorsText, invalid, type FieldError } from '../field-error.ts'
import { deepClone, identical, isPlainObject } from '../schema/clone.ts'
import { coerceEmbedded, EmbeddedObjectError, validateEmbedded } from './embedded-objects.ts'
import { prune } from './prune.ts'
import { schemaNode, type SchemaNode } from './schema-node.ts'
import { defaultOf, isEmbedded, itemsOf, someSchema, type Schema } from './schema.ts'
import { compileValueCheck } from './value-check.ts'

/** What the rules of a schema (CEL) say about a value. */
export type RuleJudge = (schema: Schema, value: unknown, path: string, isResourceRoot: boolean) => FieldError[]

type Surround = (value: unknown) => Record<string, unknown>

export function checkDefaults(schema: Schema, path: string, requiresPruned = true, judge: RuleJudge = () => []): FieldError[] {
  if (!hasDefaults(schema)) return []
  const errors: FieldError[] = []
  new DefaultCheck(requiresPruned, judge, errors).check({ ...schema, 'x-kubernetes-embedded-resource': true }, path, undefined, root, false)
  return errors
}

export function hasDefaults(schema: Schema): boolean {
  return someSchema(schema, each => defaultOf(each) !== undefined)
}

export function hasUnprunedDefaults(schema: Schema): boolean {
  return checkDefaults(schema, '', true).some(error => error.message.endsWith('must not have unknown fields'))
}

function root(value: unknown): Record<string, unknown> {
  return { kind: 'Validation', apiVersion: 'validation/v1', ...(isPlainObject(value) ? value : {}) }
}

class DefaultCheck {
  readonly #requiresPruned: boolean
  readonly #judge: RuleJudge
  readonly #errors: FieldError[]

  constructor(requiresPruned: boolean, judge: RuleJudge, errors: FieldError[]) {
    this.#requiresPruned = requiresPruned
    this.#judge = judge
    this.#errors = errors
  }

  check(schema: Schema, path: string, rootNode: SchemaNode | undefined, surround: Surround, insideMetadata: boolean): void {
    if (!hasDefaults(schema)) return
    let around = surround
    let inside = insideMetadata
    let node = rootNode
    if (isEmbedded(schema)) {
      around = root
      inside = false
      node = schemaNode(schema)
    }
    const value = defaultOf(schema)
    if (value !== undefined) this.#checkOne(schema, value, `${path}.default`, node!, around, inside, node?.schema === schema)
    const items = itemsOf(schema)
    if (items !== undefined) this.check(items, `${path}.items`, node, item => around([item]), inside)
    for (const name of Object.keys(schema.properties ?? {})) {
      const isMeta = isEmbedded(schema) && (name === 'metadata' || name === 'apiVersion' || name === 'kind')
      this.check(schema.properties![name]!, `${path}.properties[${name}]`, node, property => around({ [name]: property }), inside || isMeta)
    }
  }

  #checkOne(schema: Schema, value: unknown, path: string, rootNode: SchemaNode, around: Surround, insideMetadata: boolean, isResourceRoot: boolean): void {
    const before = this.#errors.length
    const own = schemaNode(schema)
    if (insideMetadata) this.#checkMetadata(value, path, rootNode, around) // CD2
    else {
      if (this.#requiresPruned && !isPruned(value, own)) this.#errors.push(invalid(path, value, 'must not have unknown fields')) // CD1
      this.#checkEmbedded(value, path, own)
    }
    if (this.#errors.length > before) return
    this.#errors.push(...compileValueCheck(schema).validate(value, path))
    if (this.#errors.length === before) this.#errors.push(...this.#judge(schema, value, path, isResourceRoot))
  }

  #checkMetadata(value: unknown, path: string, rootNode: SchemaNode, around: Surround): void {
    const object = around(deepClone(value))
    try {
      coerceEmbedded(object, rootNode, true, false)
      const errors = validateEmbedded(object, rootNode, true)
      if (errors.length > 0) this.#errors.push(invalid(path, value, `must result in valid metadata: ${fieldErrorsText(errors)}`))
    } catch (error) {
      if (!(error instanceof EmbeddedObjectError)) throw error
      this.#errors.push(invalid(path, value, `must result in valid metadata: ${error.message}`))
    }
  }

  #checkEmbedded(value: unknown, path: string, node: SchemaNode): void {
    try {
      coerceEmbedded(deepClone(value), node, false, false, path)
      this.#errors.push(...validateEmbedded(value, node, false, path))
    } catch (error) {
      if (!(error instanceof EmbeddedObjectError)) throw error
      this.#errors.push(error.error)
    }
  }
}

function isPruned(value: unknown, node: SchemaNode): boolean {
  const copy = deepClone(value)
  prune(copy, node, false)
  return identical(copy, value)
}
