/** Messages are constant, lower case, past tense; whatever varies is a field. */
export type LogFields = Readonly<Record<string, unknown>>
export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

export interface Log {
  debug(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
  /** A log that adds these fields to every line. */
  with(fields: LogFields): Log
}

export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {}, with: () => silentLog }

/** Keeps lines in memory, for tests and inspection. */
export class MemoryLog implements Log {
  readonly lines: { level: LogLevel; message: string; fields: LogFields }[]
  readonly #fields: LogFields

  constructor(fields: LogFields = {}, lines: MemoryLog['lines'] = []) {
    this.#fields = fields
    this.lines = lines
  }

  debug(message: string, fields?: LogFields): void {
    this.#keep('debug', message, fields)
  }

  info(message: string, fields?: LogFields): void {
    this.#keep('info', message, fields)
  }

  warn(message: string, fields?: LogFields): void {
    this.#keep('warn', message, fields)
  }

  error(message: string, fields?: LogFields): void {
    this.#keep('error', message, fields)
  }

  with(fields: LogFields): Log {
    return new MemoryLog({ ...this.#fields, ...fields }, this.lines)
  }

  #keep(level: LogLevel, message: string, fields: LogFields = {}): void {
    this.lines.push({ level, message, fields: { ...this.#fields, ...fields } })
  }
}

/** What is worth logging of anything thrown. */
export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
