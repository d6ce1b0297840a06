/**
 * The lab host's way to its images: runs the builder (images/node/build.ts, or what was packed in its place) as a
 * program of its own, so that a build can be cancelled, cannot block the lab host, and needs none of its memory.
 *
 *   EI1  When the image is there this takes half a second and needs no network.
 *   EI2  Progress lines are passed on as they come; a failure is one ImageError with the builder's own paragraph.
 *   EI3  When the signal fires the builder is told to stop and is waited for; it leaves nothing half-made.
 */
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { join } from 'node:path'
import type { BuildProgress, NodeImage } from '../../../images/node/build.ts'

/** What the builder answers: what a machine provider and the registry need to know. */
export type ImageSet = NodeImage
export type ImageProgress = BuildProgress

export interface EnsureImagesOptions {
  /** $KUBARIUM_HOME/images */
  readonly cacheDir: string
  /** Where the builder is; default: this repository's. */
  readonly builder?: string
  /** Bundled cluster DNS server; default dist/agents/dns.mjs when it exists. */
  readonly dnsBundle?: string
  /** Refuse Debian packages other than the locked ones. */
  readonly pinned?: boolean
  readonly onProgress?: (progress: ImageProgress) => void
  readonly signal?: AbortSignal
}

export class ImageError extends Error {
  /** tool-missing, disk-full, download-failed, unsupported, not-pinned, cancelled or failed */
  readonly reason: string

  constructor(reason: string, message: string) {
    super(message)
    this.name = 'ImageError'
    this.reason = reason
  }
}

export async function ensureImages(options: EnsureImagesOptions): Promise<ImageSet> {
  const builder = options.builder ?? join(import.meta.dirname, '../../../images/node/build.ts')
  const args = ['--disable-warning=ExperimentalWarning', builder, `--cache-dir=${options.cacheDir}`]
  if (options.dnsBundle !== undefined) args.push(`--dns-bundle=${options.dnsBundle}`)
  if (options.pinned === true) args.push('--pinned')
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' } })
  const stop = (): void => { child.kill('SIGTERM') }
  options.signal?.addEventListener('abort', stop, { once: true })
  if (options.signal?.aborted === true) stop()

  let outcome: { result?: ImageSet; error?: { reason: string; message: string } } = {}
  let complaint = ''
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => { complaint = (complaint + chunk).slice(-2_000) })
  const lines = createInterface({ input: child.stdout })
  lines.on('line', line => {
    const message = readLine(line)
    if (message?.progress !== undefined) options.onProgress?.(message.progress) // EI2
    else if (message !== undefined) outcome = message
  })
  const linesEnd = new Promise<void>(resolve => { lines.once('close', () => { resolve() }) })
  const status = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  await linesEnd
  options.signal?.removeEventListener('abort', stop)
  if (outcome.result !== undefined) return outcome.result
  if (outcome.error !== undefined) throw new ImageError(outcome.error.reason, outcome.error.message)
  if (options.signal?.aborted === true) throw new ImageError('cancelled', 'The image build was cancelled; nothing half-made was kept.')
  throw new ImageError('failed', `The image builder ended with status ${status ?? 'unknown'} and no result. It said: ${complaint.trim() || 'nothing'}`)
}

function readLine(line: string): { progress?: ImageProgress; result?: ImageSet; error?: { reason: string; message: string } } | undefined {
  try {
    return JSON.parse(line) as { progress?: ImageProgress }
  } catch {
    return undefined
  }
}
