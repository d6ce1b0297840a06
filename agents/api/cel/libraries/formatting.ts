/**
 * `'%s has %d'.format([name, count])`.
 *
 *   %s anything   %d whole numbers   %f %.2f fixed   %e %.3e scientific   %b binary (bools too)   %x %X hexadecimal   %o octal   %%
 *
 *   FO1  A directive without an argument is "index 2 out of range"; an argument without a directive is ignored at run time.
 *   FO2  Constant formats with literal arguments are checked when compiling.
 */
import { CelDuration, CelFault, CelList, CelMap, CelTimestamp, CelTypeValue, CelUint, typeNameOf } from '../cel-value.ts'
import type { CelValue } from '../cel-value.ts'
import { work } from '../frame.ts'
import { durationText, timestampText } from '../time.ts'
import { doubleText } from './conversions.ts'

const defaultPrecision = 6
const maxPrecision = 1_000

export interface Directive {
  readonly verb: string
  readonly precision: number
}

/** The text around directives and the directives, in turn; a fault where the format is wrong. */
export function readFormat(text: string): readonly (string | Directive)[] | CelFault {
  const parts: (string | Directive)[] = []
  let plain = ''
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] !== '%') {
      plain += text[at]!
      continue
    }
    if (at === text.length - 1) return new CelFault('unexpected end of string')
    if (text[at + 1] === '%') {
      plain += '%'
      at += 1
      continue
    }
    const match = /^%(?:\.(\d*))?([A-Za-z])?/.exec(text.slice(at, at + 20))!
    const verb = match[2]
    if (verb === undefined || !'sdfebxXo'.includes(verb)) return new CelFault(`could not parse formatting clause: unrecognized formatting clause "${verb ?? text[at + match[0].length] ?? ''}"`)
    const precision = match[1] === undefined || match[1] === '' ? defaultPrecision : Number(match[1])
    if (precision > maxPrecision) return new CelFault('precision must be at most 1000')
    parts.push(plain, { verb, precision })
    plain = ''
    at += match[0].length - 1
  }
  return [...parts, plain]
}

export function format(text: string, args: CelList): CelValue | CelFault {
  const parts = readFormat(text)
  if (parts instanceof CelFault) return parts
  let result = ''
  let index = 0
  for (const part of parts) {
    if (typeof part === 'string') {
      result += part
      continue
    }
    if (index >= args.size) return new CelFault(`index ${index} out of range`) // FO1
    const argument = args.at(index)
    index += 1
    if (argument instanceof CelFault) return argument
    const written = write(part, argument)
    if (written instanceof CelFault) return written
    work(written.length)
    result += written
  }
  return result
}

/** The words for an argument that a directive cannot take. */
export function misfit(verb: string, typeName: string): string {
  switch (verb) {
    case 's':
      return `error during formatting: string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps, was given ${typeName}`
    case 'd':
      return `error during formatting: decimal clause can only be used on integers, was given ${typeName}`
    case 'f':
      return `error during formatting: fixed-point clause can only be used on doubles, was given ${typeName}`
    case 'e':
      return `error during formatting: scientific clause can only be used on doubles, was given ${typeName}`
    case 'b':
      return `error during formatting: only integers and bools can be formatted as binary, was given ${typeName}`
    case 'o':
      return `error during formatting: octal clause can only be used on integers, was given ${typeName}`
    default:
      return `error during formatting: only integers, byte buffers, and strings can be formatted as hex, was given ${typeName}`
  }
}

function write({ verb, precision }: Directive, value: CelValue): string | CelFault {
  const refused = (): CelFault => new CelFault(misfit(verb, typeNameOf(value)))
  const whole = value instanceof CelUint ? value.value : typeof value === 'bigint' ? value : undefined
  switch (verb) {
    case 's':
      return textOf(value) ?? refused()
    case 'd':
      return whole === undefined ? refused() : String(whole)
    case 'f':
      return number(value, refused, double => grouped(fixed(double, precision)))
    case 'e':
      return number(value, refused, double => scientific(double, precision))
    case 'b':
      return typeof value === 'boolean' ? (value ? '1' : '0') : whole === undefined ? refused() : whole.toString(2)
    case 'o':
      return whole === undefined ? refused() : whole.toString(8)
    default:
      return hexadecimal(value, whole, verb === 'X') ?? refused()
  }
}

