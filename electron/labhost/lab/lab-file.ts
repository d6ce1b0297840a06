/** A Lab file: YAML text -> LabSpec, every problem with its line and column ("lab.yaml:7:14: spec.overlay: …"). */
import { type Document, LineCounter, isMap, isPair, isScalar, parseDocument } from 'yaml'
import type { LabSpec } from '../../contract/labs.ts'
import { LabError } from './lab-error.ts'
import { type Path, type Problem, pathText, readLab } from './lab-spec.ts'

export function readLabFile(text: string, fileName: string): LabSpec {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true })
  if (document.errors.length > 0) {
    throw badFile(document.errors.map(error => `${at(fileName, lines, error.pos[0])}: ${error.message}`))
  }
  const { spec, problems } = readLab(document.toJS({ maxAliasCount: 100 }) as unknown)
  if (spec !== null) return spec
  throw badFile(problems.map(problem => `${at(fileName, lines, offsetOf(document, problem))}: ${problem.path.length === 0 ? '' : `${pathText(problem.path)}: `}${problem.message}`))
}

function badFile(problems: readonly string[]): LabError {
  return new LabError('invalid-argument', `${problems.join('\n')}`)
}

function at(fileName: string, lines: LineCounter, offset: number): string {
  const { line, col } = lines.linePos(offset)
  return `${fileName}:${Math.max(1, line)}:${Math.max(1, col)}`
}

/** Where the nearest existing part of the path begins; the key itself where the key is what is wrong. */
function offsetOf(document: Document, problem: Problem): number {
  for (let length = problem.path.length; length >= 0; length--) {
    const path = problem.path.slice(0, length)
    const key = keyOffset(document, path)
    if (problem.aboutKey === true && key !== undefined) return key
    const node = path.length === 0 ? document.contents : document.getIn(path, true)
    const range = (node as { range?: readonly number[] | null } | undefined | null)?.range
    if (range !== undefined && range !== null) return range[0]!
    if (key !== undefined) return key
  }
  return 0
}

function keyOffset(document: Document, path: Path): number | undefined {
  if (path.length === 0) return undefined
  const parent = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true)
  if (!isMap(parent)) return undefined
  const pair = parent.items.find(item => isPair(item) && isScalar(item.key) && item.key.value === path.at(-1))
  return isScalar(pair?.key) ? pair.key.range?.[0] : undefined
}
