/**
 * Strings: characters are code points, indexes count them from 0.
 *
 *   SR1  An index outside is "index out of range: 7".
 *   SR2  Results that would be larger than the evaluation may still afford end it (`work`): 'x'.replace('', huge) cannot fill memory.
 */
import { ArrayList, itemsOf } from '../collections.ts'
import { CelFault } from '../cel-value.ts'
import type { CelList, CelValue } from '../cel-value.ts'
import { global, member } from '../declarations.ts'
import type { CelOverload } from '../declarations.ts'
import { work } from '../frame.ts'
import { charactersOf, codePointLength, sliceCharacters } from '../text.ts'
import { format } from './formatting.ts'

type Result = CelValue | CelFault

function outOfRange(index: bigint): CelFault {
  return new CelFault(`index out of range: ${index}`) // SR1
}

function charAt(text: string, index: bigint): Result {
  const characters = charactersOf(text)
  if (index < 0n || index > BigInt(characters.length)) return outOfRange(index)
  return characters[Number(index)] ?? ''
}

/** The position in characters of a position in units. */
function characterIndex(text: string, unit: number): bigint {
  return unit < 0 ? -1n : BigInt(codePointLength(text.slice(0, unit)))
}

function indexOf(text: string, part: string, offset = 0n): Result {
  if (part === '') return offset
  if (offset < 0n) return outOfRange(offset)
  const length = codePointLength(text)
  if (offset >= BigInt(length)) return -1n
  return characterIndex(text, text.indexOf(part, sliceCharacters(text, 0, Number(offset)).length))
}

function lastIndexOf(text: string, part: string): Result {
  return part === '' ? BigInt(codePointLength(text)) : characterIndex(text, text.lastIndexOf(part))
}

function lastIndexOfFrom(text: string, part: string, offset: bigint): Result {
  if (part === '') return offset
  if (offset < 0n) return outOfRange(offset)
  if (offset >= BigInt(codePointLength(text))) return -1n
  return characterIndex(text, text.lastIndexOf(part, sliceCharacters(text, 0, Number(offset)).length))
}

function replace(text: string, find: string, by: string, limit = -1n): Result {
  const pieces = find === '' ? [...text] : text.split(find)
  const places = find === '' ? pieces.length + 1 : pieces.length - 1
  const count = limit < 0n || limit > BigInt(places) ? places : Number(limit)
  work(text.length + count * by.length) // SR2
  if (count === 0) return text
  if (find !== '') return pieces.slice(0, count + 1).join(by) + (count < places ? find + pieces.slice(count + 1).join(find) : '')
  const around = count > pieces.length ? pieces.length : count
  return pieces.slice(0, around).map(piece => by + piece).join('') + pieces.slice(around).join('') + (count > pieces.length ? by : '')
}

function split(text: string, separator: string, limit = -1n): Result {
  if (limit === 0n) return new ArrayList([])
  const pieces = separator === '' ? [...text] : text.split(separator)
  work(pieces.length)
  if (limit < 0n || BigInt(pieces.length) <= limit) return new ArrayList(pieces)
  const kept = Number(limit) - 1
  return new ArrayList([...pieces.slice(0, kept), pieces.slice(kept).join(separator)])
}

function substring(text: string, start: bigint): Result {
  const length = codePointLength(text)
  return start < 0n || start > BigInt(length) ? outOfRange(start) : sliceCharacters(text, Number(start), length)
}

function substringRange(text: string, start: bigint, end: bigint): Result {
  const length = BigInt(codePointLength(text))
  if (start > end) return new CelFault(`invalid substring range. start: ${start}, end: ${end}`)
  if (start < 0n || start > length) return outOfRange(start)
  return end < 0n || end > length ? outOfRange(end) : sliceCharacters(text, Number(start), Number(end))
}

function join(list: CelList, separator = ''): Result {
  work(list.size * (separator.length + 1))
  const items = itemsOf(list)
  if (items instanceof CelFault) return items
  work(items.reduce<number>((length, item) => length + (typeof item === 'string' ? item.length : 0), 0))
  const wrong = items.find(item => typeof item !== 'string')
  return wrong === undefined ? (items as string[]).join(separator) : new CelFault(`join: invalid input: ${String(wrong)}`)
}

const quotedCharacters: Readonly<Record<string, string>> = { '\x07': '\\a', '\b': '\\b', '\f': '\\f', '\n': '\\n', '\r': '\\r', '\t': '\\t', '\v': '\\v', '\\': '\\\\', '"': '\\"' }

function quote(text: string): Result {
  return `"${text.toWellFormed().replace(/[\x07\b\f\n\r\t\v\\"]/g, character => quotedCharacters[character]!)}"`
}

/** Go's white space. */
const space = /^[\t\n\v\f\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+|[\t\n\v\f\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+$/g

export const strings: readonly CelOverload[] = [
  member('string_char_at_int', 'charAt', 'string, int -> string', charAt),
  member('string_index_of_string', 'indexOf', 'string, string -> int', (text: string, part: string) => indexOf(text, part)),
  member('string_index_of_string_int', 'indexOf', 'string, string, int -> int', indexOf),
  member('string_last_index_of_string', 'lastIndexOf', 'string, string -> int', lastIndexOf),
  member('string_last_index_of_string_int', 'lastIndexOf', 'string, string, int -> int', lastIndexOfFrom),
  member('string_lower_ascii', 'lowerAscii', 'string -> string', (text: string) => text.replace(/[A-Z]+/g, part => part.toLowerCase())),
  member('string_replace_string_string', 'replace', 'string, string, string -> string', replace),
  member('string_replace_string_string_int', 'replace', 'string, string, string, int -> string', replace),
  member('string_split_string', 'split', 'string, string -> list(string)', split),
  member('string_split_string_int', 'split', 'string, string, int -> list(string)', split),
  member('string_substring_int', 'substring', 'string, int -> string', substring),
  member('string_substring_int_int', 'substring', 'string, int, int -> string', substringRange),
  member('string_trim', 'trim', 'string -> string', (text: string) => text.replace(space, '')),
  member('string_upper_ascii', 'upperAscii', 'string -> string', (text: string) => text.replace(/[a-z]+/g, part => part.toUpperCase())),
  member('string_format', 'format', 'string, list(dyn) -> string', format),
  global('strings_quote', 'strings.quote', 'string -> string', quote),
  member('list_join', 'join', 'list(string) -> string', (list: CelList) => join(list)),
  member('list_join_string', 'join', 'list(string), string -> string', join),
]
