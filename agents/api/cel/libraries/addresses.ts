/**
 * IP addresses and prefixes: `ip('10.1.2.3')`, `cidr('10.0.0.0/8').containsIP('10.1.2.3')`.
 *
 *   AD1  Zones ("fe80::1%eth0") and IPv4 written as IPv6 ("::ffff:1.2.3.4") are refused.
 *   AD2  Texts of addresses are canonical: lower case, the longest run of zeros shortened.
 *   AD3  A prefix keeps its host bits until masked().
 */
import { CelFault } from '../cel-value.ts'
import type { CelValue } from '../cel-value.ts'
import { global, member } from '../declarations.ts'
import type { CelOverload } from '../declarations.ts'
import { TextValue } from './text-value.ts'

export class IpValue extends TextValue {
  readonly typeName = 'net.IP'
  readonly bytes: readonly number[]

  constructor(bytes: readonly number[]) {
    super()
    this.bytes = bytes
  }

  override get costSize(): number {
    return this.bytes.length
  }

  get text(): string {
    return addressText(this.bytes)
  }
}

export class CidrValue extends TextValue {
  readonly typeName = 'net.CIDR'
  readonly address: IpValue
  readonly bits: number

  constructor(address: IpValue, bits: number) {
    super()
    this.address = address
    this.bits = bits
  }

  override get costSize(): number {
    return Math.ceil(this.bits / 8)
  }

  get text(): string {
    return `${this.address.text}/${this.bits}`
  }
}

/** AD2 */
function addressText(bytes: readonly number[]): string {
  if (bytes.length === 4) return bytes.join('.')
  const groups = Array.from({ length: 8 }, (_, index) => bytes[index * 2]! * 256 + bytes[index * 2 + 1]!)
  let start = -1
  let length = 1
  for (let index = 0; index < 8; index += 1) {
    let end = index
    while (end < 8 && groups[end] === 0) end += 1
    if (end - index <= length) continue
    start = index
    length = end - index
  }
  const hex = (part: readonly number[]): string => part.map(group => group.toString(16)).join(':')
  return start < 0 ? hex(groups) : `${hex(groups.slice(0, start))}::${hex(groups.slice(start + length))}`
}

/** Go's words: what is wrong, and from where. */
function fault(whole: string, reason: string, at = ''): CelFault {
  return new CelFault(`ParseAddr(${JSON.stringify(whole)}): ${reason}${at === '' ? '' : ` (at ${JSON.stringify(at)})`}`)
}

function parse(text: string): readonly number[] | CelFault {
  const sign = /[.:%]/.exec(text)?.[0]
  if (sign === '.') return parse4(text, text)
  if (sign === ':') return parse6(text)
  return fault(text, sign === '%' ? 'missing IPv6 address' : 'unable to parse IP')
}

function parse4(whole: string, text: string): readonly number[] | CelFault {
  const fields: number[] = []
  let digits = ''
  for (const [index, character] of [...text].entries()) {
    if (/\d/.test(character)) {
      if (digits === '0') return fault(whole, 'IPv4 field has octet with leading zero')
      digits += character
      if (Number(digits) > 255) return fault(whole, 'IPv4 field has value >255')
    } else if (character === '.') {
      if (digits === '' || index === text.length - 1) return fault(whole, 'IPv4 field must have at least one digit', text.slice(index))
      if (fields.length === 3) return fault(whole, 'IPv4 address too long')
      fields.push(Number(digits))
      digits = ''
    } else {
      return fault(whole, 'unexpected character', text.slice(index))
    }
  }
  return fields.length < 3 ? fault(whole, 'IPv4 address too short') : [...fields, Number(digits)]
}

