/**
 * The string formats that a schema may demand of a value.
 * Upstream: apiextensions-apiserver/pkg/apiserver/validation/formats.go, kube-openapi/pkg/validation/strfmt.
 *
 *   FM1  Dashes in a format's name do not count: date-time is datetime. What is not known here is not checked.
 *   FM2  Formats belong to strings; integers know int32 and int64, numbers float and double.
 *   FM3  What upstream's parsers let through, leading zeros and all, is let through.
 */
import { isIpv6Address } from '../validation/addresses.ts'
import type { Schema } from './schema.ts'
import { isEmailAddress, isRequestUri } from './internet-text.ts'

type Format = (text: string) => boolean

const hex = '[0-9a-fA-F]'
const uuid = (third: string, fourth: string) => new RegExp(`^${hex}{8}-?${hex}{4}-?${third}-?${fourth}-?${hex}{12}$`)
const anyGroup = `${hex}{4}`
const variant = `[89abAB]${hex}{3}`
const labelEdge = String.raw`[a-zA-Z0-9\p{S}\p{L}]`
const hostname = new RegExp(String.raw`^(?:${labelEdge}(?:-?${labelEdge}{0,62})?|(?:${labelEdge}(?:[a-zA-Z0-9\-\p{S}\p{L}]{0,61}${labelEdge})?\.)+[a-zA-Z\p{L}]{2,63})$`, 'u')
const colourPart = String.raw`\s*(?:0|[1-9]\d?|1\d\d?|2[0-4]\d|25[0-5])\s*`
const shortName = '[a-z0-9](?:[-a-z0-9]*[a-z0-9])?'
const cardNumber = /^(?:4\d{12}(?:\d{3})?|5[1-5]\d{14}|6(?:011|5\d\d)\d{12}|3[47]\d{13}|3(?:0[0-5]|[68]\d)\d{11}|(?:2131|1800|35\d{3})\d{11})$/

/** By their names without dashes (FM1). */
const stringFormats: Readonly<Record<string, Format>> = {
  bsonobjectid: matching(new RegExp(`^${hex}{24}$`)),
  byte: matching(/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})$/),
  cidr: isLooseCidr,
  creditcard: isCardNumber,
  date: isDate,
  datetime: isDateTime,
  duration: isDuration,
  email: isEmailAddress,
  hexcolor: matching(new RegExp(`^#?(?:${hex}{3}|${hex}{6})$`)),
  hostname: isHostname,
  ipv4: text => text.includes('.') && isLooseAddress(text),
  ipv6: text => text.includes(':') && isIpv6Address(text),
  isbn: text => isIsbn10(text) || isIsbn13(text),
  isbn10: isIsbn10,
  isbn13: isIsbn13,
  k8slongname: text => text.length <= 253 && new RegExp(String.raw`^${shortName}(?:\.${shortName})*$`).test(text),
  k8sshortname: text => text.length <= 63 && new RegExp(`^${shortName}$`).test(text),
  mac: isMacAddress,
  password: () => true,
  rgbcolor: matching(new RegExp(String.raw`^rgb\(${colourPart},${colourPart},${colourPart}\)$`)),
  ssn: text => text.length === 11 && /^\d{3}[- ]?\d{2}[- ]?\d{4}$/.test(text),
  uri: isRequestUri,
  uuid: matching(uuid(anyGroup, anyGroup)),
  uuid3: matching(uuid(`3${hex}{3}`, anyGroup)),
  uuid4: matching(uuid(`4${hex}{3}`, variant)),
  uuid5: matching(uuid(`5${hex}{3}`, variant)),
}

/** The check of a format, or undefined if there is none (FM1). */
export function stringFormat(name: string): Format | undefined {
  const plain = name.replaceAll('-', '')
  return Object.hasOwn(stringFormats, plain) ? stringFormats[plain] : undefined
}

/** The format of a schema, if it means anything for its type (FM2). */
export function effectiveFormat(schema: Schema, types: readonly string[]): string {
  const format = schema.format ?? ''
  if (format === '') return ''
  const type = types.length === 1 ? types[0]! : ''
  if (type === '' || type === 'string') return stringFormat(format) === undefined ? '' : format
  if (type === 'integer') return format === 'int32' || format === 'int64' ? format : ''
  if (type === 'number') return format === 'float' || format === 'double' ? format : ''
  return ''
}

/** A format that says nothing for the type it stands at: its author should know. */
export function isUnrecognizedFormat(schema: Schema): boolean {
  return (schema.format ?? '') !== '' && effectiveFormat(schema, schema.type === undefined || schema.type === '' ? [] : [schema.type]) === ''
}

