/**
 * Semantic versions: `semver('1.2.3').isLessThan(semver('1.10.0'))`; with `true` as second argument "v1" and "01.2" are read, too.
 */
import { CelFault, CelOpaque } from '../cel-value.ts'
import type { CelValue } from '../cel-value.ts'
import { global, member } from '../declarations.ts'
import type { CelOverload } from '../declarations.ts'
import { comparisons } from './comparisons.ts'

export class SemverValue extends CelOpaque {
  readonly typeName = 'kubernetes.Semver'
  readonly numbers: readonly [bigint, bigint, bigint]
  readonly prerelease: readonly (bigint | string)[]
  readonly build: readonly string[]

  constructor(numbers: readonly [bigint, bigint, bigint], prerelease: readonly (bigint | string)[], build: readonly string[]) {
    super()
    this.numbers = numbers
    this.prerelease = prerelease
    this.build = build
  }

  override equals(other: CelOpaque): boolean {
    return other instanceof SemverValue && compare(this, other) === 0
  }

  get text(): string {
    return `${this.numbers.join('.')}${this.prerelease.length === 0 ? '' : `-${this.prerelease.join('.')}`}${this.build.length === 0 ? '' : `+${this.build.join('.')}`}`
  }
}

const uint64Max = 2n ** 64n - 1n
const positions = ['major', 'minor', 'patch'] as const

export function readSemverValue(text: string): SemverValue | CelFault {
  if (text === '') return new CelFault('Version string empty')
  const parts = splitAtMost(text, '.', 3)
  if (parts.length !== 3) return new CelFault('No Major.Minor.Patch elements found')
  let patch = parts[2]!
  const build = cut(patch, '+')
  patch = build.before
  const prerelease = cut(patch, '-')
  patch = prerelease.before
  const numbers: bigint[] = []
  for (const [index, digits] of [parts[0]!, parts[1]!, patch].entries()) {
    const number = readNumber(digits, positions[index]!)
    if (number instanceof CelFault) return number
    numbers.push(number)
  }
  const pre: (bigint | string)[] = []
  for (const part of prerelease.after === undefined ? [] : prerelease.after.split('.')) {
    const read_ = readPrerelease(part)
    if (read_ instanceof CelFault) return read_
    pre.push(read_)
  }
  const builds = build.after === undefined ? [] : build.after.split('.')
  for (const part of builds) {
    if (part === '') return new CelFault('Build meta data is empty')
    if (!/^[\dA-Za-z-]+$/.test(part)) return new CelFault(`Invalid character(s) found in build meta data ${JSON.stringify(part)}`)
  }
  return new SemverValue(numbers as [bigint, bigint, bigint], pre, builds)
}

function splitAtMost(text: string, separator: string, count: number): string[] {
  const parts = text.split(separator)
  return parts.length <= count ? parts : [...parts.slice(0, count - 1), parts.slice(count - 1).join(separator)]
}

function cut(text: string, separator: string): { readonly before: string; readonly after: string | undefined } {
  const at = text.indexOf(separator)
  return at < 0 ? { before: text, after: undefined } : { before: text.slice(0, at), after: text.slice(at + 1) }
}

function readNumber(digits: string, position: (typeof positions)[number]): bigint | CelFault {
  const title = position[0]!.toUpperCase() + position.slice(1)
  if (!/^\d*$/.test(digits)) return new CelFault(`Invalid character(s) found in ${position} number ${JSON.stringify(digits)}`)
  if (digits.length > 1 && digits.startsWith('0')) return new CelFault(`${title} number must not contain leading zeroes ${JSON.stringify(digits)}`)
  if (digits === '' ) return new CelFault(`strconv.ParseUint: parsing "": invalid syntax`)
  if (digits.length > 20 || BigInt(digits) > uint64Max) return new CelFault(`strconv.ParseUint: parsing ${JSON.stringify(digits)}: value out of range`)
  return BigInt(digits)
}

function readPrerelease(part: string): bigint | string | CelFault {
  if (part === '') return new CelFault('Prerelease is empty')
  if (/^\d+$/.test(part)) {
    if (part.length > 1 && part.startsWith('0')) return new CelFault(`Numeric PreRelease version must not contain leading zeroes ${JSON.stringify(part)}`)
    return part.length > 20 || BigInt(part) > uint64Max ? new CelFault(`strconv.ParseUint: parsing ${JSON.stringify(part)}: value out of range`) : BigInt(part)
  }
  return /^[\dA-Za-z-]+$/.test(part) ? part : new CelFault(`Invalid character(s) found in prerelease ${JSON.stringify(part)}`)
}

/** "v1" is 1.0.0, "01.2.3" is 1.2.3. */
function normalized(text: string): SemverValue | CelFault {
  const parts = splitAtMost(text.replace(/^v/, ''), '.', 3).map(part => {
    if (part.length <= 1) return part
    const trimmed = part.replace(/^0+/, '')
    return /^\d/.test(trimmed) ? trimmed : `0${trimmed}`
  })
  if (parts.length < 3 && /[+-]/.test(parts.at(-1)!)) return new CelFault('short version cannot contain PreRelease/Build meta data')
  while (parts.length < 3) parts.push('0')
  return readSemverValue(parts.join('.'))
}

function compare(a: SemverValue, b: SemverValue): number {
  for (const index of [0, 1, 2] as const) if (a.numbers[index] !== b.numbers[index]) return a.numbers[index] < b.numbers[index] ? -1 : 1
  if (a.prerelease.length === 0 || b.prerelease.length === 0) return Number(b.prerelease.length > 0) - Number(a.prerelease.length > 0)
  for (let index = 0; index < Math.min(a.prerelease.length, b.prerelease.length); index += 1) {
    const order = comparePrerelease(a.prerelease[index]!, b.prerelease[index]!)
    if (order !== 0) return order
  }
  return Math.sign(a.prerelease.length - b.prerelease.length)
}

/** Numbers before words. */
function comparePrerelease(a: bigint | string, b: bigint | string): number {
  if (a === b) return 0
  if (typeof a !== typeof b) return typeof a === 'bigint' ? -1 : 1
  return a < b ? -1 : 1
}

function semver(text: string, normalize = false): CelValue | CelFault {
  return normalize ? normalized(text) : readSemverValue(text)
}

function isSemver(text: string, normalize = false): boolean {
  return semver(text, normalize) instanceof SemverValue
}

export const semvers: readonly CelOverload[] = [
  global('string_to_semver', 'semver', 'string -> kubernetes.Semver', (text: string) => semver(text)),
  global('string_bool_to_semver', 'semver', 'string, bool -> kubernetes.Semver', semver),
  global('is_semver_string', 'isSemver', 'string -> bool', (text: string) => isSemver(text)),
  global('is_semver_string_bool', 'isSemver', 'string, bool -> bool', isSemver),
  ...comparisons('semver', 'kubernetes.Semver', compare),
  ...positions.map((position, index) => member(`semver_${position}`, position, 'kubernetes.Semver -> int', (value: SemverValue) => value.numbers[index]!)),
]
