/**
 * The least and the most an expression can cost, from what schemas say of the sizes of its values.
 *
 * `self.words.all(w, w.startsWith('a'))` costs at most (maxItems of words) × (one step). Where a schema sets no limit, the largest
 * request (3 MiB) does; where nothing does, the estimate is endless.
 *
 *   ES1  A value on a path from a variable is as large as its schema allows; a literal is as large as it is; a result as its call says.
 *   ES2  `&&` and `||` may stop after their first operand; a choice costs its dearest branch at most.
 *   ES3  A comprehension costs its body times the size of its range.
 *   ES4  Scalars on a path have size 0 and elsewhere 1, as upstream counts them: estimates of equality depend on it.
 *   ES5  Upstream takes every path to start at the schema, whatever its first step is. So the first step from a value that is on no
 *        path (`[1].map(…)[0]`, the name of a type) leads to the schema itself, and is as large as that says: often size 0.
 */
import { isOptionalType } from './cel-type.ts'
import type { CelType } from './cel-type.ts'
import { costs, costSize, estimateCall } from './call-cost.ts'
import type { CallEstimate, EstimatedOperand } from './call-cost.ts'
import { either, exactly, nothing, plus, times, unknownSize } from './cost-range.ts'
import type { Range } from './cost-range.ts'
import { accumulatorName, isBinding } from './syntax.ts'
import type { CallNode, ComprehensionNode, Expression, LocalVariable, SelectNode } from './syntax.ts'

/** What is known of the entries of a list or map. */
interface Entries {
  readonly container: 'list' | 'map'
  readonly key: Range
  readonly value: Range
}

/** The schema at the end of a path; 'nowhere': the path leads out of the schema; undefined: there is no path. */
type Path = CelType | 'nowhere' | undefined

interface Known {
  readonly path: Path
  readonly size: Range | undefined
  readonly entries: Entries | undefined
}

export function estimateCost(root: Expression, variables: Readonly<Record<string, CelType>>): Range {
  return new Estimator(variables).cost(root)
}

class Estimator {
  /** Where paths start (ES5). */
  readonly #root: CelType | undefined
  readonly #paths = new Map<Expression, Path>()
  readonly #sizes = new Map<Expression, Range>()
  readonly #entries = new Map<Expression, Entries>()
  readonly #locals = new Map<LocalVariable, Known>()

  constructor(variables: Readonly<Record<string, CelType>>) {
    this.#root = Object.values(variables).map(sizedVariable).find(type => type !== undefined)
  }

  cost(node: Expression): Range {
    switch (node.kind) {
      case 'literal':
        return nothing
      case 'ident':
        return exactly(1)
      case 'select':
        return this.#select(node)
      case 'call':
        return this.#call(node)
      case 'list': {
        const sum = this.#sum(node.elements.map(element => element.value))
        this.#entries.set(node, { container: 'list', key: exactly(1), value: this.#spanned(node.elements.map(element => element.value)) })
        return plus(sum, exactly(costs.list))
      }
      case 'map': {
        const sum = this.#sum(node.entries.flatMap(entry => [entry.key, entry.value]))
        this.#entries.set(node, { container: 'map', key: this.#spanned(node.entries.map(entry => entry.key)), value: this.#spanned(node.entries.map(entry => entry.value)) })
        return plus(sum, exactly(costs.map))
      }
      case 'struct':
        return plus(this.#sum(node.fields.map(field => field.value)), exactly(costs.struct))
      case 'comprehension':
        return isBinding(node) ? this.#binding(node) : this.#comprehension(node)
    }
  }

  #sum(nodes: readonly Expression[]): Range {
    return nodes.reduce<Range>((sum, node) => plus(sum, this.cost(node)), nothing)
  }

  /** The sizes of several, from the smallest to the largest. */
  #spanned(nodes: readonly Expression[]): Range {
    return nodes.length === 0 ? nothing : nodes.map(node => this.#sizeOrUnknown(node)).reduce(either)
  }

