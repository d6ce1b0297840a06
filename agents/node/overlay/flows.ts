/**
 * What `conntrack -L` prints, as connections of the same ends together. Pure.
 *
 *   FL1  Ends are as they were dialled; the target is who answers: another where a Service's address was translated.
 *   FL2  Ports of clients are not told apart: what comes again and again is one flow.
 *   FL3  The busiest are told of, at most `most`.
 */
export interface Flow {
  readonly protocol: string
  readonly source: string
  readonly destination: string
  readonly port: number
  readonly target: string
  readonly targetPort: number
  readonly connections: number
  /** Both ways. */
  readonly packets: number
  readonly bytes: number
}

export const mostFlows = 2_000

export function readFlows(printed: string, most = mostFlows): readonly Flow[] {
  const flows = new Map<string, Flow>()
  for (const line of printed.split('\n')) {
    const protocol = /^(\w+)/.exec(line)?.[1]
    const [first, answer] = [...line.matchAll(/src=(\S+) dst=(\S+)(?: sport=(\d+) dport=(\d+))?(?: type=\d+ code=\d+ id=\d+)?(?: packets=(\d+) bytes=(\d+))?/g)]
    if (protocol === undefined || first === undefined || answer === undefined) continue
    const [, source = '', destination = '', , port = '0', packets = '0', bytes = '0'] = first
    const [, target = '', , targetPort = '0', , packetsBack = '0', bytesBack = '0'] = answer
    const key = [protocol, source, destination, port, target, targetPort].join(' ')
    const before = flows.get(key)
    flows.set(key, { // FL2
      protocol, source, destination, port: Number(port), target, targetPort: Number(targetPort),
      connections: (before?.connections ?? 0) + 1, packets: (before?.packets ?? 0) + Number(packets) + Number(packetsBack), bytes: (before?.bytes ?? 0) + Number(bytes) + Number(bytesBack),
    })
  }
  return [...flows.values()].toSorted((a, b) => b.bytes - a.bytes).slice(0, most) // FL3
}