function number(value: CelValue, refused: () => CelFault, write_: (double: number) => string): string | CelFault {
  const double = typeof value === 'number' ? value : value === 'NaN' ? Number.NaN : value === 'Infinity' ? Infinity : value === '-Infinity' ? -Infinity : undefined
  if (double === undefined) return refused()
  if (Number.isNaN(double)) return 'NaN'
  if (!Number.isFinite(double)) return double > 0 ? '∞' : '-∞'
  return write_(double)
}

/** As Go rounds: a tie goes to the even digit, where toFixed goes up. */
function fixed(double: number, precision: number): string {
  const digits = Math.min(precision, 100)
  const rounded = double.toFixed(digits)
  const longer = double.toFixed(Math.min(100, digits + 30))
  const rest = longer.slice(longer.indexOf('.') + 1 + digits)
  if (!/^50*$/.test(rest) || !/[13579]\.?$/.test(rounded)) return rounded
  const even = longer.slice(0, longer.indexOf('.') + 1 + digits)
  return even.endsWith('.') ? even.slice(0, -1) : even
}

/** Thousands are set apart, as in English. */
function grouped(text: string): string {
  const [whole, fraction] = text.split('.') as [string, string?]
  const apart = whole.replace(/\B(?=(?:\d{3})+$)/g, ',')
  return fraction === undefined ? apart : `${apart}.${fraction}`
}

/** Six digits, whatever precision is asked for: upstream takes the number for the least width. */
function scientific(double: number, width: number): string {
  const [mantissa, exponent] = double.toExponential(defaultPrecision).split('e') as [string, string]
  const digits = exponent.slice(1).padStart(2, '0')
  const raised = [...`${exponent[0] === '-' ? '-' : ''}${digits}`].map(character => superscripts[character]!).join('')
  return `${mantissa}×10${raised}`.padStart(width, ' ')
}

const superscripts: Readonly<Record<string, string>> = { '-': '⁻', 0: '⁰', 1: '¹', 2: '²', 3: '³', 4: '⁴', 5: '⁵', 6: '⁶', 7: '⁷', 8: '⁸', 9: '⁹' }

function hexadecimal(value: CelValue, whole: bigint | undefined, isUpper: boolean): string | undefined {
  const bytes = typeof value === 'string' ? new TextEncoder().encode(value) : value instanceof Uint8Array ? value : undefined
  const text = whole?.toString(16) ?? (bytes === undefined ? undefined : Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join(''))
  return isUpper ? text?.toUpperCase() : text
}

/** A value as %s writes it at the top: strings bare. */
function textOf(value: CelValue): string | undefined {
  if (typeof value === 'string') return value
  if (typeof value === 'number') return doubleText(value)
  if (value instanceof Uint8Array) return new TextDecoder().decode(value)
  if (value instanceof CelTimestamp) return timestampText(value)
  if (value instanceof CelDuration) return durationText(value.nanos)
  return nested(value)
}

/** A value inside a list or map: strings quoted, times as calls. */
function nested(value: CelValue): string | undefined {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value)
    case 'bigint':
    case 'boolean':
      return String(value)
    case 'number':
      return Number.isFinite(value) ? value.toFixed(defaultPrecision) : `"${doubleText(value)}"`
  }
  if (value === null) return 'null'
  if (value instanceof CelUint) return String(value.value)
  if (value instanceof Uint8Array) return `b${JSON.stringify(new TextDecoder().decode(value))}`
  if (value instanceof CelTimestamp) return `timestamp("${timestampText(value)}")`
  if (value instanceof CelDuration) return `duration("${durationText(value.nanos)}")`
  if (value instanceof CelTypeValue) return value.name
  if (value instanceof CelList) return listText(value)
  return value instanceof CelMap ? mapText(value) : undefined
}

function listText(list: CelList): string | undefined {
  const parts: string[] = []
  work(list.size)
  for (let index = 0; index < list.size; index += 1) {
    const item = list.at(index)
    const text = item instanceof CelFault ? undefined : nested(item)
    if (text === undefined) return undefined
    work(text.length)
    parts.push(text)
  }
  return `[${parts.join(', ')}]`
}

function mapText(map: CelMap): string | undefined {
  const parts: (readonly [string, string])[] = []
  work(map.size)
  for (const key of map.keys()) {
    const value = map.find(key)
    const text = value === undefined || value instanceof CelFault ? undefined : nested(value)
    const keyText = nested(key)
    if (text === undefined || keyText === undefined) return undefined
    work(text.length)
    parts.push([keyText, text])
  }
  parts.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  return `{${parts.map(([key, value]) => `${key}:${value}`).join(', ')}}`
}