function parse6(whole: string): readonly number[] | CelFault {
  const percent = whole.indexOf('%')
  if (percent >= 0 && percent === whole.length - 1) return fault(whole, 'zone must be a non-empty string')
  let rest = percent < 0 ? whole : whole.slice(0, percent)
  const bytes: number[] = []
  let gap = -1
  if (rest.startsWith('::')) {
    gap = 0
    rest = rest.slice(2)
  }
  while (bytes.length < 16 && rest !== '') {
    const digits = /^[\da-fA-F]*/.exec(rest)![0]
    if (digits.length > 4) return fault(whole, 'each group must have 4 or less digits', rest)
    if (digits === '') return fault(whole, 'each colon-separated field must have at least one digit', rest)
    if (rest[digits.length] === '.') {
      if (gap < 0 && bytes.length !== 12) return fault(whole, 'embedded IPv4 address must replace the final 2 fields of the address', rest)
      if (bytes.length > 12) return fault(whole, 'too many hex fields to fit an embedded IPv4 at the end of the address', rest)
      const tail = parse4(whole, rest)
      if (tail instanceof CelFault) return tail
      bytes.push(...tail)
      rest = ''
      break
    }
    const value = Number.parseInt(digits, 16)
    bytes.push(value >> 8, value & 255)
    rest = rest.slice(digits.length)
    if (rest === '') break
    if (!rest.startsWith(':')) return fault(whole, 'unexpected character, want colon', rest)
    if (rest === ':') return fault(whole, 'colon must be followed by more characters', rest)
    rest = rest.slice(1)
    if (!rest.startsWith(':')) continue
    if (gap >= 0) return fault(whole, 'multiple :: in address', rest)
    gap = bytes.length
    rest = rest.slice(1)
  }
  if (rest !== '') return fault(whole, 'trailing garbage after address', rest)
  if (bytes.length === 16) return gap < 0 ? bytes : fault(whole, 'the :: must expand to at least one field of zeros')
  return gap < 0 ? fault(whole, 'address string too short') : [...bytes.slice(0, gap), ...new Array<number>(16 - bytes.length).fill(0), ...bytes.slice(gap)]
}

function isMapped(bytes: readonly number[]): boolean {
  return bytes.length === 16 && bytes.slice(0, 10).every(byte => byte === 0) && bytes[10] === 255 && bytes[11] === 255
}

/** AD1 */
function readIp(text: string): IpValue | CelFault {
  const bytes = parse(text)
  if (bytes instanceof CelFault) return new CelFault(`IP Address ${JSON.stringify(text)} parse error during conversion from string: ${bytes.message}`)
  if (text.includes('%')) return new CelFault(`IP address ${JSON.stringify(text)} with zone value is not allowed`)
  return isMapped(bytes) ? new CelFault(`IPv4-mapped IPv6 address ${JSON.stringify(text)} is not allowed`) : new IpValue(bytes)
}

function readPrefix(text: string): CidrValue | CelFault {
  const failed = (reason: string): CelFault => new CelFault(`network address parse error during conversion from string: netip.ParsePrefix(${JSON.stringify(text)}): ${reason}`)
  const slash = text.lastIndexOf('/')
  if (slash < 0) return failed("no '/'")
  const bytes = parse(text.slice(0, slash))
  if (bytes instanceof CelFault) return failed(bytes.message)
  const bits = text.slice(slash + 1)
  if (text.slice(0, slash).includes('%')) return failed('IPv6 zones cannot be present in a prefix')
  if (!/^(0|[1-9]\d*)$/.test(bits)) return failed(`bad bits after slash: ${JSON.stringify(bits)}`)
  if (Number(bits) > bytes.length * 8) return failed('prefix length out of range')
  return isMapped(bytes) ? new CelFault(`IPv4-mapped IPv6 address ${JSON.stringify(text)} is not allowed`) : new CidrValue(new IpValue(bytes), Number(bits))
}

function readCidr(text: string): CidrValue | CelFault {
  const value = readPrefix(text)
  return value instanceof CelFault ? new CelFault(`network address parse error during conversion from string: ${value.message}`) : value
}

/** The first bits of an address; the others zero. */
function masked(bytes: readonly number[], bits: number): readonly number[] {
  return bytes.map((byte, index) => {
    const kept = Math.min(8, Math.max(0, bits - index * 8))
    return byte & (0xff << (8 - kept)) & 0xff
  })
}

function containsIp(prefix: CidrValue, address: IpValue | CelFault): CelValue | CelFault {
  if (address instanceof CelFault) return new CelFault('no such overload')
  if (address.bytes.length !== prefix.address.bytes.length) return false
  return addressText(masked(address.bytes, prefix.bits)) === addressText(masked(prefix.address.bytes, prefix.bits))
}

