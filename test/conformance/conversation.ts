/**
 * A conversation: a text file of commands as a person would type them, and what was answered.
 *
 *   CV1  `$ command` is run by a shell, lines after it that start with `< ` are its standard input; `%file name … %end`
 *        writes a file beside it. `& command` runs in the background until `%join` (it ends by itself) or `%stop` (it is
 *        interrupted); their answer is that of the command.
 *   CV2  An answer is standard output (lines indented by two), standard error (`! `) and the exit status when it is not
 *        0 (`? 1`). Blanks at line ends and empty lines at the end do not count.
 *   CV3  `@<=1.30`, `@1.31..1.32`, `@>=1.33` before an answer: what these versions of kubectl say. `@>=1.31` before a
 *        command: only these versions are asked.
 *   CV4  `%versions all` at the top: every kubectl is asked, not the newest alone. `%stage controllers`: a controller
 *        manager, a scheduler and two nodes are there. Lines that start with `#` are for the reader.
 *   CV5  Rendering what was parsed gives the same text.
 *   CV6  What versions answered is put into the ranges that stand in the file.
 */
export interface Answer {
  readonly stdout: string
  readonly stderr: string
  readonly code: number
}

/** Minor versions, both ends included. */
export interface Range {
  readonly from: number
  readonly to: number
}

export interface Command {
  readonly kind: 'command'
  readonly mode: 'run' | 'background' | 'join' | 'stop'
  readonly line: string
  readonly stdin: string
  readonly only: Range | undefined
  readonly answers: readonly { readonly range: Range; readonly answer: Answer }[]
}

export type Entry =
  | { readonly kind: 'text'; readonly line: string }
  | { readonly kind: 'file'; readonly name: string; readonly lines: readonly string[] }
  | Command

export interface Conversation {
  readonly entries: readonly Entry[]
  readonly everyVersion: boolean
  readonly stage: 'plain' | 'controllers'
}

export const oldestMinor = 27
export const newestMinor = 40
const every: Range = { from: oldestMinor, to: newestMinor }

