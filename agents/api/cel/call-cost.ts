/**
 * What calls cost: at run time from their arguments, and estimated from the sizes their arguments may have. One rule a line or two,
 * the two columns side by side, because an estimate that is below the real cost would let a rule in that then fails.
 *
 * The numbers are upstream's: k8s.io/apiserver's cost estimator by function name, CEL's own for its operators and list library by
 * overload. A string costs a tenth of its characters to walk, a regular expression a quarter of its length for each such tenth.
 *
 *   CC1  A call without a rule costs 1.
 *   CC2  Rules of overloads only hold where the checker found exactly one overload; those of functions always.
 *   CC3  Costs are computed before the call runs wherever its arguments decide them, so that a call that is too dear never starts.
 */
import type { CelType } from './cel-type.ts'
import { CelList, CelMap, CelOpaque, CelOptional } from './cel-value.ts'
import type { CelFault, CelValue } from './cel-value.ts'
import { exactly, nothing, plus, scaled, times, unknownSize } from './cost-range.ts'
import type { Range } from './cost-range.ts'
import { work } from './frame.ts'
import type { Expression } from './syntax.ts'
import { codePointLength } from './text.ts'

export const costs = { list: 10, map: 30, struct: 40, perCharacter: 0.1, perRegexCharacter: 0.25 } as const

type Values = readonly (CelValue | CelFault)[]

/** An operand as an estimate sees it. */
export interface EstimatedOperand {
  readonly node: Expression
  readonly type: CelType
  readonly size: Range | undefined
  /** Of the elements, where the operand is a list or a map whose schema is known. */
  readonly elementSize: Range | undefined
  readonly elementType: CelType | undefined
}

export interface CallEstimate {
  readonly cost: Range
  readonly size?: Range
}

export interface CostRule {
  /** `result` is undefined where the call has not run yet (CC3). */
  readonly actual?: (args: Values, result: CelValue | CelFault | undefined) => number
  /** Only once the result is there. */
  readonly afterCall?: boolean
  readonly estimate?: (target: EstimatedOperand | undefined, args: readonly EstimatedOperand[]) => CallEstimate | undefined
}

/** The size that costs are made of: characters, bytes, items, entries; 1 for all else. */
export function costSize(value: CelValue | CelFault | undefined): number {
  if (typeof value === 'string') return codePointLength(value)
  if (value instanceof CelList || value instanceof CelMap) return value.size
  if (value instanceof Uint8Array) return value.length
  if (value instanceof CelOpaque) return value.costSize
  if (value instanceof CelOptional && value.value !== undefined) return costSize(value.value)
  return 1
}

export function sizeOf(operand: EstimatedOperand | undefined): Range {
  return operand?.size ?? unknownSize
}

const one = exactly(1)

/** Always the same. */
function flat(amount: number): CostRule {
  return { actual: () => amount, estimate: () => ({ cost: exactly(amount) }) }
}

function walk(times_: number, value: CelValue | CelFault | undefined): number {
  return Math.ceil(costSize(value) * times_ * costs.perCharacter)
}

/** One walk over a string given as an argument. */
function walkArgument(times_: number, keepsSize: boolean): CostRule {
  return {
    actual: args => walk(times_, args[0]),
    estimate: (_target, [text]) => (text === undefined ? undefined : estimated(scaled(sizeOf(text), times_ * costs.perCharacter), keepsSize ? sizeOf(text) : undefined)),
  }
}

/** One walk over the string it is called on. */
const walkTarget: CostRule = {
  actual: args => walk(1, args[0]),
  estimate: target => (target === undefined ? undefined : estimated(scaled(sizeOf(target), costs.perCharacter), sizeOf(target))),
}

function estimated(cost: Range, size?: Range): CallEstimate {
  return size === undefined ? { cost } : { cost, size }
}

function selectorCost(length: Range): Range {
  return plus(plus(exactly(costs.list), scaled(length, costs.perCharacter)), scaled(scaled(length, 0.5), costs.list + costs.struct))
}

const selector: CostRule = {
  actual: args => selectorCost(exactly(costSize(args[1]))).max,
  estimate: (_target, args) => (args.length === 1 ? { cost: selectorCost(sizeOf(args[0])) } : undefined),
}

