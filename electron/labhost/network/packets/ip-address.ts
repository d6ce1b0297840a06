/** Addresses as they are compared: IPv4 as an unsigned number, IPv6 as a bigint. */
import ipaddr from 'ipaddr.js'
import { numberToIpv4 } from '../../../../agents/base/ip.ts'

export type IpAddress = number | bigint

export function ipv6At(bytes: Buffer, at: number): bigint {
  return (bytes.readBigUInt64BE(at) << 64n) | bytes.readBigUInt64BE(at + 8)
}

export function ipText(address: IpAddress): string {
  if (typeof address === 'number') return numberToIpv4(address)
  const bytes = Array.from({ length: 16 }, (_, index) => Number((address >> BigInt(8 * (15 - index))) & 255n))
  return ipaddr.fromByteArray(bytes).toString()
}

export interface IpRange {
  readonly version: 4 | 6
  /** Of the network, already cut to its prefix. */
  readonly network: bigint
  readonly prefix: number
}

/** An address, or a network as CIDR. */
export function readIpRange(text: string): IpRange | undefined {
  const [base, prefixText, ...rest] = text.split('/')
  if (base === undefined || rest.length > 0 || !(ipaddr.IPv4.isValidFourPartDecimal(base) || ipaddr.IPv6.isValid(base))) return undefined
  const parsed = ipaddr.parse(base)
  const version = parsed.kind() === 'ipv4' ? 4 : 6
  const bits = version === 4 ? 32 : 128
  const prefix = prefixText === undefined ? bits : /^\d{1,3}$/.test(prefixText) ? Number(prefixText) : Number.NaN
  if (!(prefix >= 0 && prefix <= bits)) return undefined
  const value = parsed.toByteArray().reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n)
  return { version, network: cut(value, prefix, bits), prefix }
}

export function isInRange(address: IpAddress, range: IpRange): boolean {
  if ((typeof address === 'number' ? 4 : 6) !== range.version) return false
  return cut(BigInt(address), range.prefix, range.version === 4 ? 32 : 128) === range.network
}

function cut(value: bigint, prefix: number, bits: number): bigint {
  const shift = BigInt(bits - prefix)
  return (value >> shift) << shift
}
