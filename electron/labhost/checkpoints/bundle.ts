/**
 * A checkpoint as one file, to be carried to another desktop.
 *
 *   "kubarium-checkpoint 1\n"
 *   zstd (with its checksum) of:
 *             uint32 length | manifest (JSON)
 *             for each file of the manifest, in its order, pieces:  uint32 length | uint64 offset | bytes      and at its end uint32 0
 *
 * Numbers are big-endian. Zeros are left out, as in digests. What came in is a checkpoint only when all its digests are right.
 */
import { createReadStream, createWriteStream } from 'node:fs'
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { constants, createZstdCompress, createZstdDecompress } from 'node:zlib'
import { CheckpointError } from './checkpoint-error.ts'
import { digestOfFile } from './digest.ts'
import { type CheckpointManifest, checkName, readManifest, renderManifest } from './manifest.ts'
import type { Shelf } from './shelf.ts'

const magic = 'kubarium-checkpoint 1\n'
const pieceBytes = 1024 * 1024
const zeros = Buffer.alloc(pieceBytes)
const longestManifest = 64 * 1024 * 1024

/** Written beside its place and renamed. `told` gets how far it is, 0 to 1. */
export async function exportBundle(folder: string, manifest: CheckpointManifest, file: string, told: (ratio: number) => void): Promise<void> {
  const half = `${file}.part`
  try {
    const out = createWriteStream(half, { mode: 0o600 })
    out.write(magic)
    await pipeline(Readable.from(piecesOf(folder, manifest, told)), createZstdCompress({ params: { [constants.ZSTD_c_checksumFlag]: 1 } }), out)
    await using written = await open(half, 'r')
    await written.sync()
    await rename(half, file)
  } catch (error) {
    await rm(half, { force: true })
    throw error instanceof CheckpointError ? error : new CheckpointError('failed', `${file} cannot be written: ${(error as Error).message}`, { cause: error })
  }
}

/** Gives the name under which it is on the shelf. */
export async function importBundle(file: string, wantedName: string | null, shelf: Shelf, told: (ratio: number) => void): Promise<string> {
  const damaged = (what: string): CheckpointError => new CheckpointError('damaged', `${file} is not a whole checkpoint: ${what}. Nothing was imported`)
  const start = await firstBytes(file)
  if (start !== magic) throw damaged('it does not begin like one')
  await using reader = new ByteReader(unpacked(file))
  const read = async (length: number): Promise<Buffer> => await reader.take(length).catch((error: unknown) => { throw damaged((error as Error).message) })
  const manifestLength = (await read(4)).readUInt32BE()
  if (manifestLength > longestManifest) throw damaged('its manifest is too long')
  const carried = readManifest((await read(manifestLength)).toString(), file)
  const name = wantedName ?? carried.name
  checkName(name)
  const half = await shelf.begin(name)
  try {
    const total = carried.files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
    let done = 0
    for (const { path, sizeBytes, sha256 } of carried.files) {
      const target = join(half, path)
      await mkdir(dirname(target), { recursive: true, mode: 0o700 })
      await using out = await open(target, 'w', 0o600)
      for (let length = (await read(4)).readUInt32BE(); length !== 0; length = (await read(4)).readUInt32BE()) {
        const offset = Number((await read(8)).readBigUInt64BE())
        if (length > pieceBytes || offset + length > sizeBytes) throw damaged(`${path} is longer than it says`)
        await writeAll(out, await read(length), offset)
      }
      await out.truncate(sizeBytes)
      await out.sync()
      if (await digestOfFile(target) !== sha256) throw damaged(`${path} has another content than was saved`)
      done += sizeBytes
      told(done / Math.max(1, total))
    }
    await reader.end().catch((error: unknown) => { throw damaged((error as Error).message) })
    await shelf.complete({ ...carried, name, reason: 'imported', earlier: null })
    return name
  } catch (error) {
    await shelf.abandon(name)
    throw error
  }
}

/** A failure of either stream is told by what is read from it. */
function unpacked(file: string): Readable {
  const decompress = createZstdDecompress()
  pipeline(createReadStream(file, { start: magic.length }), decompress).catch((error: unknown) => { decompress.destroy(error as Error) })
  return decompress
}

async function* piecesOf(folder: string, manifest: CheckpointManifest, told: (ratio: number) => void): AsyncGenerator<Buffer> {
  const text = Buffer.from(renderManifest(manifest))
  yield uint32(text.length)
  yield text
  const total = manifest.files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  let before = 0
  for (const { path, sizeBytes } of manifest.files) {
    await using file = await open(join(folder, path), 'r')
    for (let offset = 0; offset < sizeBytes; offset += pieceBytes) {
      const piece = Buffer.allocUnsafe(Math.min(pieceBytes, sizeBytes - offset))
      const { bytesRead } = await file.read(piece, 0, piece.length, offset)
      if (bytesRead < piece.length) throw new CheckpointError('damaged', `${path} is shorter than it was`)
      told((before + offset) / Math.max(1, total))
      if (piece.equals(zeros.subarray(0, piece.length))) continue
      const header = Buffer.alloc(12)
      header.writeUInt32BE(piece.length)
      header.writeBigUInt64BE(BigInt(offset), 4)
      yield header
      yield piece
    }
    before += sizeBytes
    yield uint32(0)
  }
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

async function firstBytes(file: string): Promise<string> {
  try {
    await using opened = await open(file, 'r')
    const bytes = Buffer.alloc(magic.length)
    const { bytesRead } = await opened.read(bytes, 0, bytes.length, 0)
    return bytes.subarray(0, bytesRead).toString('latin1')
  } catch (error) {
    throw new CheckpointError('not-found', `${file} cannot be read: ${(error as Error).message}`, { cause: error })
  }
}

async function writeAll(file: FileHandle, bytes: Buffer, offset: number): Promise<void> {
  for (let at = 0; at < bytes.length;) at += (await file.write(bytes, at, bytes.length - at, offset + at)).bytesWritten
}

/** Takes so many bytes at a time from a stream. */
class ByteReader implements AsyncDisposable {
  readonly #stream: Readable
  readonly #chunks: AsyncIterator<Buffer>
  #rest: Buffer = Buffer.alloc(0)

  constructor(stream: Readable) {
    this.#stream = stream
    this.#chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>
  }

  async take(length: number): Promise<Buffer> {
    const parts = [this.#rest]
    let held = this.#rest.length
    while (held < length) {
      const next = await this.#chunks.next()
      if (next.done === true) throw new Error('it ends too early')
      parts.push(next.value)
      held += next.value.length
    }
    const all = parts.length === 1 ? parts[0]! : Buffer.concat(parts, held)
    this.#rest = all.subarray(length)
    return all.subarray(0, length)
  }

  /** Nothing may be left, and the stream has to end as one. */
  async end(): Promise<void> {
    if (this.#rest.length > 0 || (await this.#chunks.next()).done !== true) throw new Error('something follows it')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stream.destroy()
    await this.#chunks.return?.().catch(() => {})
  }
}
