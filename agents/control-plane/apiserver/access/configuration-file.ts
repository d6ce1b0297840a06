/**
 * Configuration files of the server: YAML of a kind in apiserver.config.k8s.io, read strictly.
 *
 *   CF1  Another kind or version, a field that is not known and a field of another type are refused, with the file's name
 *        and the path of the field.
 */
import { isFields } from '../registry/kube-object.ts'
import type { Fields } from '../registry/kube-object.ts'
import { parseYaml } from '../../../wire/yaml/yaml.ts'
import { fieldErrorsText } from '../../../api/field-error.ts'
import type { FieldError } from '../../../api/field-error.ts'

/** What a field holds: a scalar, a list of something, or an object with the fields named. */
export type Shape = 'text' | 'number' | 'boolean' | 'duration' | { readonly list: Shape } | { readonly fields: Readonly<Record<string, Shape>> }

const group = 'apiserver.config.k8s.io'

export class ConfigurationError extends Error {}

export function readConfiguration(text: string, file: string, kind: string, shape: Shape): Fields {
  const fail = (why: string) => new ConfigurationError(`failed to load ${kind} from file ${JSON.stringify(file)}: ${why}`)
  let value: unknown
  try {
    const parsed = parseYaml(text)
    if (parsed.duplicates.length > 0) throw fail(`duplicate field ${parsed.duplicates.join(', ')}`)
    value = parsed.value
  } catch (error) {
    throw error instanceof ConfigurationError ? error : fail(error instanceof Error ? error.message : String(error))
  }
  if (!isFields(value)) throw fail('empty config data')
  const { kind: given, apiVersion, ...rest } = value
  if (given !== kind || ![`${group}/v1`, `${group}/v1beta1`, `${group}/v1alpha1`].includes(String(apiVersion))) throw fail(`expected ${kind} of ${group}/v1, got ${String(given)} of ${String(apiVersion)}`)
  const wrong = firstWrong(rest, shape, '')
  if (wrong !== undefined) throw fail(`strict decoding error: ${wrong}`) // CF1
  return rest
}

export function refuseConfiguration(file: string, errors: readonly FieldError[]): void {
  if (errors.length > 0) throw new ConfigurationError(`${file}: ${fieldErrorsText(errors)}`)
}

function firstWrong(value: unknown, shape: Shape, path: string): string | undefined {
  if (value === null || value === undefined) return undefined
  if (typeof shape === 'string') {
    const isRight = shape === 'number' ? typeof value === 'number' : shape === 'boolean' ? typeof value === 'boolean' : typeof value === 'string'
    return isRight ? undefined : `${path.slice(1)}: a ${shape} is wanted`
  }
  if ('list' in shape) {
    if (!Array.isArray(value)) return `${path.slice(1)}: a list is wanted`
    return value.map((item, index) => firstWrong(item, shape.list, `${path}[${index}]`)).find(text => text !== undefined)
  }
  if (!isFields(value)) return `${path.slice(1)}: an object is wanted`
  for (const [name, inner] of Object.entries(value)) {
    const known = Object.hasOwn(shape.fields, name) ? shape.fields[name] : undefined
    if (known === undefined) return `unknown field "${`${path}.${name}`.slice(1)}"`
    const wrong = firstWrong(inner, known, `${path}.${name}`)
    if (wrong !== undefined) return wrong
  }
  return undefined
}
