/**
 * The node ports that are in use, as the store keeps them: one RangeAllocation whose data is a number with one bit a port,
 * the most significant byte first. Upstream: pkg/registry/core/service/allocator/bitmap.go, core/v1 RangeAllocation.
 *
 *   ports 30000-30009, 30001 and 30009 taken  →  bits 1 and 9  →  0x0202  →  "AgI="
 */
export interface PortSpan {
  readonly first: number
  readonly size: number
}

export function spanText({ first, size }: PortSpan): string {
  return `${first}-${first + size - 1}`
}

export function isWithin({ first, size }: PortSpan, port: number): boolean {
  return port >= first && port < first + size
}

export function renderRange(span: PortSpan, ports: ReadonlySet<number>): Buffer {
  const highest = Math.max(-1, ...[...ports].map(port => port - span.first))
  const data = Buffer.alloc(highest < 0 ? 0 : (highest >> 3) + 1)
  for (const port of ports) {
    const bit = port - span.first
    const at = data.length - 1 - (bit >> 3)
    data[at] = data[at]! | (1 << (bit & 7))
  }
  return Buffer.from(JSON.stringify({ kind: 'RangeAllocation', apiVersion: 'v1', metadata: { creationTimestamp: null }, range: spanText(span), data: data.toString('base64') }))
}

/** The ports of a stored range, whatever span it was made for; throws what is wrong with it. */
export function readRange(value: Uint8Array): { readonly range: string; readonly ports: Set<number> } {
  const { range = '', data = '' } = JSON.parse(Buffer.from(value).toString('utf8')) as { range?: string; data?: string }
  const first = Number(/^(\d+)-\d+$/.exec(range)?.[1] ?? Number.NaN)
  if (Number.isNaN(first)) throw new Error(`the stored range of node ports ${JSON.stringify(range)} is not of the form first-last`)
  const bytes = Buffer.from(data, 'base64')
  const ports = new Set<number>()
  for (const [index, byte] of [...bytes].reverse().entries()) {
    for (let bit = 0; bit < 8; bit++) if ((byte & (1 << bit)) !== 0) ports.add(first + index * 8 + bit)
  }
  return { range, ports }
}
