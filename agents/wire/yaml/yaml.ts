/**
 * YAML bodies as upstream reads them (YAML 1.1, as sigs.k8s.io/yaml): JSON values only. A request body is its first document;
 * a manifest file may hold several.
 *
 *   YM1  A syntax error names line and column.
 *   YM2  Repeated keys are reported with their path; the last wins.
 *   YM3  Aliases are resolved within bounds, so that no document can explode.
 *   YM5  Numbers in base 60 are text, as Go's reader has it.
 *   YM6  Integers of 64 bits are kept exactly; longer ones become floating.
 *   YM4  A key named "__proto__" is an ordinary own key; keys that are not text become text.
 */
import { LineCounter, isAlias, isMap, isScalar, isSeq, parseAllDocuments } from 'yaml'
import type { Alias, Document, Node, Pair, Tags, YAMLMap } from 'yaml'
import { exactNumber, setOwn } from '../../api/schema/clone.ts'

export interface ParsedYaml {
  readonly value: unknown
  readonly duplicates: readonly string[]
}

export class YamlSyntaxError extends Error {
  override readonly name = 'YamlSyntaxError'
  readonly line: number
  readonly column: number

  constructor(message: string, line: number, column: number) {
    super(`error converting YAML to JSON: yaml: line ${line}: ${message}`)
    this.line = line
    this.column = column
  }
}

const mostAliasedNodes = 50_000
const deepest = 1_000
const mostDuplicates = 100
const longestDuplicate = 1_000

export function parseYaml(text: string): ParsedYaml {
  const { documents, lines } = documentsOf(text)
  return documents[0] === undefined ? { value: null, duplicates: [] } : readDocument(documents[0], lines)
}

/** One entry a document, in their order; empty ones have the value null. */
export function parseYamlDocuments(text: string): readonly ParsedYaml[] {
  const { documents, lines } = documentsOf(text)
  return documents.map(document => readDocument(document, lines))
}

function documentsOf(text: string): { readonly documents: readonly Document.Parsed[]; readonly lines: LineCounter } {
  const lines = new LineCounter()
  const parsed = parseAllDocuments(text, { version: '1.1', lineCounter: lines, uniqueKeys: false, prettyErrors: false, logLevel: 'silent', intAsBigInt: true, customTags: withoutSexagesimals })
  return { documents: Array.isArray(parsed) ? parsed : [], lines }
}

function readDocument(document: Document.Parsed, lines: LineCounter): ParsedYaml {
  const wrong = document.errors[0]
  if (wrong !== undefined) {
    const { line, col } = lines.linePos(wrong.pos[0])
    throw new YamlSyntaxError(wrong.message, line, col) // YM1
  }
  const reader = new Reader(lines)
  const value = reader.read(document.contents as Node | null, '', 0)
  return { value, duplicates: reader.duplicates }
}

/** YM5: Go's reader does not know base 60, so that 22:22 stays text. */
function withoutSexagesimals(tags: Tags): Tags {
  return tags.filter(tag => typeof tag === 'string' || tag.format !== 'TIME')
}

/** YM6 */
function wholeNumber(value: bigint): number {
  const number = Number(value)
  return Number.isSafeInteger(number) || value !== BigInt.asIntN(65, value) ? number : exactNumber(String(value))
}

class Reader {
  readonly duplicates: string[] = []
  readonly #lines: LineCounter
  readonly #anchors = new Map<string, Node>()
  #aliased = 0
  #insideAliases = 0

  constructor(lines: LineCounter) {
    this.#lines = lines
  }

  read(node: Node | null, path: string, depth: number): unknown {
    if (this.#insideAliases > 0) this.#aliased++
    if (this.#aliased > mostAliasedNodes || depth > deepest) throw this.#wrong('the document is too large or too deep once its aliases are resolved', node) // YM3
    if (node === null || node === undefined) return null
    if (isAlias(node)) return this.#resolve(node, path, depth)
    if (node.anchor !== undefined) this.#anchors.set(node.anchor, node)
    if (isSeq(node)) return node.items.map((item, index) => this.read(item as Node | null, `${path}[${index}]`, depth + 1))
    if (isMap(node)) return this.#map(node, path, depth)
    if (!isScalar(node)) return null
    const value: unknown = node.value
    if (value instanceof Date) return node.source ?? value.toISOString()
    if (value instanceof Uint8Array) return node.source ?? ''
    if (typeof value === 'number' && !Number.isFinite(value)) throw this.#wrong(`${String(value)} is not a JSON value`, node)
    return typeof value === 'bigint' ? wholeNumber(value) : value
  }

  /** Nodes are read in the order they are written, so an alias means the last node before it with that anchor. */
  #resolve(alias: Alias, path: string, depth: number): unknown {
    const target = this.#anchors.get(alias.source)
    if (target === undefined) throw this.#wrong(`unknown anchor '${alias.source}' referenced`, alias)
    this.#insideAliases++
    try {
      return this.read(target, path, depth + 1)
    } finally {
      this.#insideAliases--
    }
  }

  #map(node: YAMLMap, path: string, depth: number): Record<string, unknown> {
    const object: Record<string, unknown> = {}
    const seen = new Set<string>()
    for (const pair of node.items as Pair<Node | null, Node | null>[]) {
      const key = this.#key(pair.key)
      const below = path === '' ? key : `${path}.${key}`
      if (key === '<<' && pair.value !== null && !isScalar(pair.value)) {
        this.#merge(object, this.read(pair.value, path, depth + 1))
        continue
      }
      if (seen.has(key)) this.#noteDuplicate(below) // YM2
      seen.add(key)
      setOwn(object, key, this.read(pair.value, below, depth + 1)) // YM4
    }
    return object
  }

  #noteDuplicate(path: string): void {
    if (this.duplicates.length < mostDuplicates && path.length < longestDuplicate && !this.duplicates.includes(path)) this.duplicates.push(path)
  }

  /** YAML 1.1's merge key: what is said on the spot wins. */
  #merge(object: Record<string, unknown>, merged: unknown): void {
    for (const source of Array.isArray(merged) ? merged : [merged]) {
      if (typeof source !== 'object' || source === null) continue
      for (const [key, value] of Object.entries(source)) if (!Object.hasOwn(object, key)) setOwn(object, key, value)
    }
  }

  #key(node: Node | null): string {
    const value = this.read(node, '', 0)
    if (typeof value === 'object' && value !== null) throw this.#wrong('a key must be a scalar', node)
    return isScalar(node) && typeof value !== 'string' ? (node.source ?? String(value)) : String(value)
  }

  #wrong(message: string, node: Node | null): YamlSyntaxError {
    const { line, col } = this.#lines.linePos(node?.range?.[0] ?? 0)
    return new YamlSyntaxError(message, line, col)
  }
}
