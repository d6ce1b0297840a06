/** Rules for IP addresses and prefixes as text. */
export function isIpv4Address(text: string): boolean {
  return /^(0|[1-9]\d{0,2})(\.(0|[1-9]\d{0,2})){3}$/.test(text) && text.split('.').every(part => Number(part) < 256)
}

export function isIpv6Address(text: string): boolean {
  if (!/^[0-9a-fA-F:.]+$/.test(text) || !text.includes(':') || text.includes(':::')) return false
  const halves = text.split('::')
  if (halves.length > 2) return false
  const groups = halves.flatMap(half => (half === '' ? [] : half.split(':')))
  const last = groups.at(-1) ?? ''
  const dotted = last.includes('.')
  if (dotted && !isIpv4Address(last)) return false
  const plain = dotted ? groups.slice(0, -1) : groups
  if (!plain.every(group => /^[0-9a-fA-F]{1,4}$/.test(group))) return false
  const count = plain.length + (dotted ? 2 : 0)
  return halves.length === 2 ? count < 8 : count === 8
}

export function isIpAddress(text: string): boolean {
  return isIpv4Address(text) || isIpv6Address(text)
}

/** "10.0.0.0/8". */
export function isCidr(text: string): boolean {
  const [address, bits, more] = text.split('/')
  if (address === undefined || bits === undefined || more !== undefined || !/^(0|[1-9]\d*)$/.test(bits)) return false
  return (isIpv4Address(address) && Number(bits) <= 32) || (isIpv6Address(address) && Number(bits) <= 128)
}

/** Every address of inner is one of outer, and outer has more. */
export function isStrictSubnet(inner: string, outer: string): boolean {
  const [a, b] = [prefixOf(inner), prefixOf(outer)]
  return a.bits.length === b.bits.length && a.length > b.length && a.bits.slice(0, b.length) === b.bits.slice(0, b.length)
}

/** The address as a text of ones and zeros. */
function prefixOf(cidr: string): { readonly bits: string; readonly length: number } {
  const [address = '', length = '0'] = cidr.split('/')
  const binary = (value: number, width: number) => value.toString(2).padStart(width, '0')
  if (!address.includes(':')) return { bits: address.split('.').map(part => binary(Number(part), 8)).join(''), length: Number(length) }
  const plain = address.replace(/\d+\.\d+\.\d+\.\d+$/, dotted => {
    const [a = 0, b = 0, c = 0, d = 0] = dotted.split('.').map(Number)
    return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`
  })
  const [head = '', tail] = plain.split('::')
  const groupsOf = (text: string) => (text === '' ? [] : text.split(':'))
  const [before, after] = [groupsOf(head), groupsOf(tail ?? '')]
  const groups = tail === undefined ? before : [...before, ...Array<string>(8 - before.length - after.length).fill('0'), ...after]
  return { bits: groups.map(group => binary(Number.parseInt(group, 16), 16)).join(''), length: Number(length) }
}
