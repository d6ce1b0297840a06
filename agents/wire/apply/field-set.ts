/**
 * Sets of field paths, as managedFields hold them.
 *
 * A path is a list of elements in the text of FieldsV1: `f:name` (field or key of a map), `k:{"name":"a"}` (element of a list
 * that is a map), `v:"x"` (member of a list that is a set), `i:0` (index). The set is a tree: an element may be a member
 * itself, have members below it, or both. In FieldsV1 an element that is both carries ".".
 *
 *   { "f:spec": { "f:replicas": {}, "f:containers": { "k:{\"name\":\"a\"}": { ".": {}, "f:image": {} } } } }
 *
 *   FS1  What was read from FieldsV1 and not changed is rendered as it was read; a write concerns few of an object's fields.
 *   FS2  What this server has stored is read no further than somebody looks: it is in order as it is.
 *   FS3  Elements of what others sent that are of an unknown kind are passed over; one that cannot be read spoils the whole.
 */
import { remembering } from '../../base/remembering.ts'
import { isPlainObject, setOwn } from '../../api/schema/clone.ts'

export type FieldPath = readonly string[]

type Fields = Record<string, unknown>

export class FieldSet {
  #members: Set<string> | undefined
  #children: Map<string, FieldSet> | undefined
  /** What this was read from, as long as it says the same (FS1). */
  #source: Fields | undefined

  /** FS2 */
  static ofOurs(source: Fields): FieldSet {
    const set = new FieldSet()
    set.#source = source
    return set
  }

  get members(): Set<string> {
    return this.#members ?? this.#read().members
  }

  get children(): Map<string, FieldSet> {
    return this.#children ?? this.#read().children
  }

  /** In FieldsV1, as it was read; `isMember`: whether whoever holds this set counts it as a member. */
  sourceAs(isMember: boolean): Fields | undefined {
    return this.#source !== undefined && Object.hasOwn(this.#source, '.') === isMember ? this.#source : undefined
  }

  #read(): { members: Set<string>; children: Map<string, FieldSet> } {
    const members = this.#members = new Set<string>()
    const children = this.#children = new Map<string, FieldSet>()
    const source = this.#source
    if (source === undefined) return { members, children }
    for (const element of Object.keys(source)) {
      const below = source[element]
      if (element === '.' || !isPlainObject(below)) continue
      const keys = Object.keys(below)
      if (keys.length === 0 || keys[0] === '.') members.add(element)
      if (keys.length > (keys[0] === '.' ? 1 : 0)) children.set(element, FieldSet.ofOurs(below))
    }
    return { members, children }
  }

  static of(...paths: FieldPath[]): FieldSet {
    const set = new FieldSet()
    for (const path of paths) set.insert(path)
    return set
  }

  get isEmpty(): boolean {
    if (this.#source !== undefined) return Object.keys(this.#source).length === 0
    if (this.members.size > 0) return false
    for (const child of this.children.values()) if (!child.isEmpty) return false
    return true
  }

  /** With members and children of its own. */
  copy(): FieldSet {
    const copy = new FieldSet()
    for (const member of this.members) copy.members.add(member)
    for (const [element, child] of this.children) copy.children.set(element, child)
    return copy
  }

  /** `below` becomes part of this set, which must have nothing below that path yet. */
  insert(path: FieldPath, below?: FieldSet): void {
    const last = path.length - 1
    if (last < 0) return
    let parent: FieldSet | undefined
    for (let depth = 0; depth < last; depth++) parent = (parent ?? this).#child(path[depth]!)
    ;(parent ?? this).add(path[last]!, below)
  }

  add(element: string, below?: FieldSet): void {
    this.#change()
    this.members.add(element)
    if (below !== undefined) this.children.set(element, below)
  }

  #change(): void {
    if (this.#source === undefined) return
    if (this.#members === undefined) this.#read()
    this.#source = undefined
  }

  #child(element: string): FieldSet {
    this.#change()
    let child = this.children.get(element)
    if (child === undefined) {
      child = new FieldSet()
      this.children.set(element, child)
    }
    return child
  }

  has(path: FieldPath): boolean {
    if (path.length === 1) return this.members.has(path[0]!)
    return this.children.get(path[0]!)?.has(path.slice(1)) ?? false
  }

  union(other: FieldSet): FieldSet {
    const result = new FieldSet()
    for (const member of this.members) result.members.add(member)
    for (const member of other.members) result.members.add(member)
    for (const [element, child] of this.children) result.children.set(element, child)
    for (const [element, child] of other.children) {
      const mine = result.children.get(element)
      result.children.set(element, mine === undefined ? child : mine.union(child))
    }
    return result
  }

  /** Members of this set that are not members of the other. */
  difference(other: FieldSet): FieldSet {
    const result = new FieldSet()
    for (const member of this.members) if (!other.members.has(member)) result.members.add(member)
    for (const [element, child] of this.children) {
      const theirs = other.children.get(element)
      const rest = theirs === undefined ? child : child.difference(theirs)
      if (!rest.isEmpty) result.children.set(element, rest)
    }
    return result
  }

  /** Like difference, but a member of the other also takes everything below it. */
  recursiveDifference(other: FieldSet): FieldSet {
    const result = new FieldSet()
    for (const member of this.members) if (!other.members.has(member)) result.members.add(member)
    for (const [element, child] of this.children) {
      if (other.members.has(element)) continue
      const theirs = other.children.get(element)
      const rest = theirs === undefined ? child : child.recursiveDifference(theirs)
      if (!rest.isEmpty) result.children.set(element, rest)
    }
    return result
  }

  intersection(other: FieldSet): FieldSet {
    const result = new FieldSet()
    for (const member of this.members) if (other.members.has(member)) result.members.add(member)
    for (const [element, child] of this.children) {
      const theirs = other.children.get(element)
      if (theirs === undefined) continue
      const both = child.intersection(theirs)
      if (!both.isEmpty) result.children.set(element, both)
    }
    return result
  }

  equals(other: FieldSet): boolean {
    return this.difference(other).isEmpty && other.difference(this).isEmpty
  }

  /** Every member's path; at each level the members first, then what is below. */
  *paths(prefix: FieldPath = []): Generator<FieldPath> {
    for (const element of [...this.members].sort(compareElements)) yield [...prefix, element]
    for (const element of [...this.children.keys()].sort(compareElements)) yield* this.children.get(element)!.paths([...prefix, element])
  }
}

