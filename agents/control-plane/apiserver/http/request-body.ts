/**
 * The body of a request, from the wire into one piece of memory.
 *
 *   RB1  A body over the limit is a 413, by its length or by what comes; the rest of it is read and dropped, and never kept, so
 *        that the answer can be sent.
 *   RB2  More than 128 KiB are read only once there is room for them (body-room.ts), which is held until the answer is out.
 *   RB3  Nothing here keeps what was read: connections outlive requests, and remember the last one.
 */
import type { IncomingMessage } from 'node:http'
import { ApiError, badRequest } from './api-error.ts'

export const largeBodyBytes = 128 * 1024

export interface BodyReading {
  readonly limitBytes: number
  /** As the head says; undefined when it does not. */
  readonly lengthBytes: number | undefined
  /** To be called before more than 128 KiB are kept. */
  takeRoom(sizeBytes: number): Promise<void>
}

export async function readBody(request: IncomingMessage, { limitBytes, lengthBytes, takeRoom }: BodyReading): Promise<Buffer> {
  if (lengthBytes !== undefined && lengthBytes > limitBytes) throw tooLarge(limitBytes)
  const isKnownLarge = lengthBytes !== undefined && lengthBytes > largeBodyBytes
  if (isKnownLarge) await takeRoom(lengthBytes) // RB2
  return await new Promise<Buffer>((resolve, reject) => {
    const body = new Gathered(isKnownLarge ? lengthBytes : undefined)
    let hasRoom = isKnownLarge
    const fail = (error: Error): void => {
      body.drop()
      request.off('end', onEnd).off('close', onClose) // 'data' is still listened to, so that the rest goes by (RB1)
      reject(error)
    }
    const onData = (chunk: Buffer): void => {
      if (!body.add(chunk, limitBytes)) {
        fail(tooLarge(limitBytes))
        return
      }
      if (hasRoom || body.sizeBytes <= largeBodyBytes) return
      hasRoom = true
      request.pause()
      takeRoom(limitBytes).catch(fail).finally(() => { request.resume() })
    }
    const onEnd = (): void => {
      request.off('data', onData).off('close', onClose) // RB3: they hold the promise, which holds the body
      resolve(body.take())
    }
    const onClose = (): void => {
      fail(badRequest('the request ended before its body did'))
    }
    request.on('data', onData)
    request.once('end', onEnd)
    request.once('close', onClose)
    if (request.destroyed && !request.readableEnded) fail(badRequest('the request ended before its body did')) // while room was waited for
  })
}

function tooLarge(limitBytes: number): ApiError {
  return new ApiError('RequestEntityTooLarge', `Request entity too large: limit is ${limitBytes}`)
}

/** Of a known large size, it goes where it will stay at once; anything else is put together at the end. */
class Gathered {
  #chunks: Buffer[] = []
  #whole: Buffer | undefined
  #isDropped = false
  sizeBytes = 0

  constructor(knownBytes: number | undefined) {
    if (knownBytes !== undefined) this.#whole = Buffer.allocUnsafeSlow(knownBytes)
  }

  /** False when there is more than may be. */
  add(chunk: Buffer, limitBytes: number): boolean {
    const at = this.sizeBytes
    this.sizeBytes += chunk.length
    if (this.#isDropped) return true
    if (this.sizeBytes > limitBytes) return false
    if (this.#whole === undefined) this.#chunks.push(chunk)
    else chunk.copy(this.#whole, at)
    return true
  }

  /** RB3 */
  take(): Buffer {
    const whole = this.#whole?.subarray(0, this.sizeBytes) ?? (this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks))
    this.drop()
    return whole
  }

  drop(): void {
    this.#isDropped = true
    this.#chunks = []
    this.#whole = undefined
  }
}
