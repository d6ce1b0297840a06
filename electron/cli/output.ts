/** What a command prints: a table for people, JSON for programs; errors are one paragraph on stderr. */
export type OutputForm = 'text' | 'json'

/** Ends the program with status 2: the command line was wrong. */
export class UsageError extends Error {}

/** Ends the program with the status of a program we ran for the user. */
export class ExitStatus extends Error {
  readonly status: number

  constructor(status: number) {
    super(`exit status ${status}`)
    this.status = status
  }
}

export function readForm(value: string): OutputForm {
  if (value === 'json' || value === 'text') return value
  throw new UsageError(`-o takes json or text, not "${value}"`)
}

export function print(form: OutputForm, value: unknown, text: () => string): void {
  const rendered = form === 'json' ? JSON.stringify(value, null, 2) : text()
  if (rendered !== '') process.stdout.write(rendered.endsWith('\n') ? rendered : `${rendered}\n`)
}

export function renderTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map(row => row[column]?.length ?? 0)))
  return [head, ...rows].map(row => row.map((cell, column) => (column === head.length - 1 ? cell : cell.padEnd(widths[column]! + 3))).join('').trimEnd()).join('\n')
}

export function memoryText(bytes: number | null): string {
  return bytes === null ? '-' : `${(bytes / 1024 ** 2).toFixed(0)} MiB`
}

export function cpuText(cores: number | null): string {
  return cores === null ? '-' : `${(cores * 100).toFixed(0)} %`
}
