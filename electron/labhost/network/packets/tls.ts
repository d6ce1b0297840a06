/**
 * The server name in a TLS client hello (RFC 8446, RFC 6066).
 *
 *   record: type 22 | version u16 | length u16 | handshake: type 1 | length u24 | version u16 | random 32 | session id u8.. |
 *   cipher suites u16.. | compression u8.. | extensions u16.. : type u16 | length u16 | body
 */
const serverNameExtension = 0

/** undefined: no client hello; null: one without a name, or cut short before it. */
export function serverNameOf(payload: Buffer): string | null | undefined {
  if (payload.length < 44 || payload[0] !== 22 || payload[1] !== 3 || payload[5] !== 1) return undefined
  let at = 43 // behind the random bytes
  at += 1 + payload[at]!
  if (at + 2 > payload.length) return null
  at += 2 + payload.readUInt16BE(at)
  if (at + 1 > payload.length) return null
  at += 1 + payload[at]!
  at += 2
  while (at + 4 <= payload.length) {
    const type = payload.readUInt16BE(at)
    const length = payload.readUInt16BE(at + 2)
    if (type === serverNameExtension) {
      if (at + 9 > payload.length) return null
      const nameBytes = payload.readUInt16BE(at + 7)
      return at + 9 + nameBytes > payload.length ? null : payload.toString('latin1', at + 9, at + 9 + nameBytes)
    }
    at += 4 + length
  }
  return null
}
