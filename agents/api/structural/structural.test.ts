import { readFileSync, writeFileSync } from 'node:fs'
import { parse } from 'yaml'
import { describe, expect, it } from 'vitest'
import type { FieldError } from '../field-error.ts'
import { customResourceDefinition } from '../groups/apiextensions-v1/custom-resource-definition.ts'
import type { CustomResourceDefinition } from '../groups/apiextensions-v1/types.ts'
import { deepClone } from '../schema/clone.ts'
import { applyDefaults } from './defaults.ts'
import { coerceEmbedded, EmbeddedObjectError, validateEmbedded } from './embedded-objects.ts'
import { validateListTypes } from './list-types.ts'
import { prune } from './prune.ts'
import { compileRules } from './rules.ts'
import { schemaNode } from './schema-node.ts'
import type { Schema } from './schema.ts'
import { structuralErrors } from './structurality.ts'
import { compileValueCheck } from './value-check.ts'

interface Case {
  readonly name: string
  readonly mode?: 'value' | 'admit' | 'structural'
  readonly schema: Schema
  readonly value: Record<string, unknown>
  readonly old?: Record<string, unknown>
}

const cases = parse(readFileSync(new URL('testdata/cases.yaml', import.meta.url), 'utf8')) as Case[]

function texts(errors: readonly FieldError[]): string[] {
  return errors.map(error => `${error.path} | ${error.reason} | ${error.message}`).sort()
}

export function answer({ mode = 'value', schema, value, old }: Case): { errors: string[]; object?: unknown; unknown?: string[] } {
  if (mode === 'structural') return { errors: texts(structuralErrors(schema, 'openAPIV3Schema')) }
  if (mode === 'value') {
    const check = compileValueCheck(schema)
    return { errors: texts(old === undefined ? check.validate(value) : check.validateUpdate(value, old)) }
  }
  const object = deepClone(value)
  const node = schemaNode(schema)
  applyDefaults(object, node)
  const unknown = prune(object, node, true)
  try {
    unknown.push(...coerceEmbedded(object, node, true, false))
    return { errors: texts([...validateEmbedded(object, node), ...validateListTypes(object, node)]), object, unknown }
  } catch (error) {
    if (!(error instanceof EmbeddedObjectError)) throw error
    return { errors: texts([error.error]), object, unknown }
  }
}

describe('structural schemas', () => {
  it('VC PR DF EO LT ST say what upstream says', () => {
    const text = cases.map(each => {
      const { errors, object, unknown } = answer(each)
      return [`# ${each.name}`, ...errors, ...(unknown ?? []).map(path => `unknown ${path}`), ...(object === undefined ? [] : [JSON.stringify(object)])].join('\n')
    }).join('\n\n')
    const url = new URL('testdata/cases.golden.txt', import.meta.url)
    if (process.env['GOLDEN'] === 'write') writeFileSync(url, `${text}\n`)
    expect(`${text}\n`).toBe(readFileSync(url, 'utf8'))
  })

  it('DF2 defaulting what was defaulted changes nothing', () => {
    for (const { schema, value } of cases.filter(each => each.mode === 'admit')) {
      const once = deepClone(value)
      applyDefaults(once, schemaNode(schema))
      const twice = deepClone(once)
      expect(applyDefaults(twice, schemaNode(schema))).toBe(false)
      expect(twice).toEqual(once)
    }
  })

  it('VD CK CD FP definitions are refused as upstream refuses them', () => {
    const definitions = parse(readFileSync(new URL('testdata/definitions.yaml', import.meta.url), 'utf8')) as { name: string; value: CustomResourceDefinition; old?: CustomResourceDefinition }[]
    const completed = (value: CustomResourceDefinition) => {
      const object = deepClone(value)
      customResourceDefinition.setDefaults(object)
      return object
    }
    const text = definitions.map(({ name, value, old }) => {
      const errors = old === undefined ? customResourceDefinition.validate(completed(value)) : customResourceDefinition.validateUpdate(completed(value), completed(old))
      return [`# ${name}`, ...texts(errors)].join('\n')
    }).join('\n\n')
    const url = new URL('testdata/definitions.golden.txt', import.meta.url)
    if (process.env['GOLDEN'] === 'write') writeFileSync(url, `${text}\n`)
    expect(`${text}\n`).toBe(readFileSync(url, 'utf8'))
  })

  it('RU rules judge as upstream has them judge', () => {
    const ruled = parse(readFileSync(new URL('testdata/rules.yaml', import.meta.url), 'utf8')) as Case[]
    const text = ruled.map(({ name, schema, value, old }) => {
      const warnings: string[] = []
      const errors = compileRules(schema, true)!.validate(value, old, warning => warnings.push(warning))
      return [`# ${name}`, ...texts(errors), ...warnings.map(warning => `warning ${warning}`)].join('\n')
    }).join('\n\n')
    const url = new URL('testdata/rules.golden.txt', import.meta.url)
    if (process.env['GOLDEN'] === 'write') writeFileSync(url, `${text}\n`)
    expect(`${text}\n`).toBe(readFileSync(url, 'utf8'))
  })
})
