/** One line of a container's log file: "<RFC 3339 with nanoseconds> <stdout|stderr> <F|P> <text>"; P is a line that goes on. */
export interface LogLine {
  readonly time: string
  readonly stream: 'stdout' | 'stderr'
  readonly isPartial: boolean
  readonly text: string
}

export function readLogLine(line: string): LogLine | undefined {
  const match = /^(\d{4}-\S+) (stdout|stderr) ([A-Z](?::[A-Z])*) ?([\s\S]*)$/.exec(line)
  if (match === null) return undefined
  const [, time, stream, tags, text] = match
  return { time: time!, stream: stream as 'stdout' | 'stderr', isPartial: tags!.split(':').includes('P'), text: text! }
}
