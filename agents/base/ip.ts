/** IPv4 arithmetic. Addresses are dotted quads without leading zeros, CIDRs are address/prefix. */
export function ipv4ToNumber(address: string): number | undefined {
  const parts = address.split('.')
  if (parts.length !== 4) return undefined
  let value = 0
  for (const part of parts) {
    if (!/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return undefined
    value = value * 256 + Number(part)
  }
  return value
}

export function numberToIpv4(value: number): string {
  return [24, 16, 8, 0].map(shift => (value >>> shift) & 255).join('.')
}

export interface Ipv4Range {
  readonly first: number
  readonly prefix: number
  readonly size: number
}

export function readCidr(cidr: string): Ipv4Range | undefined {
  const [address, prefixText, ...rest] = cidr.split('/')
  const value = ipv4ToNumber(address ?? '')
  if (value === undefined || rest.length > 0 || !/^(\d|[12]\d|3[0-2])$/.test(prefixText ?? '')) return undefined
  const prefix = Number(prefixText)
  const size = 2 ** (32 - prefix)
  return { first: value - (value % size), prefix, size }
}

export function cidrContains(range: Ipv4Range, address: string): boolean {
  const value = ipv4ToNumber(address)
  return value !== undefined && value >= range.first && value < range.first + range.size
}

/** The index-th address of the range. */
export function addressAt(range: Ipv4Range, index: number): string {
  return numberToIpv4(range.first + index)
}