export function parseConversation(text: string): Conversation {
  const lines = text.split('\n')
  if (lines.at(-1) === '') lines.pop()
  const entries: Entry[] = []
  let at = 0
  let only: Range | undefined
  while (at < lines.length) {
    const line = lines[at++]!
    if (line.startsWith('%file ')) {
      const end = lines.indexOf('%end', at)
      if (end < 0) throw new Error(`${line} has no %end`)
      entries.push({ kind: 'file', name: line.slice(6), lines: lines.slice(at, end) })
      at = end + 1
    } else if (line.startsWith('@')) {
      only = readRange(line)
    } else if (/^[$&] |^%(join|stop)$/.test(line)) {
      const { command, next } = readCommand(lines, at, line, only)
      entries.push(command)
      at = next
      only = undefined
    } else {
      if (!/^(#.*|%(versions all|stage controllers))?$/.test(line)) throw new Error(`line ${at} is none of a conversation: ${line}`)
      entries.push({ kind: 'text', line })
    }
  }
  const says = (words: string) => entries.some(entry => entry.kind === 'text' && entry.line === words)
  return { entries, everyVersion: says('%versions all'), stage: says('%stage controllers') ? 'controllers' : 'plain' }
}

function readCommand(lines: readonly string[], start: number, line: string, only: Range | undefined): { command: Command; next: number } {
  const mode = line === '%join' ? 'join' : line === '%stop' ? 'stop' : line.startsWith('$') ? 'run' : 'background'
  let at = start
  const stdin: string[] = []
  for (; lines[at] === '<' || lines[at]?.startsWith('< '); at++) stdin.push(lines[at]!.slice(2))
  const answers: { range: Range; answer: Answer }[] = []
  let range: Range | undefined
  for (;;) {
    const guard = lines[at]?.startsWith('@') === true && !/^[$&] |^%/.test(lines[at + 1] ?? '') ? readRange(lines[at]!) : undefined
    if (guard !== undefined) at++
    else if (range !== undefined) break
    range = guard ?? every
    const read = readAnswer(lines, at)
    at = read.next
    answers.push({ range, answer: read.answer })
    if (guard === undefined) break
  }
  return { command: { kind: 'command', mode, line: mode === 'run' || mode === 'background' ? line.slice(2) : '', stdin: stdin.map(each => `${each}\n`).join(''), only, answers }, next: at }
}

/** CV2 */
function readAnswer(lines: readonly string[], start: number): { answer: Answer; next: number } {
  const stdout: string[] = []
  const stderr: string[] = []
  let code = 0
  let at = start
  for (; at < lines.length; at++) {
    const line = lines[at]!
    if (line.startsWith('  ')) stdout.push(line.slice(2))
    else if (line === '' && continuesWith(lines, at)) stdout.push('')
    else if (line.startsWith('! ') || line === '!') stderr.push(line.slice(2))
    else if (line.startsWith('? ')) code = Number(line.slice(2))
    else break
  }
  return { answer: { stdout: stdout.join('\n'), stderr: stderr.join('\n'), code }, next: at }
}

/** An empty line belongs to an answer when more of it follows. */
function continuesWith(lines: readonly string[], start: number): boolean {
  let at = start
  while (lines[at] === '') at++
  return lines[at]?.startsWith('  ') === true
}

export function renderConversation(entries: readonly Entry[]): string {
  return entries.map(renderEntry).join('\n') + '\n'
}

function renderEntry(entry: Entry): string {
  if (entry.kind === 'text') return entry.line
  if (entry.kind === 'file') return [`%file ${entry.name}`, ...entry.lines, '%end'].join('\n')
  const head = entry.mode === 'run' ? `$ ${entry.line}` : entry.mode === 'background' ? `& ${entry.line}` : `%${entry.mode}`
  const stdin = entry.stdin === '' ? [] : entry.stdin.replace(/\n$/, '').split('\n').map(line => `< ${line}`.trimEnd())
  const answers = entry.answers.flatMap(({ range, answer }) => [...(isEvery(range) ? [] : [renderRange(range)]), ...renderAnswer(answer)])
  return [...(entry.only === undefined ? [] : [renderRange(entry.only)]), head, ...stdin, ...answers].join('\n')
}

function renderAnswer({ stdout, stderr, code }: Answer): string[] {
  const marked = (text: string, mark: string) => (text === '' ? [] : text.split('\n').map(line => (line === '' && mark === '  ' ? '' : `${mark}${line}`.trimEnd())))
  return [...marked(stdout, '  '), ...marked(stderr, '! '), ...(code === 0 ? [] : [`? ${code}`])]
}

function isEvery(range: Range): boolean {
  return range.from <= oldestMinor && range.to >= newestMinor
}

function readRange(line: string): Range {
  const found = /^@(?:<=1\.(\d+)|>=1\.(\d+)|1\.(\d+)\.\.1\.(\d+))$/.exec(line)
  if (found === null) throw new Error(`${line} is no range of versions`)
  if (found[1] !== undefined) return { from: oldestMinor, to: Number(found[1]) }
  if (found[2] !== undefined) return { from: Number(found[2]), to: newestMinor }
  return { from: Number(found[3]), to: Number(found[4]) }
}

function renderRange({ from, to }: Range): string {
  if (from <= oldestMinor) return `@<=1.${to}`
  return to >= newestMinor ? `@>=1.${from}` : `@1.${from}..1.${to}`
}

export function covers(range: Range | undefined, minor: number): boolean {
  return range === undefined || (range.from <= minor && minor <= range.to)
}

/**
 * CV6: an answer holds for the versions of its range up to the one that gave it, and for younger ones where none of theirs
 * is known. With `olderOnly` younger ones keep what stands in the file, so that versions can be asked from the youngest down.
 */
export function mergeAnswers(command: Command, given: ReadonlyMap<number, Answer>, olderOnly = false): Command {
  const asked = [...given.keys()].sort((a, b) => a - b)
  const answers: { range: { from: number; to: number }; answer: Answer }[] = []
  for (let minor = oldestMinor; minor <= newestMinor; minor++) {
    const stood = command.answers.find(({ range }) => covers(range, minor))
    const near = asked.filter(each => stood === undefined || covers(stood.range, each))
    const giver = near.find(each => each >= minor) ?? (olderOnly ? undefined : near.at(-1))
    const answer = giver === undefined ? stood?.answer : given.get(giver)
    const last = answers.at(-1)
    if (answer === undefined) continue
    if (last !== undefined && sameAnswer(last.answer, answer)) last.range.to = minor
    else answers.push({ range: { from: minor, to: minor }, answer })
  }
  return { ...command, answers }
}

function sameAnswer(a: Answer, b: Answer): boolean {
  return a.stdout === b.stdout && a.stderr === b.stderr && a.code === b.code
}
