/** A line of a component's log as people read it: JSON lines are taken apart, anything else is shown as it is. */
export interface ReadLine {
  readonly time: string
  readonly level: string
  readonly message: string
  readonly fields: string
}

export function readLogLine(text: string): ReadLine {
  if (text.startsWith('{')) {
    try {
      const { ts, level, msg, component: _, ...fields } = JSON.parse(text) as Record<string, unknown>
      if (typeof msg === 'string') {
        return { time: typeof ts === 'string' ? ts.slice(11, 23) : '', level: typeof level === 'string' ? level : '', message: msg, fields: Object.entries(fields).map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`).join(' ') }
      }
    } catch {
      // not JSON after all: shown as it is
    }
  }
  return { time: '', level: '', message: text, fields: '' }
}
