/**
 * A configuration file whose every complaint names the line and column of what is wrong.
 *
 *   PY1  Keys twice, aliases that loop and broken YAML are refused where they stand.
 *   PY2  A field that is not known is named with its position; the caller decides whether that refuses the file.
 */
import { readFileSync } from 'node:fs'
import type { FieldError } from '../../../api/field-error.ts'
import { fieldErrorText } from '../../../api/field-error.ts'
import { readPlacedYaml } from '../../../wire/yaml/placed-yaml.ts'
import type { YamlPath } from '../../../wire/yaml/placed-yaml.ts'

export class ConfigFileError extends Error {
  override readonly name = 'ConfigFileError'
}

export interface PositionedYaml {
  readonly value: unknown
  /** "file:line:column" of what stands at the path, or of the nearest thing around it. */
  place(path: YamlPath): string
  /** Throws with every error at its place. */
  refuse(errors: readonly FieldError[]): void
  /** "unknown field …" for each field that the shape does not name (PY2). */
  unknownFields(shape: KnownFields): string[]
}

/** Which fields an object may have; "*" stands for items of a list. A leaf is true. */
export interface KnownFields {
  readonly [field: string]: KnownFields | true
}

export function readPositionedYaml(file: string): PositionedYaml {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw new ConfigFileError(`failed to read file path ${JSON.stringify(file)}: ${(error as NodeJS.ErrnoException).code ?? String(error)}`)
  }
  return positionedYaml(text, file)
}

export function positionedYaml(text: string, file: string): PositionedYaml {
  const placed = readPlacedYaml(text, file, { version: '1.1', merge: true })
  if (placed.syntaxProblems[0] !== undefined) throw new ConfigFileError(placed.syntaxProblems[0]) // PY1
  const place = (path: YamlPath) => placed.place(path, true)
  let value: unknown
  try {
    value = placed.value()
  } catch (error) {
    throw new ConfigFileError(`${file}:1:1: ${error instanceof Error ? error.message : String(error)}`)
  }
  return {
    value,
    place,
    refuse(errors) {
      if (errors.length > 0) throw new ConfigFileError(errors.map(error => `${place(pathOf(error.path))}: ${fieldErrorText(error)}`).join('\n'))
    },
    unknownFields: shape => unknownIn(value, shape, []).map(path => `${place(path)}: unknown field ${JSON.stringify(path.map((step, index) => (typeof step === 'number' ? `[${step}]` : index === 0 ? step : `.${step}`)).join(''))}`),
  }
}

/** "rules[0].level" as steps. */
function pathOf(text: string): YamlPath {
  return text.split(/[.[\]]+/).filter(step => step !== '').map(step => (/^\d+$/.test(step) ? Number(step) : step))
}

function unknownIn(value: unknown, shape: KnownFields | true, path: YamlPath): YamlPath[] {
  if (shape === true || typeof value !== 'object' || value === null) return []
  if (Array.isArray(value)) return value.flatMap((item, index) => unknownIn(item, shape['*'] ?? true, [...path, index]))
  return Object.entries(value).flatMap(([field, inner]) => {
    const known = Object.hasOwn(shape, field) ? shape[field]! : undefined
    return known === undefined ? [[...path, field]] : unknownIn(inner, known, [...path, field])
  })
}
