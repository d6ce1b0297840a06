/**
 * Digests of saved files. They are sparse and large (memory of machines): holes are skipped on the disk and stand for zeros in
 * the digest, so that a file has the same digest wherever it lies and however it is stored.
 *
 * Format: SHA-256 over, for each piece of 1 MiB that is not all zero, its number (uint64, big-endian) and its content, and at the
 * end the size of the file (uint64). A piece of zeros, hole or not, adds nothing.
 */
import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'

const pieceBytes = 1024 * 1024
const zeros = Buffer.alloc(pieceBytes)

export interface PieceReader {
  readonly sizeBytes: number
  /** Gives how many bytes it read. */
  read(into: Buffer, at: number): Promise<number>
}

export async function digestOf(reader: PieceReader, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256')
  const piece = Buffer.allocUnsafe(pieceBytes)
  const number = Buffer.alloc(8)
  for (let at = 0; at < reader.sizeBytes; at += pieceBytes) {
    signal?.throwIfAborted()
    const length = await reader.read(piece, at)
    if (length === 0) break // shorter than it said: the size tells
    const bytes = piece.subarray(0, length)
    if (bytes.equals(zeros.subarray(0, length))) continue
    number.writeBigUInt64BE(BigInt(at / pieceBytes))
    hash.update(number).update(bytes)
  }
  number.writeBigUInt64BE(BigInt(reader.sizeBytes))
  return hash.update(number).digest('hex')
}

export async function digestOfFile(path: string, signal?: AbortSignal): Promise<string> {
  await using file = await open(path, 'r')
  const { size } = await file.stat()
  return await digestOf({ sizeBytes: size, read: async (into, at) => (await file.read(into, 0, Math.min(into.length, size - at), at)).bytesRead }, signal)
}