function containsCidr(prefix: CidrValue, other: CidrValue | CelFault): CelValue | CelFault {
  if (other instanceof CelFault) return other
  return containsIp(prefix, other.address) === true && prefix.bits <= other.bits
}

function starts(...wanted: readonly number[]): (address: IpValue) => boolean {
  return address => wanted.every((byte, index) => address.bytes[index] === byte)
}

const isFour = (address: IpValue): boolean => address.bytes.length === 4

function isUnspecified(address: IpValue): boolean {
  return address.bytes.every(byte => byte === 0)
}

function isLoopback(address: IpValue): boolean {
  return isFour(address) ? address.bytes[0] === 127 : address.text === '::1'
}

function isLinkLocalMulticast(address: IpValue): boolean {
  return isFour(address) ? starts(224, 0, 0)(address) : address.bytes[0] === 0xff && (address.bytes[1]! & 0x0f) === 0x02
}

function isLinkLocalUnicast(address: IpValue): boolean {
  return isFour(address) ? starts(169, 254)(address) : address.bytes[0] === 0xfe && (address.bytes[1]! & 0xc0) === 0x80
}

function isMulticast(address: IpValue): boolean {
  return isFour(address) ? (address.bytes[0]! & 0xf0) === 0xe0 : address.bytes[0] === 0xff
}

function isGlobalUnicast(address: IpValue): boolean {
  const isBroadcast = isFour(address) && address.bytes.every(byte => byte === 255)
  return !isBroadcast && !isUnspecified(address) && !isLoopback(address) && !isMulticast(address) && !isLinkLocalUnicast(address)
}

function isCanonical(text: string): CelValue | CelFault {
  const address = readIp(text)
  return address instanceof CelFault ? address : address.text === text
}

export const addresses: readonly CelOverload[] = [
  global('string_to_ip', 'ip', 'string -> net.IP', readIp),
  global('is_ip', 'isIP', 'string -> bool', (text: string) => readIp(text) instanceof IpValue),
  global('ip_is_canonical', 'ip.isCanonical', 'string -> bool', isCanonical),
  global('ip_to_string', 'string', 'net.IP -> string', (address: IpValue) => address.text),
  member('ip_family', 'family', 'net.IP -> int', (address: IpValue) => (isFour(address) ? 4n : 6n)),
  member('ip_is_unspecified', 'isUnspecified', 'net.IP -> bool', isUnspecified),
  member('ip_is_loopback', 'isLoopback', 'net.IP -> bool', isLoopback),
  member('ip_is_link_local_multicast', 'isLinkLocalMulticast', 'net.IP -> bool', isLinkLocalMulticast),
  member('ip_is_link_local_unicast', 'isLinkLocalUnicast', 'net.IP -> bool', isLinkLocalUnicast),
  member('ip_is_global_unicast', 'isGlobalUnicast', 'net.IP -> bool', isGlobalUnicast),
  global('string_to_cidr', 'cidr', 'string -> net.CIDR', readCidr),
  global('is_cidr', 'isCIDR', 'string -> bool', (text: string) => readPrefix(text) instanceof CidrValue),
  global('cidr_to_string', 'string', 'net.CIDR -> string', (prefix: CidrValue) => prefix.text),
  member('cidr_contains_ip_string', 'containsIP', 'net.CIDR, string -> bool', (prefix: CidrValue, text: string) => containsIp(prefix, readIp(text))),
  member('cidr_contains_ip_ip', 'containsIP', 'net.CIDR, net.IP -> bool', containsIp),
  member('cidr_contains_cidr_string', 'containsCIDR', 'net.CIDR, string -> bool', (prefix: CidrValue, text: string) => containsCidr(prefix, readCidr(text))),
  member('cidr_contains_cidr', 'containsCIDR', 'net.CIDR, net.CIDR -> bool', containsCidr),
  member('cidr_ip', 'ip', 'net.CIDR -> net.IP', (prefix: CidrValue) => prefix.address),
  member('cidr_prefix_length', 'prefixLength', 'net.CIDR -> int', (prefix: CidrValue) => BigInt(prefix.bits)),
  member('cidr_masked', 'masked', 'net.CIDR -> net.CIDR', (prefix: CidrValue) => new CidrValue(new IpValue(masked(prefix.address.bytes, prefix.bits)), prefix.bits)),
]
