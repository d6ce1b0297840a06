/**
 * Which types fit where, while some are still unknown.
 *
 * A declaration such as `list(A) + list(A)` gets fresh unknowns (`_var3`) for each call; fitting argument types against it tells
 * what the unknowns stand for. An attempt that fails leaves nothing behind.
 *
 *   UN1  An unknown takes the first type it meets, and a more general one later (dyn absorbs).
 *   UN2  An unknown never stands for a type that contains it.
 *   UN3  Types that grow beyond any use (each level doubling the last) are refused, so that checking stays linear.
 */
import { dynType, isOptionalType, isSameType } from './cel-type.ts'
import type { CelType, TypeParameter } from './cel-type.ts'
import { partsOf } from './declarations.ts'

const maxTypeSize = 5_000

export class TypeSizeFault extends Error {}

export class Unification {
  readonly #known = new Map<string, CelType>()
  /** What to restore when an attempt fails. */
  readonly #trail: { readonly name: string; readonly before: CelType | undefined }[] = []
  readonly #sizes = new WeakMap<CelType, number>()
  #fresh = 0

  fresh(): TypeParameter {
    this.#fresh += 1
    return { kind: 'parameter', name: `_var${this.#fresh - 1}` }
  }

  /** The type with all that is known put in; `settle`: what is still unknown becomes dyn. */
  resolve(type: CelType, settle = false): CelType {
    if (type.kind === 'parameter') {
      const known = this.#known.get(type.name)
      if (known !== undefined) return this.resolve(known, settle)
      return settle ? dynType : type
    }
    return this.#mapParts(type, part => this.resolve(part, settle))
  }

  /** A declaration's parameters replaced by fresh unknowns. */
  instantiate(types: readonly CelType[], parameters: readonly string[]): readonly CelType[] {
    if (parameters.length === 0) return types
    const fresh = new Map(parameters.map(name => [name, this.fresh()]))
    const replace = (type: CelType): CelType => (type.kind === 'parameter' ? (fresh.get(type.name) ?? type) : this.#mapParts(type, replace))
    return types.map(replace)
  }

  /** Whether each of `sources` fits the place of `targets`; keeps what it learned only if all do. */
  assignAll(targets: readonly CelType[], sources: readonly CelType[]): boolean {
    if (targets.length !== sources.length) return false
    const mark = this.#trail.length
    if (targets.every((target, index) => this.#assign(target, sources[index]!))) return true
    while (this.#trail.length > mark) {
      const { name, before } = this.#trail.pop()!
      if (before === undefined) this.#known.delete(name)
      else this.#known.set(name, before)
    }
    return false
  }

  assign(target: CelType, source: CelType): boolean {
    return this.assignAll([target], [source])
  }

  #assign(first: CelType, second: CelType): boolean {
    if (second.kind === 'parameter') {
      const outcome = this.#stand(second, first)
      if (outcome === 'fits') return true
      if (outcome === 'conflict') return false
    }
    if (first.kind === 'parameter') return this.#stand(first, second) === 'fits'
    if (isLooseType(first) || isLooseType(second)) return true
    if (first.kind === 'null') return isNullable(second)
    if (second.kind === 'null') return isNullable(first)
    if (first.kind === 'type') return second.kind === 'type'
    if (first.kind !== second.kind) return false
    switch (first.kind) {
      case 'list':
      case 'map':
        return this.#assignParts(first, second)
      case 'opaque':
        return second.kind === 'opaque' && first.name === second.name && this.#assignParts(first, second)
      case 'object':
        return second.kind === 'object' && first.name === second.name
      default:
        return true
    }
  }

  #assignParts(first: CelType, second: CelType): boolean {
    if (first === second) return true
    const parts = partsOf(second)
    return partsOf(first).every((part, index) => parts[index] !== undefined && this.#assign(part, parts[index]))
  }

  /** Lets an unknown stand for a type (UN1). */
  #stand(unknown: TypeParameter, type: CelType): 'fits' | 'conflict' | 'impossible' {
    if (type.kind === 'parameter' && type.name === unknown.name) return 'fits'
    const known = this.#known.get(unknown.name)
    if (known === undefined) {
      if (!this.#isFreeIn(unknown, type)) return 'impossible'
      this.#learn(unknown.name, type)
      return 'fits'
    }
    if (isSameType(type, known)) return 'fits'
    if (!this.#assign(type, known)) return 'conflict'
    const general = mostGeneral(type, known)
    if (general !== known && this.#isFreeIn(unknown, general)) this.#learn(unknown.name, general)
    return 'fits'
  }

  #learn(name: string, type: CelType): void {
    this.#trail.push({ name, before: this.#known.get(name) })
    this.#known.set(name, type)
  }

  /** UN2 */
  #isFreeIn(unknown: TypeParameter, type: CelType): boolean {
    if (type.kind !== 'parameter') return partsOf(type).every(part => this.#isFreeIn(unknown, part))
    if (type.name === unknown.name) return false
    const known = this.#known.get(type.name)
    return known === undefined || this.#isFreeIn(unknown, known)
  }

  #mapParts(type: CelType, replace: (part: CelType) => CelType): CelType {
    switch (type.kind) {
      case 'list': {
        const element = replace(type.element)
        return element === type.element ? type : this.measured({ ...type, element })
      }
      case 'map': {
        const key = replace(type.key)
        const value = replace(type.value)
        return key === type.key && value === type.value ? type : this.measured({ ...type, key, value })
      }
      case 'opaque': {
        const parameters = type.parameters.map(replace)
        return parameters.every((parameter, index) => parameter === type.parameters[index]) ? type : this.measured({ ...type, parameters })
      }
      case 'type': {
        if (type.of === undefined) return type
        const of = replace(type.of)
        return of === type.of ? type : this.measured({ ...type, of })
      }
      default:
        return type
    }
  }

  /** UN3 */
  measured<T extends CelType>(type: T): T {
    if (this.#sizeOf(type) > maxTypeSize) throw new TypeSizeFault('the type of the expression is too large')
    return type
  }

  #sizeOf(type: CelType): number {
    const known = this.#sizes.get(type)
    if (known !== undefined) return known
    const size = partsOf(type).reduce((sum, part) => sum + this.#sizeOf(part), 1)
    this.#sizes.set(type, size)
    return size
  }
}

export function isLooseType(type: CelType): boolean {
  return type.kind === 'dyn' || type.kind === 'error'
}

function isNullable(type: CelType): boolean {
  return type.kind === 'opaque' || type.kind === 'object' || type.kind === 'timestamp' || type.kind === 'duration' || type.kind === 'null'
}

/** Of two that fit each other, the one that says less. */
export function mostGeneral(first: CelType, second: CelType): CelType {
  return saysLess(first, second) ? first : second
}

function saysLess(first: CelType, second: CelType): boolean {
  if (first.kind === 'dyn' || first.kind === 'parameter') return true
  if (second.kind === 'dyn' || second.kind === 'parameter') return false
  if (first.kind !== second.kind) return false
  if (first.kind === 'type') return true
  if (first.kind === 'opaque' && second.kind === 'opaque' && first.name !== second.name) return false
  if (first.kind === 'list' || first.kind === 'map' || first.kind === 'opaque') {
    const parts = partsOf(second)
    return partsOf(first).every((part, index) => parts[index] !== undefined && saysLess(part, parts[index]))
  }
  return isSameType(first, second)
}

/** The type inside an optional, and whether it was one. */
export function unwrapOptional(type: CelType): readonly [CelType, boolean] {
  return isOptionalType(type) ? [type.parameters[0]!, true] : [type, false]
}
