/**
 * Named formats: `format.dns1123Label().validate(self.name)` is optional.none() for a good name, else the reasons.
 * `format.named('uri')` finds one by its name.
 */
import { Base64Error, decodeBase64 } from '../../schema/base64.ts'
import { isDns1035Label, isDns1123Label, isDns1123Subdomain, isLabelValue, isQualifiedName } from '../../validation/names.ts'
import { ArrayList } from '../collections.ts'
import { CelOpaque, CelOptional } from '../cel-value.ts'
import type { CelValue } from '../cel-value.ts'
import { global, member } from '../declarations.ts'
import type { CelOverload } from '../declarations.ts'
import { readRfc3339 } from '../time.ts'
import { urlProblem } from './url.ts'

export class NamedFormatValue extends CelOpaque {
  readonly typeName = 'kubernetes.NamedFormat'
  readonly name: string
  /** What upstream takes for the length of the pattern behind it. */
  readonly maxRegexSize: number
  readonly problems: (text: string) => readonly string[]

  constructor(name: string, maxRegexSize: number, problems: (text: string) => readonly string[]) {
    super()
    this.name = name
    this.maxRegexSize = maxRegexSize
    this.problems = problems
  }

  override equals(other: CelOpaque): boolean {
    return other instanceof NamedFormatValue && other.name === this.name
  }
}

/** A prefix of a generated name may end with a dash: the generated part follows. */
function asPrefix(rule: (name: string) => readonly string[]): (name: string) => readonly string[] {
  return text => rule(text.length > 1 && text.endsWith('-') ? `${text.slice(0, -1)}a` : text)
}

function unless(isGood: (text: string) => boolean, reason: string): (text: string) => readonly string[] {
  return text => (isGood(text) ? [] : [reason])
}

function isBase64(text: string): boolean {
  try {
    decodeBase64(text)
    return true
  } catch (error) {
    if (error instanceof Base64Error) return false
    throw error
  }
}

function uriProblems(text: string): readonly string[] {
  const problem = urlProblem(text)
  return problem === undefined ? [] : [problem]
}

const uuid = /^[\da-f]{8}-?[\da-f]{4}-?[\da-f]{4}-?[\da-f]{4}-?[\da-f]{12}$/i

const formats: readonly (readonly [string, NamedFormatValue])[] = [
  ['dns1123Label', new NamedFormatValue('DNS1123Label', 30, isDns1123Label)],
  ['dns1123Subdomain', new NamedFormatValue('DNS1123Subdomain', 60, isDns1123Subdomain)],
  ['dns1035Label', new NamedFormatValue('DNS1035Label', 30, isDns1035Label)],
  ['qualifiedName', new NamedFormatValue('QualifiedName', 60, isQualifiedName)],
  ['dns1123LabelPrefix', new NamedFormatValue('DNS1123LabelPrefix', 30, asPrefix(isDns1123Label))],
  ['dns1123SubdomainPrefix', new NamedFormatValue('DNS1123SubdomainPrefix', 60, asPrefix(isDns1123Subdomain))],
  ['dns1035LabelPrefix', new NamedFormatValue('DNS1035LabelPrefix', 30, asPrefix(isDns1035Label))],
  ['labelValue', new NamedFormatValue('LabelValue', 40, isLabelValue)],
  ['uri', new NamedFormatValue('URI', 1_103, uriProblems)],
  ['uuid', new NamedFormatValue('uuid', 70, unless(text => uuid.test(text), 'does not match the UUID format'))],
  ['byte', new NamedFormatValue('byte', 84, unless(isBase64, 'invalid base64'))],
  ['date', new NamedFormatValue('date', 71, unless(text => /^\d{4}-\d{2}-\d{2}$/.test(text) && readRfc3339(`${text}T00:00:00Z`) !== undefined, 'invalid date'))],
  ['datetime', new NamedFormatValue('datetime', 71, unless(text => readRfc3339(text) !== undefined, 'invalid datetime'))],
]
const formatsByName: ReadonlyMap<string, NamedFormatValue> = new Map(formats)

function validate(format: NamedFormatValue, text: string): CelValue {
  const problems = format.problems(text)
  return problems.length === 0 ? CelOptional.none : new CelOptional(new ArrayList([...problems]))
}

export const namedFormats: readonly CelOverload[] = [
  ...formats.map(([name, value]) => global(`format.${name}`, `format.${name}`, '-> kubernetes.NamedFormat', () => value)),
  global('format-named', 'format.named', 'string -> optional_type(kubernetes.NamedFormat)', (name: string) => {
    const found = formatsByName.get(name)
    return found === undefined ? CelOptional.none : new CelOptional(found)
  }),
  member('format-validate', 'validate', 'kubernetes.NamedFormat, string -> optional_type(list(string))', validate),
]