/** Looking at every element once; strings among them are walked. */
const eachElement: CostRule = {
  actual: args => traversal(args[0]!),
  estimate: target => {
    if (target === undefined) return undefined
    if (target.elementType === undefined) return { cost: scaled(sizeOf(target), costs.perCharacter) }
    const isText = target.elementType.kind === 'string' || target.elementType.kind === 'bytes'
    const perElement = isText ? plus(one, scaled(target.elementSize ?? unknownSize, costs.perCharacter)) : one
    return { cost: times(sizeOf(target), perElement) }
  },
}

function traversal(value: CelValue | CelFault): number {
  if (typeof value === 'string' || value instanceof Uint8Array) return Math.floor((typeof value === 'string' ? utf8Length(value) : value.length) * costs.perCharacter)
  if (value instanceof CelList) {
    let sum = 0
    work(value.size)
    value.each(item => {
      sum += traversal(item)
      return true
    })
    return sum
  }
  if (value instanceof CelMap) return value.keys().reduce<number>((sum, key) => sum + traversal(key) + traversal(value.find(key) ?? null), 0)
  return 1
}

function utf8Length(text: string): number {
  let length = 0
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index)
    length += unit < 0x80 ? 1 : unit < 0x800 ? 2 : unit >= 0xd800 && unit <= 0xdfff ? 2 : 3
  }
  return length
}

function regexCost(text: Range, pattern: Range): Range {
  return times(scaled(plus(text, one), costs.perCharacter), scaled(pattern, costs.perRegexCharacter))
}

const search: CostRule = {
  actual: args => regexCost(exactly(costSize(args[0])), exactly(costSize(args[1]))).max,
  estimate: (target, args) => (target === undefined || args.length === 0 ? undefined : { cost: regexCost(sizeOf(target), sizeOf(args[0])), size: { min: 0, max: sizeOf(target).max } }),
}

const replace: CostRule = {
  actual: args => walk(2, args[0]),
  estimate: (target, args) => (target === undefined || args.length < 2 ? undefined : { cost: scaled(sizeOf(target), 2 * costs.perCharacter), size: replacedSize(sizeOf(target), sizeOf(args[0]), sizeOf(args[1])) }),
}

/** The longest result replaces the shortest finds by the longest text, the shortest the other way round. */
function replacedSize(text: Range, find: Range, by: Range): Range {
  const most = find.min === 0 ? { count: text.max + 1, kept: text.max } : by.max <= find.min ? { count: 0, kept: text.max } : { count: Math.ceil(text.max / find.min), kept: 0 }
  const least = find.max === 0 ? { count: text.min + 1, kept: text.min } : find.max <= by.min ? { count: 0, kept: text.min } : { count: Math.max(text.min > 0 ? 1 : 0, Math.ceil(text.min / find.max)), kept: 0 }
  return plus(times({ min: least.count, max: most.count }, by), { min: least.kept, max: most.kept })
}

const split: CostRule = {
  actual: args => walk(2, args[0]),
  estimate: (target, args) => {
    if (target === undefined) return undefined
    const limit = args[1]?.node.kind === 'literal' && typeof args[1].node.value === 'bigint' ? args[1].node.value : undefined
    const max = limit === undefined ? sizeOf(target).max : limit < 0n ? Infinity : Number(limit)
    return { cost: scaled(sizeOf(target), 2 * costs.perCharacter), size: { min: 0, max } }
  },
}

const join: CostRule = {
  actual: (_args, result) => walk(2, result),
  afterCall: true,
  estimate: (target, args) => {
    if (target === undefined) return undefined
    const count = sizeOf(target)
    const text = target.elementType === undefined ? nothing : times(count, target.elementSize ?? unknownSize)
    const separators = { min: Math.max(0, count.min - 1), max: Math.max(0, count.max - 1) }
    const size = args[0] === undefined ? text : plus(text, times(sizeOf(args[0]), separators))
    return { cost: scaled(size, costs.perCharacter), size }
  },
}

/** IPv4 takes 4 bytes, IPv6 16; the prefix is compared with as many. */
const addressBytes: Range = { min: 4, max: 16 }