  #select(node: SelectNode): Range {
    if (node.refersTo !== undefined) return exactly(1)
    const operand = this.cost(node.operand)
    if (node.testOnly) return operand
    const type = node.operand.type!
    const path = this.#path(node.operand)
    this.#paths.set(node, this.#step(path, from => (from.kind === 'object' ? from.fields.get(node.field)?.type : undefined)))
    return type.kind === 'map' || type.kind === 'object' ? plus(operand, exactly(1)) : operand
  }

  #call(node: CallNode): Range {
    if (node.name === 'dyn') {
      const cost = this.cost(node.args[0]!)
      this.#copySizes(node, node.args[0]!)
      return plus(cost, exactly(1))
    }
    const argumentCosts = node.args.map(argument => this.cost(argument))
    const args = node.args.map(argument => this.#operand(argument))
    const targetCost = node.target === undefined ? nothing : this.cost(node.target)
    const target = node.target === undefined ? undefined : this.#operand(node.target)
    let cost: Range | undefined
    let size: Range | undefined
    for (const { id } of node.overloads!) {
      const estimate = this.#overload(node, id, target, args, argumentCosts)
      cost = cost === undefined ? estimate.cost : either(cost, estimate.cost)
      if (estimate.size !== undefined) size = size === undefined ? estimate.size : either(size, estimate.size)
      const indexed = this.#indexed(node, id)
      if (indexed !== undefined) size = indexed.size
      size ??= this.#size(node)
    }
    if (size !== undefined) this.#sizes.set(node, size)
    return plus(targetCost, cost ?? nothing)
  }

  /** `list[i]` and `map[k]` go on along the path. */
  #indexed(node: CallNode, overload: string): { readonly size: Range | undefined } | undefined {
    if (overload !== 'index_list' && overload !== 'index_map') return undefined
    const container = node.args[0]!
    const path = this.#path(container)
    this.#paths.set(node, this.#step(path, elementOf))
    return { size: this.#entriesOf(container)?.value }
  }

  #overload(node: CallNode, id: string, target: EstimatedOperand | undefined, args: readonly EstimatedOperand[], argumentCosts: readonly Range[]): CallEstimate {
    if (id === 'logical_or' || id === 'logical_and') {
      const [left, right] = argumentCosts as [Range, Range]
      return { cost: { min: left.min, max: left.max + right.max } } // ES2
    }
    if (id === 'conditional') return this.#conditional(node, argumentCosts)
    if (id === 'add_list' || id === 'add_string' || id === 'add_bytes') this.#joinEntries(node)
    const estimate = estimateCall(node.name, id, target, args)
    return { ...estimate, cost: argumentCosts.reduce(plus, estimate.cost) }
  }

  #conditional(node: CallNode, [condition, yes, no]: readonly Range[]): CallEstimate {
    const [yesEntries, noEntries] = [this.#entriesOf(node.args[1]!), this.#entriesOf(node.args[2]!)]
    if (yesEntries !== undefined && noEntries !== undefined) this.#entries.set(node, unionOf(yesEntries, noEntries))
    return { cost: plus(condition!, either(yes!, no!)), size: either(this.#sizeOrUnknown(node.args[1]!), this.#sizeOrUnknown(node.args[2]!)) }
  }

  #joinEntries(node: CallNode): void {
    const [left, right] = [this.#entriesOf(node.args[0]!), this.#entriesOf(node.args[1]!)]
    if (left !== undefined && right !== undefined) this.#entries.set(node, unionOf(left, right))
  }

  #comprehension(node: ComprehensionNode): Range {
    const { first, second, accumulator } = node.locals!
    const outside = plus(this.cost(node.range), this.cost(node.initial))
    this.#locals.set(accumulator, { path: this.#path(node.initial), size: this.#size(node.initial), entries: this.#entriesOf(node.initial) })
    const entries = this.#entriesOf(node.range)
    const path = this.#path(node.range)
    const container = entries?.container ?? node.range.type!.kind
    const keys: Known = { path: this.#step(path, from => (from.kind === 'map' ? from.key : undefined)), size: entries?.key, entries: undefined }
    const values: Known = { path: this.#step(path, elementOf), size: entries?.value, entries: undefined }
    if (second === undefined) {
      this.#locals.set(first, container === 'list' ? values : keys)
    } else {
      this.#locals.set(first, keys)
      this.#locals.set(second, values)
    }
    const turn = plus(this.cost(node.condition), this.cost(node.step))
    const result = this.cost(node.result)
    const count = this.#sizeOrUnknown(node.range)
    if (node.initial.kind === 'literal') {
      this.#sizes.set(node, exactly(costSize(node.initial.value)))
    } else if (node.initial.kind === 'list' || node.initial.kind === 'map') {
      this.#sizes.set(node, count)
      const made = this.#entriesOf(node.step)
      if (made !== undefined) this.#entries.set(node, made)
    }
    return plus(plus(outside, result), times(count, turn)) // ES3
  }

  #binding(node: ComprehensionNode): Range {
    const { accumulator } = node.locals!
    const outside = plus(this.cost(node.range), this.cost(node.initial))
    this.#locals.set(accumulator, { path: this.#path(node.initial), size: this.#size(node.initial), entries: this.#entriesOf(node.initial) })
    const result = this.cost(node.result)
    this.#copySizes(node, node.result)
    return plus(outside, result)
  }

  #copySizes(to: Expression, from: Expression): void {
    const size = this.#size(from)
    if (size !== undefined) this.#sizes.set(to, size)
    const entries = this.#entriesOf(from)
    if (entries !== undefined) this.#entries.set(to, entries)
  }

  #operand(node: Expression): EstimatedOperand {
    const type = node.type!
    const path = node.kind === 'ident' && node.name === accumulatorName ? undefined : this.#path(node)
    const elementType = type.kind === 'list' ? type.element : type.kind === 'map' ? type.key : undefined
    const elementPath = path === undefined ? undefined : this.#step(path, elementOf)
    return { node, type, size: this.#size(node), elementType, elementSize: pathSize(elementPath) }
  }

  #local(node: Expression): Known | undefined {
    return node.kind === 'ident' && node.refersTo?.kind === 'local' ? this.#locals.get(node.refersTo.local) : undefined
  }

  /** ES1 */
  #path(node: Expression): Path {
    if ((node.kind === 'ident' || node.kind === 'select') && node.refersTo !== undefined && node.refersTo.kind !== 'local') return this.#root
    const local = this.#local(node)
    return local === undefined ? this.#paths.get(node) : local.path
  }

  /** ES5 */
  #step(path: Path, lead: (from: CelType) => CelType | undefined): Path {
    if (path === undefined) return this.#root
    return path === 'nowhere' ? 'nowhere' : (lead(path) ?? 'nowhere')
  }

  #entriesOf(node: Expression): Entries | undefined {
    return this.#entries.get(node) ?? this.#local(node)?.entries
  }

  #sizeOrUnknown(node: Expression): Range {
    return this.#size(node) ?? unknownSize
  }

  #size(node: Expression): Range | undefined {
    const known = this.#sizes.get(node)
    if (known !== undefined) return known
    if (node.kind === 'literal') return exactly(costSize(node.value))
    if (node.kind === 'list') return exactly(node.elements.length)
    if (node.kind === 'map') return exactly(node.entries.length)
    return pathSize(this.#path(node)) ?? (isScalar(node.type!) ? exactly(1) : this.#local(node)?.size) // ES4
  }
}

function pathSize(path: Path): Range | undefined {
  return path === undefined || path === 'nowhere' ? undefined : { min: 0, max: path.maxElements ?? 0 }
}

function elementOf(path: CelType): CelType | undefined {
  return path.kind === 'list' ? path.element : path.kind === 'map' ? path.value : undefined
}

/** Only types that came from a schema know their sizes. */
function sizedVariable(type: CelType | undefined): CelType | undefined {
  const own = type !== undefined && isOptionalType(type) ? type.parameters[0] : type
  return own?.maxElements === undefined ? undefined : own
}

function unionOf(a: Entries, b: Entries): Entries {
  return { container: a.container, key: either(a.key, b.key), value: either(a.value, b.value) }
}

function isScalar(type: CelType): boolean {
  switch (type.kind) {
    case 'bool':
    case 'double':
    case 'duration':
    case 'int':
    case 'timestamp':
    case 'uint':
      return true
    default:
      return isOptionalType(type) && isScalar(type.parameters[0]!)
  }
}
