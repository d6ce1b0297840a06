/**
 * What can go wrong with an expression, as three kinds of error.
 *
 *   CX1  CelCompileError: it is not a well-formed, well-typed expression. Its text is upstream's, with the source line and a caret.
 *   CX2  CelEvaluationError: it is, but it has no value for these inputs ("no such key: x").
 *   CX3  CelCostError: it would have cost more than its limit, or than what the shared budget still held.
 * `||`, `&&`, `all` and `exists` may absorb the second kind; never the third.
 */
export interface CelIssue {
  /** From 1. */
  readonly line: number
  /** In characters, from 0. */
  readonly column: number
  readonly message: string
}

/** Where compiling stopped: the text and its types, constants that cannot be computed, or the type of the result. */
export type CelCompileStage = 'compilation' | 'instantiation' | 'result type'

export class CelCompileError extends Error {
  override readonly name = 'CelCompileError'
  readonly stage: CelCompileStage
  readonly issues: readonly CelIssue[]

  constructor(source: string, issues: readonly CelIssue[], other?: { readonly message: string; readonly stage: CelCompileStage }) {
    super(other?.message ?? issuesText(source, issues))
    this.stage = other?.stage ?? 'compilation'
    this.issues = issues
  }
}

export class CelEvaluationError extends Error {
  override readonly name = 'CelEvaluationError'
}

export type CelCostLimit = 'call' | 'budget'

export class CelCostError extends Error {
  override readonly name = 'CelCostError'
  /** Which limit was hit: that of one evaluation, or the budget that several share. */
  readonly limit: CelCostLimit

  constructor(limit: CelCostLimit) {
    super(limit === 'call' ? 'operation cancelled: actual cost limit exceeded' : 'validation failed due to running out of cost budget, no further validation rules will be run')
    this.limit = limit
  }
}

const shownIssues = 100

function issuesText(source: string, issues: readonly CelIssue[]): string {
  const lines = source.split('\n')
  const shown = [...issues].sort((a, b) => a.line - b.line || a.column - b.column).slice(0, shownIssues)
  const texts = shown.map(issue => issueText(issue, lines[issue.line - 1], source === ''))
  if (issues.length > shownIssues) texts.push(`${issues.length - shownIssues} more errors were truncated`)
  return texts.join('\n')
}

/** Of an expression that is nothing, upstream names column 0. Wide characters get wide carets, so that the mark stays below what it marks. */
function issueText({ line, column, message }: CelIssue, text: string | undefined, isNothing: boolean): string {
  const head = `ERROR: <input>:${line}:${isNothing ? 0 : column + 1}: ${message}`
  if (text === undefined || text === '') return head
  const dots = [...text.replaceAll('\t', ' ')].slice(0, column).map(character => (character.charCodeAt(0) > 0x7f ? '．' : '.')).join('')
  const marked = [...text][column]
  return `${head}\n | ${text.replaceAll('\t', ' ')}\n | ${dots}${marked !== undefined && marked.charCodeAt(0) > 0x7f ? '＾' : '^'}`
}