function contains(extra: Range, parsedOverload: string): (overload: string) => CostRule {
  return overload => ({
    actual: args => Math.ceil(2 * costSize(args[0]) * costs.perCharacter) + (extra.max === 0 ? 0 : walk(1, args[0]) + 1) + (overload === parsedOverload ? walk(1, args[1]) : 0),
    estimate: (_target, args) => {
      const compared = scaled(plus(addressBytes, addressBytes), costs.perCharacter)
      const masked = extra.max === 0 ? compared : plus(plus(compared, scaled(addressBytes, costs.perCharacter)), one)
      return { cost: overload === parsedOverload ? plus(masked, scaled(sizeOf(args[0]), costs.perCharacter)) : masked }
    },
  })
}

const containsIp = contains(nothing, 'cidr_contains_ip_string')
const containsCidr = contains(one, 'cidr_contains_cidr_string')
const maxNameRegex = 128

const validate: CostRule = {
  actual: args => regexCost(exactly(costSize(args[1])), exactly((args[0] as { readonly maxRegexSize?: number }).maxRegexSize ?? 0)).max,
  estimate: (_target, [text]) => (text === undefined ? undefined : { cost: scaled(scaled(sizeOf(text), costs.perCharacter), maxNameRegex * costs.perRegexCharacter) }),
}

const nominal = flat(1)

/** By function name. */
const functionRules: ReadonlyMap<string, CostRule> = new Map<string, CostRule>([
  ['check', flat(350_000)],
  ...['serviceAccount', 'path', 'group', 'resource', 'subresource', 'namespace', 'name', 'allowed', 'reason', 'error', 'errored'].map(name => [name, nominal] as const),
  ['fieldSelector', selector], ['labelSelector', selector],
  ...['isSorted', 'sum', 'max', 'min', 'indexOf', 'lastIndexOf'].map(name => [name, eachElement] as const),
  ['url', walkArgument(1, true)], ['jsonpatch.escapeKey', walkArgument(1, true)],
  ...['lowerAscii', 'upperAscii', 'substring', 'trim'].map(name => [name, walkTarget] as const),
  ['replace', replace], ['split', split], ['join', join], ['find', search], ['findAll', search],
  ...['cidr', 'isIP', 'isCIDR', 'quantity', 'isQuantity', 'semver', 'isSemver'].map(name => [name, walkArgument(1, false)] as const),
  ['ip.isCanonical', walkArgument(2, false)],
  ...['masked', 'prefixLength', 'family', 'isUnspecified', 'isLoopback', 'isLinkLocalMulticast', 'isLinkLocalUnicast', 'isGlobalUnicast'].map(name => [name, nominal] as const),
  ['validate', validate], ['format.named', nominal],
  ...['sign', 'asInteger', 'isInteger', 'asApproximateFloat', 'isGreaterThan', 'isLessThan', 'compareTo', 'add', 'sub', 'major', 'minor', 'patch'].map(name => [name, nominal] as const),
  ...['getScheme', 'getHostname', 'getHost', 'getPort', 'getEscapedPath', 'getQuery'].map(name => [name, nominal] as const),
])

/** The shorter of two decides how long comparing takes. */
const comparison: CostRule = {
  actual: ([a, b]) => (a instanceof CelOpaque && a.comparesAtOnce ? 1 : Math.ceil(Math.min(costSize(a), costSize(b)) * costs.perCharacter)),
  estimate: (_target, [a, b]) => {
    if (a?.type.kind === 'opaque' && b?.type.kind === 'opaque' && a.type.name === b.type.name) {
      const known = opaqueComparisons.get(a.type.name)
      if (known !== undefined) return { cost: known(b) }
    }
    return comparedSizes(a, b)
  },
}

const inequality: CostRule = {
  actual: ([a, b]) => Math.ceil(Math.min(costSize(a), costSize(b)) * costs.perCharacter),
  estimate: (_target, [a, b]) => comparedSizes(a, b),
}

function comparedSizes(a: EstimatedOperand | undefined, b: EstimatedOperand | undefined): CallEstimate {
  const max = Math.min(sizeOf(a).max, sizeOf(b).max)
  return { cost: scaled({ min: max > 0 ? 1 : 0, max }, costs.perCharacter) }
}

