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
