/**
 * A survey brought down to what can be kept and reviewed: one line an answer, a short one whole, a long one as its digest; of
 * OpenAPI one digest a path or schema. `node test/conformance/survey.ts` prints whatever a digest stands for.
 *
 *   SU1  survey/upstream-1.36.txt holds what kube-apiserver 1.36.0 answered.
 *   SU2  survey/differences.txt holds our answers where they differ, below the reason why; nothing else may differ.
 */
import { createHash } from 'node:crypto'

const longest = 400

/** By what was asked. */
export type SurveyLines = ReadonlyMap<string, string>

export function compactSurvey(lines: readonly string[]): SurveyLines {
  const whole = new Map<string, string[]>()
  for (const line of lines) {
    const { key, value } = splitLine(line)
    const [subject] = /^openapi schema \S+/.exec(key) ?? [key]
    whole.set(subject, [...whole.get(subject) ?? [], key === subject ? value : `${key} ${value}`])
  }
  return new Map([...whole].map(([key, values]) => {
    const text = values.join('\n')
    return [key, key.startsWith('openapi ') || text.length > longest ? digestOf(text) : text] as const
  }))
}

function digestOf(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex').slice(0, 16)}`
}

/** What was asked, and the answer: the longest end of the line that is JSON, or a digest. */
export function splitLine(line: string): { readonly key: string; readonly value: string } {
  for (let at = line.indexOf(' '); at >= 0; at = line.indexOf(' ', at + 1)) {
    const value = line.slice(at + 1)
    if (value.startsWith('sha256:') || isJson(value)) return { key: line.slice(0, at), value }
  }
  throw new Error(`no answer in ${JSON.stringify(line)}`)
}

function isJson(text: string): boolean {
  if (!/^[[{"]/.test(text)) return false
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

export function readSurvey(text: string): SurveyLines {
  return new Map(text.split('\n').filter(line => line !== '').map(line => {
    const { key, value } = splitLine(line)
    return [key, value]
  }))
}

export function renderSurvey(lines: SurveyLines): string {
  return [...lines].map(([key, value]) => `${key} ${value}\n`).join('')
}

/** One reason and the answers of ours that differ for it; undefined is an answer that is not given. */
export interface Difference {
  readonly reason: string
  readonly answers: ReadonlyMap<string, string | undefined>
}

const notAsked = '"not asked"'

export function readDifferences(text: string): Difference[] {
  return text.split(/^# /m).slice(1).map(part => {
    const [reason = '', ...lines] = part.split('\n')
    return { reason, answers: new Map([...readSurvey(lines.join('\n'))].map(([key, value]) => [key, value === notAsked ? undefined : value])) }
  })
}

export function renderDifferences(differences: readonly Difference[]): string {
  return differences.map(({ reason, answers }) => `# ${reason}\n${[...answers].map(([key, value]) => `${key} ${value ?? notAsked}\n`).join('')}`).join('\n')
}

const unexplainedReason = 'Not explained yet.'

/** What differs, by key; each keeps the reason it had. */
export function compareSurveys(upstream: SurveyLines, ours: SurveyLines, known: readonly Difference[]): Difference[] {
  const found = new Map<string, string | undefined>()
  for (const key of new Set([...upstream.keys(), ...ours.keys()])) if (upstream.get(key) !== ours.get(key)) found.set(key, ours.get(key))
  const kept = known.map(({ reason, answers }) => ({ reason, answers: new Map([...answers.keys()].filter(key => found.has(key)).map(key => [key, found.get(key)])) }))
  const explained = new Set(kept.flatMap(({ answers }) => [...answers.keys()]))
  const rest = new Map([...found].filter(([key]) => !explained.has(key)))
  const unexplained = new Map([...kept.filter(({ reason }) => reason === unexplainedReason).flatMap(({ answers }) => [...answers]), ...rest])
  return [...kept.filter(({ reason }) => reason !== unexplainedReason), { reason: unexplainedReason, answers: unexplained }].filter(({ answers }) => answers.size > 0)
}
