/**
 * What differs from one playing to the next becomes a word in angle brackets, so that answers can be compared as text.
 *
 *   PH1  Tables are cut into cells first and aligned anew afterwards, since the width of an age moves what follows it.
 *   PH2  Only values that cannot be known are replaced: an address that a conversation wrote itself stays.
 */
const drawn = 'bcdfghjklmnpqrstvwxz2456789'

const everywhere: readonly (readonly [RegExp, string])[] = [
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, '<uid>'],
  [/\b20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, '<time>'],
  [/\b\w{3}, \d\d \w{3} 20\d\d \d\d:\d\d:\d\d [+-]\d{4}/g, '<time>'],
  [/\b20\d\d-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)? [+-]\d{4}( \w+)?/g, '<time>'],
  [/(resourceVersion"?: ?"?)\d+/g, '$1<revision>'],
  [/(Resource Version: +)\d+/g, '$1<revision>'],
  [/(targetPort: |"port":)\d{5}\b/g, '$1<port>'],
  [/(resourceVersion=)\d+/g, '$1<revision>'],
  [/\b10\.96\.\d{1,3}\.\d{1,3}\b/g, '<cluster-ip>'],
  [/\b10\.244\.\d{1,3}\.\d{1,3}\b/g, '<pod-ip>'],
  [/(\b\d+:)3[0-2]\d{3}(?=\/(TCP|UDP|SCTP))/g, '$1<node-port>'],
  [/(nodePort"?: ?|NodePort: +\S+ +)3[0-2]\d{3}/g, '$1<node-port>'],
  [/https:\/\/127\.0\.0\.1:\d+/g, 'https://<server>'],
  [/\b127\.0\.0\.1:\d{4,5}\b/g, '<server>'],
  [/X509SHA256=[0-9a-f]{64}/g, 'X509SHA256=<digest>'],
  [/( {2,})\d+[smh](\d+[smh])?$/gm, '$1<age>'],
  [/\beyJ[\w-]+\.[\w-]+\.[\w-]+/g, '<token>'],
  [/<folder>\/(LIVE|MERGED)-\d+/g, '<$1>'],
  [/<folder>\/kubectl-edit-\d+\.yaml/g, '<edited>'],
  [new RegExp(`-[${drawn}]{8,10}-[${drawn}]{5}\\b`, 'g'), '-<hash>-<random>'],
  [new RegExp(`(pod-template-hash["=:]+ ?"?)[${drawn}]{6,10}\\b`, 'g'), '$1<hash>'],
  [new RegExp(`(controller-revision-hash["=:]+ ?"?\\S*-?)[${drawn}]{6,10}\\b`, 'g'), '$1<hash>'],
  [new RegExp(`-[${drawn}]{8,10}\\b`, 'g'), '-<hash>'],
  [new RegExp(`-[${drawn}]{5}\\b`, 'g'), '-<random>'],
  [/^(\s*(Age|Duration|Last Schedule Time): +)(<invalid>|\d+[smhdy](\d+[smhd])?)$/gm, '$1<age>'],
  [/\((\d+[smhd](\d+[smhd])?) ago\)/g, '(<age> ago)'],
  [/\(x(\d+) over \S+\)/g, '(x$1 over <age>)'],
]

const agedColumns = new Set(['AGE', 'LAST SEEN', 'FIRST SEEN', 'DURATION', 'LAST SCHEDULE', 'Age'])
const age = /^(<invalid>|\d+(\.\d+)?(ms|[smhdy])(\d+[smhd])?)( \(x\d+ over \S+\))?$/

export function replaceUnstable(text: string, extra: readonly (readonly [string, string])[]): string {
  let replaced = text
  for (const [from, to] of extra) replaced = replaced.replaceAll(from, to)
  const inCells = (cell: string) => everywhere.reduce((value, [pattern, word]) => value.replace(pattern, word), cell)
  const lines = replaced.split('\n').map(line => line.trimEnd())
  while (lines.at(-1) === '') lines.pop()
  const out: string[] = []
  for (let at = 0; at < lines.length;) {
    const table = tableAt(lines, at)
    if (table === undefined) {
      out.push(lines[at++]!)
      continue
    }
    out.push(...alignTable(table, inCells))
    at += table.length
  }
  return inCells(out.join('\n'))
}

/** A heading in capitals of two columns or more, or the heading of a description's events, and the lines below it. */
function tableAt(lines: readonly string[], start: number): readonly string[] | undefined {
  const heading = lines[start]!
  const isHeading = /^[A-Z][A-Z0-9()%./-]*( [A-Z0-9()%./-]+)*( {2,}\S+( \S+)*)+$/.test(heading) && heading === heading.toUpperCase() || /^ {2}Type +Reason +Age +From +Message$/.test(heading)
  if (!isHeading) return undefined
  let end = start + 1
  while (end < lines.length && lines[end] !== '') end++
  return lines.slice(start, end)
}

/** PH1 */
function alignTable(lines: readonly string[], replace: (cell: string) => string): string[] {
  const indent = /^ */.exec(lines[0]!)![0]
  const starts = [...lines[0]!.matchAll(/\S+( \S+)*/g)].map(found => found.index)
  const titles = starts.map((start, index) => lines[0]!.slice(start, starts[index + 1]).trim())
  const rows = lines.map(line => starts.map((start, index) => {
    const cell = line.slice(start, starts[index + 1]).trim()
    return replace(agedColumns.has(titles[index]!) && age.test(cell) ? '<age>' : cell)
  }))
  const widths = starts.map((_, index) => Math.max(...rows.map(row => row[index]!.length)))
  return rows.map(row => (indent + row.map((cell, index) => cell.padEnd(widths[index]! + 3)).join('')).trimEnd())
}
