/** Standard base64 (RFC 4648 §4), as bytes stand in JSON. */
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const codes = new Int8Array(128).fill(-1)
for (let index = 0; index < 64; index += 1) codes[alphabet.charCodeAt(index)] = index

export class Base64Error extends Error {
  override readonly name = 'Base64Error'
}

export function encodeBase64(bytes: Uint8Array): string {
  const parts: string[] = []
  let chunk = ''
  for (let at = 0; at < bytes.length; at += 3) {
    const left = bytes.length - at
    const triple = (bytes[at]! << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0)
    chunk += alphabet[triple >> 18]! + alphabet[(triple >> 12) & 63]! + (left > 1 ? alphabet[(triple >> 6) & 63]! : '=') + (left > 2 ? alphabet[triple & 63]! : '=')
    if (chunk.length > 8192) {
      parts.push(chunk)
      chunk = ''
    }
  }
  parts.push(chunk)
  return parts.join('')
}

/** Line ends are skipped. Throws Base64Error with Go's text. */
export function decodeBase64(text: string): Uint8Array {
  const clean = text.includes('\n') || text.includes('\r') ? text.replace(/[\r\n]/g, '') : text
  const end = clean.endsWith('==') ? clean.length - 2 : clean.endsWith('=') ? clean.length - 1 : clean.length
  if (clean.length % 4 !== 0) throw new Base64Error(`illegal base64 data at input byte ${firstBad(clean, end) ?? (clean.endsWith('=') ? clean.length : clean.length - (clean.length % 4))}`)
  const bad = firstBad(clean, end)
  if (bad !== undefined) throw new Base64Error(`illegal base64 data at input byte ${bad}`)
  const bytes = new Uint8Array(Math.floor((end * 3) / 4))
  let out = 0
  for (let at = 0; at < end; at += 4) {
    const quad = (code(clean, at) << 18) | (code(clean, at + 1) << 12) | (code(clean, at + 2) << 6) | code(clean, at + 3)
    bytes[out++] = quad >> 16
    if (out < bytes.length) bytes[out++] = (quad >> 8) & 255
    if (out < bytes.length) bytes[out++] = quad & 255
  }
  return bytes
}

/** The same bytes in the one text that stands for them: no line ends, nothing in the bits past the last byte. */
export function canonicalBase64(text: string): string {
  if (text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text) && !/[^AQgw]==$|[^AEIMQUYcgkosw048]=$/.test(text.slice(-4).replace(/^.*?([^=]=+)$/, '$1'))) return text
  return encodeBase64(decodeBase64(text))
}

/** Number of bytes that valid base64 text stands for. */
export function base64Length(text: string): number {
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0
  return Math.floor((text.length * 3) / 4) - padding
}

function code(text: string, at: number): number {
  const value = codes[text.charCodeAt(at)] ?? -1
  return value < 0 ? 0 : value
}

function firstBad(text: string, end: number): number | undefined {
  for (let at = 0; at < end; at += 1) if ((codes[text.charCodeAt(at)] ?? -1) < 0) return at
  return undefined
}
