/**
 * Brings files onto a machine, so that afterwards each is there with exactly this content and mode.
 *
 *   UP1  Only what differs by SHA-256 or mode is sent, in one tar stream; when nothing differs nothing is written.
 *   UP2  Each file is replaced whole: it is unpacked beside its place and renamed, so that no reader ever sees half of it
 *        and a program that runs from it goes on.
 *   UP3  A local file that changes while it is sent fails the upload.
 */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { posix } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createTarPacker } from 'modern-tar'
import type { CommandResult, ExecOptions } from './collect.ts'
import { ProvisionError } from './provision-error.ts'
import type { RemoteFile } from './remote-file.ts'

/** What an upload needs of a link. */
export interface CommandRunner {
  readonly name: string
  exec(argv: readonly string[], options?: ExecOptions): Promise<CommandResult>
}

export interface UploadOptions {
  readonly signal?: AbortSignal
  readonly timeoutMs?: number
}

/** Prints "mode path\0" for what exists, an empty line, then "sha256  path\0". */
const observeScript = 'stat --printf="%a %n\\0" -- "$@" 2>/dev/null; echo; sha256sum --zero -- "$@" 2>/dev/null; true'

/**
 * Unpacks into a fresh folder on the root file system, then renames the files into place, a folder at a time: each program
 * started costs an emulated machine a twentieth of a second. Its arguments are the folders that the archive's folders 0, 1, 2, …
 * stand for.
 */
const placeScript = `set -e
new=$(mktemp -d /.kubarium-upload.XXXXXX)
trap 'rm -rf "$new"' EXIT
tar --extract --file=- --directory="$new" --no-same-owner --preserve-permissions --no-overwrite-dir
sync -f "$new"
mkdir -p -- "$@"
number=0
for folder in "$@"; do
  mv -f --target-directory="$folder" -- "$new/$number/"*
  number=$((number + 1))
done`

interface Sized {
  readonly file: RemoteFile
  readonly mode: number
  readonly sha256: string
  readonly sizeBytes: number
}

export async function uploadFiles(runner: CommandRunner, files: readonly RemoteFile[], options: UploadOptions = {}): Promise<{ readonly changed: readonly string[] }> {
  if (files.length === 0) return { changed: [] }
  for (const file of files) requireCleanPath(file.path)
  const timeoutMs = options.timeoutMs ?? 120_000
  const signal = options.signal === undefined ? {} : { signal: options.signal }
  const wanted = await Promise.all(files.map(sized))
  const seen = await runner.exec(['/bin/sh', '-c', observeScript, 'sh', ...files.map(file => file.path)], { timeoutMs, ...signal })
  const changed = planUpload(wanted, readObservation(seen.stdout)) // UP1
  if (changed.length === 0) return { changed: [] }
  const folders = [...new Set(changed.map(item => posix.dirname(item.file.path)))]
  const result = await runner.exec(['/bin/sh', '-c', placeScript, 'sh', ...folders], { stdin: tarOf(changed, folders), timeoutMs, ...signal })
  if (result.code !== 0) throw new ProvisionError('UploadFailed', `${changed.length} files could not be put on ${runner.name}: ${result.stderr.trim().slice(-600) || `ended with ${result.code ?? result.signal}`}`)
  return { changed: changed.map(item => item.file.path) }
}

export async function removeFiles(runner: CommandRunner, paths: readonly string[], options: UploadOptions = {}): Promise<void> {
  if (paths.length === 0) return
  for (const path of paths) requireCleanPath(path)
  const result = await runner.exec(['rm', '-rf', '--', ...paths], { timeoutMs: options.timeoutMs ?? 60_000, ...(options.signal === undefined ? {} : { signal: options.signal }) })
  if (result.code !== 0) throw new ProvisionError('UploadFailed', `files could not be removed from ${runner.name}: ${result.stderr.trim()}`)
}

export interface Observed {
  readonly mode: number
  readonly sha256: string | undefined
}

export function readObservation(text: string): ReadonlyMap<string, Observed> {
  const middle = text.indexOf('\n')
  const modes = new Map(text.slice(0, Math.max(0, middle)).split('\0').filter(line => line !== '').map(line => {
    const at = line.indexOf(' ')
    return [line.slice(at + 1), Number.parseInt(line.slice(0, at), 8)] as const
  }))
  const hashes = new Map(text.slice(middle + 1).split('\0').filter(line => line !== '').map(line => [line.slice(66), line.slice(0, 64)] as const))
  return new Map([...modes].map(([path, mode]) => [path, { mode, sha256: hashes.get(path) }]))
}

export function planUpload<T extends { readonly file: RemoteFile; readonly mode: number; readonly sha256: string }>(wanted: readonly T[], seen: ReadonlyMap<string, Observed>): readonly T[] {
  return wanted.filter(item => {
    const there = seen.get(item.file.path)
    return there === undefined || there.mode !== item.mode || there.sha256 !== item.sha256
  })
}

async function sized(file: RemoteFile): Promise<Sized> {
  const mode = file.mode ?? 0o644
  const hash = createHash('sha256')
  if (typeof file.content === 'string' || file.content instanceof Uint8Array) {
    const bytes = bytesOf(file.content)
    return { file, mode, sha256: hash.update(bytes).digest('hex'), sizeBytes: bytes.length }
  }
  const { size } = await stat(file.content.file)
  await pipeline(createReadStream(file.content.file), hash)
  return { file, mode, sha256: hash.digest('hex'), sizeBytes: size }
}

function tarOf(items: readonly Sized[], folders: readonly string[]): Readable {
  const { readable, controller } = createTarPacker()
  const fill = async () => {
    for (const item of items) {
      const { dir, base } = posix.parse(item.file.path)
      const entry = controller.add({ name: `${folders.indexOf(dir)}/${base}`, size: item.sizeBytes, mode: item.mode, type: 'file', uid: 0, gid: 0, mtime: new Date(0) })
      const content = item.file.content
      const source = typeof content === 'string' || content instanceof Uint8Array ? [bytesOf(content)] : createReadStream(content.file)
      const writer = entry.getWriter()
      let sent = 0
      for await (const chunk of source as AsyncIterable<Uint8Array> | Iterable<Uint8Array>) {
        sent += chunk.length
        await writer.write(chunk)
      }
      if (sent !== item.sizeBytes) throw new ProvisionError('UploadFailed', `${item.file.path}: its source changed while it was sent`) // UP3
      await writer.close()
    }
    controller.finalize()
  }
  fill().catch((error: unknown) => { controller.error(error) })
  return Readable.fromWeb(readable as Parameters<typeof Readable.fromWeb>[0])
}

function bytesOf(content: string | Uint8Array): Uint8Array {
  return typeof content === 'string' ? Buffer.from(content, 'utf8') : content
}

function requireCleanPath(path: string): void {
  if (!posix.isAbsolute(path) || posix.normalize(path) !== path || path.endsWith('/') || /[\n\0]/.test(path) || posix.basename(path).startsWith('.')) {
    throw new ProvisionError('UploadFailed', `"${path}" is not a clean absolute path`)
  }
}