function compareElements(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

export function renderFieldsV1(set: FieldSet): Record<string, unknown> {
  return rendered(set, false) ?? {}
}

/** undefined for a set without members; one that is a member itself says so by ".". */
function rendered(set: FieldSet, isMember: boolean): Record<string, unknown> | undefined {
  const source = set.sourceAs(isMember)
  if (source !== undefined) return source // FS1
  const elements = [...set.members]
  for (const element of set.children.keys()) if (!set.members.has(element)) elements.push(element)
  if (!isSorted(elements)) elements.sort(compareElements)
  let result: Record<string, unknown> | undefined
  for (const element of elements) {
    const child = set.children.get(element)
    const holds = set.members.has(element)
    const below = child === undefined ? undefined : rendered(child, holds)
    if (below === undefined && !holds) continue
    result ??= isMember ? { '.': {} } : {}
    setOwn(result, element, below ?? {})
  }
  return result
}

/** Canonical objects are. */
function isSorted(elements: readonly string[]): boolean {
  for (let at = 1; at < elements.length; at++) if (elements[at - 1]! > elements[at]!) return false
  return true
}

/** FS2 */
export function ours(fields: unknown): FieldSet {
  return isPlainObject(fields) ? FieldSet.ofOurs(fields) : new FieldSet()
}

/** FS3; undefined for what cannot be read. */
export function readFieldsV1(fields: unknown): FieldSet | undefined {
  if (!isPlainObject(fields)) return undefined
  const set = new FieldSet()
  for (const element of Object.keys(fields)) {
    const below = fields[element]
    if (element === '.') continue
    const normal = normalElement(element)
    if (normal === undefined) return undefined
    if (normal === '') continue
    const child = readFieldsV1(below)
    if (child === undefined) return undefined
    if (Object.keys(below as object).length === 0 || Object.hasOwn(below as object, '.')) set.members.add(normal)
    if (child.members.size > 0 || child.children.size > 0) set.children.set(normal, child) // what is below it has been looked at
  }
  return set
}

/** As this server writes it; "" if it is of a kind nobody knows yet, undefined if it cannot be read. */
function normalElement(element: string): string | undefined {
  if (element[1] !== ':') return undefined
  switch (element[0]) {
    case 'f': return element
    case 'i': return /^-?\d+$/.test(element.slice(2)) ? element : undefined
    case 'v':
    case 'k': {
      try {
        const value: unknown = JSON.parse(element.slice(2))
        if (element.startsWith('v')) return valueElement(value)
        return isPlainObject(value) ? keyElement(value) : undefined
      } catch {
        return undefined
      }
    }
    default: return ''
  }
}

/** Keys of a list element are compared as text: fields in order, no spaces. */
export function keyElement(keys: Readonly<Record<string, unknown>>): string {
  const names = Object.keys(keys).sort()
  return `k:{${names.map(name => `${JSON.stringify(name)}:${JSON.stringify(keys[name])}`).join(',')}}`
}

/** Names come again with every object; one text each saves making and hashing it. They are keys, which are no parts of other texts. */
export const fieldElement: (name: string) => string = remembering(name => `f:${name}`, { maxLength: 64, maxTexts: 5_000 })

export function valueElement(value: unknown): string {
  return `v:${JSON.stringify(value)}`
}

export function indexElement(index: number): string {
  return `i:${index}`
}

/** A path as people read it: .spec.containers[name="a"].image, .metadata.finalizers[="x"]. */
export function pathText(path: FieldPath): string {
  return path.map(element => {
    const rest = element.slice(2)
    if (element.startsWith('f:')) return `.${rest}`
    if (element.startsWith('v:')) return `[=${rest}]`
    if (element.startsWith('i:')) return `[${rest}]`
    const keys = JSON.parse(rest) as Record<string, unknown>
    return `[${Object.keys(keys).sort().map(name => `${name}=${JSON.stringify(keys[name])}`).join(',')}]`
  }).join('')
}
