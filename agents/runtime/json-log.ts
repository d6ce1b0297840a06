import { timeText } from '../base/clock.ts'
import type { Clock } from '../base/clock.ts'
import type { Log, LogFields, LogLevel } from '../base/log.ts'

const order: readonly LogLevel[] = ['debug', 'info', 'warn', 'error']

export interface JsonLogOptions {
  readonly component: string
  readonly clock: Clock
  /** Gets one line without its line feed. */
  readonly write: (line: string) => void
  /** Lines below this level are dropped. */
  readonly level?: () => LogLevel
}

/** A log of JSON lines: {"ts","level","component","msg",…fields}. */
export function createJsonLog(options: JsonLogOptions, fixed: LogFields = {}): Log {
  const put = (level: LogLevel, message: string, fields: LogFields = {}): void => {
    if (order.indexOf(level) < order.indexOf(options.level?.() ?? 'info')) return
    const nowMs = options.clock.now()
    const ts = `${timeText(nowMs).slice(0, 19)}.${String(Math.floor(nowMs) % 1_000).padStart(3, '0')}Z`
    options.write(JSON.stringify({ ts, level, component: options.component, msg: message, ...fixed, ...fields }, plainErrors))
  }
  return {
    debug: (message, fields) => { put('debug', message, fields) },
    info: (message, fields) => { put('info', message, fields) },
    warn: (message, fields) => { put('warn', message, fields) },
    error: (message, fields) => { put('error', message, fields) },
    with: fields => createJsonLog(options, { ...fixed, ...fields }),
  }
}

function plainErrors(_key: string, value: unknown): unknown {
  if (value instanceof Error) return value.stack ?? value.message
  if (typeof value === 'bigint') return value.toString()
  return value
}