function matching(pattern: RegExp): Format {
  return text => pattern.test(text)
}

function isHostname(text: string): boolean {
  return text.length <= 255 && new TextEncoder().encode(text).length <= 255 && hostname.test(text) && text.split('.').every(label => new TextEncoder().encode(label).length <= 63)
}

function withoutLeadingZeros(text: string): string {
  return text.replace(/(^|[.:])0+(?=\d+(?:\.|$))/g, '$1')
}

/** IPv4, or IPv6 that ends in one; leading zeros are let through (FM3). */
function isLooseAddress(text: string): boolean {
  if (text.includes(':')) return isIpv6Address(withoutLeadingZeros(text))
  return /^\d+(?:\.\d+){3}$/.test(text) && text.split('.').every(part => Number(part) < 256 && part.replace(/^0+(?=\d)/, '').length <= 3)
}

function isLooseCidr(text: string): boolean {
  const slash = text.indexOf('/')
  const bits = text.slice(slash + 1)
  if (slash < 0 || !/^\d{1,8}$/.test(bits)) return false
  const address = text.slice(0, slash)
  const isVersion6 = address.includes(':')
  return Number(bits) <= (isVersion6 ? 128 : 32) && (isVersion6 ? isIpv6Address(withoutLeadingZeros(address)) : isLooseAddress(address))
}

function isMacAddress(text: string): boolean {
  const octets = [6, 8, 20]
  if (/^[0-9a-fA-F]{2}(?:([:-])[0-9a-fA-F]{2})(?:\1[0-9a-fA-F]{2})*$/.test(text)) return octets.includes((text.length + 1) / 3)
  return /^[0-9a-fA-F]{4}(?:\.[0-9a-fA-F]{4})+$/.test(text) && octets.includes(((text.length + 1) / 5) * 2)
}

function isDate(text: string): boolean {
  const found = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text)
  if (found === null) return false
  const [year, month, day] = found.slice(1).map(Number) as [number, number, number]
  return month >= 1 && month <= 12 && day >= 1 && day <= new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate()
}

function isDateTime(text: string): boolean {
  const [day = '', time] = text.toLowerCase().split('t')
  const found = time === undefined ? null : /^(\d{2}):(\d{2}):(\d{2})(.\d+)?(z|[+-]\d{2}:\d{2})$/.exec(time)
  return found !== null && isDate(day) && Number(found[1]) <= 23 && Number(found[2]) <= 59 && Number(found[3]) <= 59
}

const durationUnits = new Set(['ns', 'us', 'µs', 'ms', 's', 'm', 'h', 'd', 'w', 'wk', 'hr', 'sec', 'min'])
const durationWords = ['nano', 'micro', 'milli', 'sec', 'min', 'hour', 'day', 'week']

/** Go's own form, or numbers with units in words: "2 hours 30 min". */
function isDuration(text: string): boolean {
  if (/^[+-]?(?:0|(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$/.test(text)) return true
  return [...text.matchAll(/\d+\s*([A-Za-zµ]+)/g)].some(([, unit]) => durationUnits.has(unit!.toLowerCase()) || durationWords.some(word => unit!.toLowerCase().startsWith(word)))
}

function isIsbn10(text: string): boolean {
  const digits = text.replaceAll(/[\s-]+/g, '')
  if (!/^\d{9}[\dX]$/.test(digits)) return false
  const sum = [...digits].reduce((total, digit, index) => total + (index === 9 ? 10 : index + 1) * (digit === 'X' ? 10 : Number(digit)), 0)
  return sum % 11 === 0
}

function isIsbn13(text: string): boolean {
  const digits = text.replaceAll(/[\s-]+/g, '')
  if (!/^\d{13}$/.test(digits)) return false
  const sum = [...digits.slice(0, 12)].reduce((total, digit, index) => total + (index % 2 === 0 ? 1 : 3) * Number(digit), 0)
  return Number(digits[12]) === (10 - (sum % 10)) % 10
}

/** Luhn's sum. */
function isCardNumber(text: string): boolean {
  const digits = text.replaceAll(/\D+/g, '')
  if (!cardNumber.test(digits)) return false
  const sum = [...digits].reverse().reduce((total, digit, index) => {
    const value = Number(digit) * (index % 2 === 0 ? 1 : 2)
    return total + (value > 9 ? value - 9 : value)
  }, 0)
  return sum % 10 === 0
}
