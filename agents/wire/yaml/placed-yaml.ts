/**
 * A YAML text written by a person, read so that every complaint about it names the place: "lab.yaml:7:14".
 *
 *   PL1  A key twice and broken YAML are syntax problems, each at its place; a text that has any has no value to be read.
 *   PL2  What is not there is placed at the nearest thing around it that is.
 */
import { type Document, LineCounter, isMap, isPair, isScalar, parseDocument } from 'yaml'

export type YamlPath = readonly (string | number)[]

export interface YamlDialect {
  readonly version?: '1.1' | '1.2'
  /** Whether "<<" merges. */
  readonly merge?: boolean
}

/** Lines and columns count from 1. */
export interface TextPlace {
  readonly line: number
  readonly column: number
}

export interface PlacedYaml {
  /** "file:line:column: what is wrong" (PL1). */
  readonly syntaxProblems: readonly string[]
  /** The same, taken apart. */
  readonly syntaxErrors: readonly (TextPlace & { readonly message: string })[]
  /** Throws for aliases that lead nowhere or would explode. */
  value(): unknown
  /** "file:line:column" of the value at the path; of its key where that is what is wrong. */
  place(path: YamlPath, aboutKey: boolean): string
  placeAt(path: YamlPath, aboutKey: boolean): TextPlace
}

const mostAliases = 100

export function readPlacedYaml(text: string, fileName: string, dialect: YamlDialect = {}): PlacedYaml {
  const lines = new LineCounter()
  const document = parseDocument(text, { ...dialect, lineCounter: lines, prettyErrors: false, uniqueKeys: true })
  const at = (offset: number): TextPlace => {
    const { line, col } = lines.linePos(offset)
    return { line: Math.max(1, line), column: Math.max(1, col) } // an empty text has no line at all
  }
  const written = ({ line, column }: TextPlace): string => `${fileName}:${line}:${column}`
  const syntaxErrors = document.errors.map(({ pos, message }) => ({ ...at(pos[0]), message }))
  return {
    syntaxProblems: syntaxErrors.map(error => `${written(error)}: ${error.message}`),
    syntaxErrors,
    value: () => document.toJS({ maxAliasCount: mostAliases }) as unknown,
    place: (path, aboutKey) => written(at(offsetOf(document, path, aboutKey))),
    placeAt: (path, aboutKey) => at(offsetOf(document, path, aboutKey)),
  }
}

function offsetOf(document: Document, path: YamlPath, aboutKey: boolean): number {
  for (let length = path.length; length >= 0; length--) { // PL2
    const part = path.slice(0, length)
    const key = keyOffset(document, part)
    if (aboutKey && key !== undefined) return key
    const range = (nodeAt(document, part) as { range?: readonly number[] | null } | null | undefined)?.range
    if (range !== undefined && range !== null) return range[0]!
    if (key !== undefined) return key
  }
  return 0
}

function keyOffset(document: Document, path: YamlPath): number | undefined {
  if (path.length === 0) return undefined
  const parent = nodeAt(document, path.slice(0, -1))
  if (!isMap(parent)) return undefined
  const pair = parent.items.find(item => isPair(item) && isScalar(item.key) && item.key.value === path.at(-1))
  return isScalar(pair?.key) ? pair.key.range?.[0] : undefined
}

function nodeAt(document: Document, path: YamlPath): unknown {
  return path.length === 0 ? document.contents : document.getIn(path, true)
}