const opaqueComparisons: ReadonlyMap<string, (other: EstimatedOperand) => Range> = new Map<string, (other: EstimatedOperand) => Range>([
  ...['net.IP', 'net.CIDR', 'kubernetes.Quantity', 'kubernetes.Semver', 'kubernetes.authorization.Authorizer', 'kubernetes.authorization.PathCheck', 'kubernetes.authorization.GroupCheck', 'kubernetes.authorization.ResourceCheck', 'kubernetes.authorization.Decision'].map(name => [name, () => one] as const),
  ['kubernetes.NamedFormat', () => scaled({ min: 1, max: 64 }, costs.perCharacter)],
  ['kubernetes.URL', other => scaled({ min: 1, max: other.size?.max ?? 1 }, costs.perCharacter)],
])

const concatenation: CostRule = {
  actual: ([a, b]) => Math.ceil((costSize(a) + costSize(b)) * costs.perCharacter),
  estimate: (_target, [a, b]) => {
    const size = plus(sizeOf(a), sizeOf(b))
    return { cost: scaled(size, costs.perCharacter), size }
  },
}

const walkOwn: CostRule = { actual: args => walk(1, args[0]) }

/** A list is made: its size, times what is done for each item, on top of the call and the list. */
function madeList(factor: number, size: Range): CallEstimate {
  return { cost: plus(scaled(size, factor), exactly(1 + costs.list)), size }
}

function madeListCost(factor: number, size: number): number {
  return Math.floor(size * factor) + 1 + costs.list
}

const intLiteral = (operand: EstimatedOperand | undefined, otherwise: number): number => {
  if (operand?.node.kind !== 'literal' || typeof operand.node.value !== 'bigint') return otherwise
  return operand.node.value < 0n ? 0 : Number(operand.node.value)
}

function compareAllCost(list: CelValue | CelFault | undefined): number {
  const size = costSize(list)
  const first = list instanceof CelList && list.size > 0 ? list.at(0) : undefined
  return madeListCost(2 + (typeof first === 'string' || first instanceof Uint8Array ? costs.perCharacter : 0), size * size)
}

function sortRule(kind: string, keys: 0 | 1): CostRule {
  const factor = 2 + (kind === 'string' || kind === 'bytes' ? costs.perCharacter : 0)
  return {
    actual: args => compareAllCost(args[keys]),
    estimate: (target, args) => {
      const size = sizeOf(keys === 0 ? target : args[0])
      return madeList(factor, times(size, size))
    },
  }
}

function setRule(factor: number): CostRule {
  return {
    actual: args => 1 + Math.floor(costSize(args[0]) * costSize(args[1]) * factor),
    estimate: (_target, args) => ({ cost: plus(scaled(times(sizeOf(args[0]), sizeOf(args[1])), factor), one) }),
  }
}

const flattenRule: CostRule = {
  actual: args => madeListCost(args.length === 2 && typeof args[1] === 'bigint' ? Number(args[1]) : 1, costSize(args[0])),
  estimate: (target, args) => madeList(args.length === 1 ? intLiteral(args[0], Infinity) : 1, sizeOf(target)),
}

const matchesRule: CostRule = {
  actual: args => regexCost(exactly(costSize(args[0])), exactly(costSize(args[1]))).max,
  estimate: (target, args) => (target === undefined || args.length !== 1 ? undefined : { cost: regexCost(sizeOf(target), sizeOf(args[0])) }),
}

const sortKinds = ['int', 'uint', 'double', 'bool', 'google.protobuf.Duration', 'google.protobuf.Timestamp', 'string', 'bytes']

/** Every character escaped and two quotes; of an unbounded size upstream's 64 bits leave nothing. */
function quotedSize(size: number): number {
  return size === Infinity ? 0 : size * 2 + 2
}

/** Backwards, the difference overflows upstream's unsigned numbers: endless. */
function span(start: number, end: number): number {
  return end < start ? Infinity : end - start
}

