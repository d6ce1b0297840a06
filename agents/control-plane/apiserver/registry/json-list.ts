/**
 * A list as JSON: encoded items between a head and an end, on their way to a client.
 *
 *   JL1  A long list goes out through one piece of memory, which is filled again when what it held has gone out.
 *   JL2  Its length is said beforehand where it is known, so that the pieces need no framing: TLS encrypts them where they are.
 *   JL3  A short list is made whole; so is one that is compressed or kept for the audit log.
 *
 * Tried first: new pieces, each as soon as there was room for it, in chunks. With 10,000 pods that took more than four times the
 * processor time, nearly all of it for pages of memory taken from the system and given back at once.
 */
import { jsonType } from '../http/negotiation.ts'
import type { Exchange } from '../http/exchange.ts'

export interface JsonList<Item> {
  /** Up to and with the bracket that opens the items. */
  readonly head: string
  readonly items: readonly Item[]
  readonly encode: (item: Item) => Buffer
  /** Where in its bytes an item goes on behind its brace. */
  readonly itemStart: number
  /** Items are encoded already: asking for one costs nothing, so that the length of all can be told. */
  readonly isEncoded: boolean
}

const pieceBytes = 256 * 1024
const listEnd = Buffer.from(']}\n')
const comma = 0x2c
const brace = 0x7b

export async function sendJsonList<Item>(exchange: Exchange, list: JsonList<Item>): Promise<void> {
  const isWhole = exchange.acceptsGzip || exchange.audited?.keepsResponse === true
  if (isWhole && !list.isEncoded) {
    await sendJsonList(exchange, encoded(list))
    return
  }
  const size = list.isEncoded ? sizeOf(list) : undefined
  const room = isWhole ? size! : Math.min(size ?? pieceBytes, pieceBytes)
  let isStarted = false
  const piece = Buffer.allocUnsafeSlow(room)
  const used = await fill(list, piece, async full => {
    if (!isStarted) exchange.start(200, jsonType, size === undefined ? {} : { 'content-length': size }) // JL2
    isStarted = true
    await exchange.writeOut(full)
  })
  if (!isStarted) {
    await exchange.send(200, jsonType, piece.subarray(0, used)) // JL3
    return
  }
  await exchange.writeOut(piece.subarray(0, used))
  exchange.response.end()
}

/** Writes out the piece whenever it is full (JL1); returns how much of it is in use at the end. */
async function fill<Item>({ head, items, encode, itemStart }: JsonList<Item>, piece: Buffer, writeOut: (full: Buffer) => Promise<void>): Promise<number> {
  let at = piece.write(head)
  const empty = async () => {
    await writeOut(piece.subarray(0, at))
    at = 0
  }
  for (const [index, item] of items.entries()) {
    const bytes = encode(item)
    const length = bytes.length - itemStart
    if (at + length + 2 > piece.length) await empty()
    if (index > 0) piece[at++] = comma
    piece[at++] = brace
    if (at + length > piece.length) { // larger than any piece
      await empty()
      await writeOut(bytes.subarray(itemStart))
      continue
    }
    bytes.copy(piece, at, itemStart)
    at += length
  }
  if (at + listEnd.length > piece.length) await empty()
  return at + listEnd.copy(piece, at)
}

function sizeOf<Item>({ head, items, encode, itemStart }: JsonList<Item>): number {
  let size = Buffer.byteLength(head) + listEnd.length + Math.max(0, items.length - 1)
  for (const item of items) size += encode(item).length - itemStart + 1
  return size
}

function encoded<Item>(list: JsonList<Item>): JsonList<Buffer> {
  return { ...list, items: list.items.map(list.encode), encode: bytes => bytes, isEncoded: true }
}
