/**
 * Request bodies in YAML.
 *
 *   YM1  The result is JSON: maps with text keys, no tags, no dates; numbers and booleans as YAML 1.1's readers in Go take
 *        them, except that only true and false are booleans.
 *   YM2  A repeated key is reported with its path, like in JSON; the last wins.
 *   YM3  Aliases are bounded, so that a small body cannot grow without end.
 *   YM4  One document only.
 */
import { isAlias, isMap, isPair, isScalar, isSeq, LineCounter, parseAllDocuments, type Document } from 'yaml'
import { setOwn } from '../../api/schema/clone.ts'
import type { ParsedJson } from '../../api/schema/json.ts'

export class YamlSyntaxError extends Error {
  override readonly name = 'YamlSyntaxError'
  /** 1-based. */
  readonly line: number
  readonly column: number

  constructor(message: string, line: number, column: number) {
    super(message)
    this.line = line
    this.column = column
  }
}

const maxNodes = 200_000
const maxDepth = 1_000

export function parseYaml(text: string): ParsedJson {
  const lines = new LineCounter()
  const documents = parseAllDocuments(text, { uniqueKeys: false, lineCounter: lines, logLevel: 'error', merge: false })
  const document = Array.isArray(documents) ? documents[0] : undefined
  if (document === undefined) return { value: null, duplicates: [] }
  if (documents.length > 1) throw new YamlSyntaxError('only one document is allowed', 1, 1) // YM4
  const [error] = document.errors
  if (error !== undefined) {
    const { line, col } = lines.linePos(error.pos[0])
    throw new YamlSyntaxError(`error converting YAML to JSON: yaml: line ${line}: ${error.message.split('\n')[0]!.replace(/ at line \d+, column \d+:?$/, '')}`, line, col)
  }
  return new Reader(document as Document).read()
}

class Reader {
  readonly #document: Document
  readonly #duplicates: string[] = []
  #nodes = 0

  constructor(document: Document) {
    this.#document = document
  }

  read(): ParsedJson {
    return { value: this.#value(this.#document.contents, '', 0), duplicates: this.#duplicates }
  }

  #value(node: unknown, path: string, depth: number): unknown {
    this.#nodes += 1
    if (this.#nodes > maxNodes || depth > maxDepth) throw new YamlSyntaxError('yaml: document contains excessive aliasing', 1, 1) // YM3
    if (isAlias(node)) return this.#value(node.resolve(this.#document), path, depth + 1)
    if (isScalar(node)) return scalar(node.value)
    if (isSeq(node)) return node.items.map((item, index) => this.#value(item, `${path}[${index}]`, depth + 1))
    if (!isMap(node)) return null
    const result: Record<string, unknown> = {}
    for (const pair of node.items) {
      if (!isPair(pair)) continue
      const key = isScalar(pair.key) ? String(pair.key.value) : String(pair.key)
      const below = path === '' ? key : `${path}.${key}`
      if (Object.hasOwn(result, key) && !this.#duplicates.includes(below)) this.#duplicates.push(below) // YM2
      setOwn(result, key, this.#value(pair.value, below, depth + 1))
    }
    return result
  }
}

function scalar(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value)
  if (value instanceof Date) return value.toISOString()
  return value ?? null
}