/** By overload. */
const overloadRules: ReadonlyMap<string, CostRule> = new Map<string, CostRule>([
  ['starts_with_string', { ...walkOwn, estimate: (_target, args) => ({ cost: scaled(sizeOf(args[0]), costs.perCharacter) }) }],
  ['ends_with_string', { ...walkOwn, estimate: (_target, args) => ({ cost: scaled(sizeOf(args[0]), costs.perCharacter) }) }],
  ['string_to_bytes', { ...walkOwn, estimate: (_target, [text]) => ({ cost: scaled(sizeOf(text), costs.perCharacter), size: { min: sizeOf(text).min, max: sizeOf(text).max * 4 } }) }],
  ['bytes_to_string', { ...walkOwn, estimate: (_target, [bytes]) => ({ cost: scaled(sizeOf(bytes), costs.perCharacter), size: { min: Math.floor(sizeOf(bytes).min / 4), max: sizeOf(bytes).max } }) }],
  ['strings_quote', { ...walkOwn, estimate: (_target, [text]) => ({ cost: scaled(sizeOf(text), costs.perCharacter), size: { min: sizeOf(text).min + 2, max: quotedSize(sizeOf(text).max) } }) }],
  ['string_format', { ...walkOwn, estimate: target => ({ cost: scaled(sizeOf(target), costs.perCharacter) }) }],
  ['in_list', { actual: args => costSize(args[1]), estimate: (_target, args) => ({ cost: sizeOf(args[1]) }) }],
  ['matches_string', matchesRule],
  ['contains_string', {
    actual: args => walk(1, args[0]) * walk(1, args[1]),
    estimate: (target, args) => (target === undefined ? undefined : { cost: times(scaled(sizeOf(target), costs.perCharacter), scaled(sizeOf(args[0]), costs.perCharacter)) }),
  }],
  ['add_string', concatenation], ['add_bytes', concatenation],
  ['add_list', { actual: () => 1, estimate: (_target, [a, b]) => ({ cost: one, size: plus(sizeOf(a), sizeOf(b)) }) }],
  ...['not_equals', ...['less', 'less_equals', 'greater', 'greater_equals'].flatMap(name => [`${name}_string`, `${name}_bytes`])].map(id => [id, inequality] as const),
  ['equals', comparison],
  ['list_sets_contains_list', setRule(1)], ['list_sets_intersects_list', setRule(1)], ['list_sets_equivalent_list', setRule(2)],
  ['list_slice', {
    actual: (_args, result) => madeListCost(1, costSize(result)), afterCall: true,
    estimate: (target, args) => madeList(1, exactly(span(intLiteral(args[0], 0), intLiteral(args[1], sizeOf(target).max)))),
  }],
  ['lists_range', { actual: (_args, result) => madeListCost(1, costSize(result)), afterCall: true, estimate: (_target, args) => madeList(1, exactly(intLiteral(args[0], Infinity))) }],
  ['list_reverse', { actual: args => madeListCost(1, costSize(args[0])), estimate: target => madeList(1, sizeOf(target)) }],
  ['list_flatten', flattenRule], ['list_flatten_int', flattenRule],
  ['list_distinct', { actual: args => compareAllCost(args[0]), estimate: target => madeList(2, times(sizeOf(target), sizeOf(target))) }],
  ...sortKinds.flatMap(kind => [[`list_${kind}_sort`, sortRule(kind, 0)] as const, [`list_${kind}_sortByAssociatedKeys`, sortRule(kind, 1)] as const]),
])

/** The rule for a call that was resolved to these overloads (CC1, CC2). */
export function costRule(name: string, overloads: readonly { readonly id: string }[]): CostRule | undefined {
  const only = overloads.length === 1 ? overloads[0]!.id : ''
  if (name === 'ip') return only === 'cidr_ip' ? nominal : walkArgument(1, false)
  if (name === 'containsIP') return containsIp(only)
  if (name === 'containsCIDR') return containsCidr(only)
  return overloadRules.get(only) ?? functionRules.get(name)
}

/** The estimate of one overload, without its operands' own costs. */
export function estimateCall(name: string, overload: string, target: EstimatedOperand | undefined, args: readonly EstimatedOperand[]): CallEstimate {
  return costRule(name, [{ id: overload }])?.estimate?.(target, args) ?? { cost: one }
}

