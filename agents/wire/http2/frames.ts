/**
 * HTTP/2 frames: nine bytes of head, then the payload. RFC 9113 sections 4 and 6.
 *
 *   FR1  A frame longer than what was agreed on is refused when its head is seen.
 *   FR2  A payload that came in one piece is not copied; one that came in several is put together once.
 */
export const frameType = { data: 0, headers: 1, resetStream: 3, settings: 4, pushPromise: 5, ping: 6, goAway: 7, windowUpdate: 8, continuation: 9 } as const
export const frameFlag = { endStream: 1, ack: 1, endHeaders: 4, padded: 8, priority: 32 } as const
export const setting = { headerTableSize: 1, enablePush: 2, maxConcurrentStreams: 3, initialWindowSize: 4, maxFrameSize: 5 } as const
export const errorCode = { noError: 0, protocolError: 1, flowControlError: 3, streamClosed: 5, frameSizeError: 6, refusedStream: 7, cancel: 8, compressionError: 9, enhanceYourCalm: 11 } as const

const errorNames = ['NO_ERROR', 'PROTOCOL_ERROR', 'INTERNAL_ERROR', 'FLOW_CONTROL_ERROR', 'SETTINGS_TIMEOUT', 'STREAM_CLOSED', 'FRAME_SIZE_ERROR', 'REFUSED_STREAM', 'CANCEL', 'COMPRESSION_ERROR', 'CONNECT_ERROR', 'ENHANCE_YOUR_CALM', 'INADEQUATE_SECURITY', 'HTTP_1_1_REQUIRED']

export function errorName(code: number): string {
  return errorNames[code] ?? `error ${String(code)}`
}

export const headBytes = 9
export const connectionPreface: Uint8Array = new TextEncoder().encode('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')

/** A connection that does not keep to the protocol; it cannot be used any longer. */
export class Http2Error extends Error {
  override readonly name = 'Http2Error'
  readonly code: number

  constructor(code: number, message: string) {
    super(message)
    this.code = code
  }
}

export interface Frame {
  readonly type: number
  readonly flags: number
  readonly streamId: number
  readonly payload: Uint8Array
}

export function writeFrameHead(into: Uint8Array, at: number, length: number, type: number, flags: number, streamId: number): void {
  into[at] = length >>> 16
  into[at + 1] = length >>> 8
  into[at + 2] = length
  into[at + 3] = type
  into[at + 4] = flags
  writeUint32(into, at + 5, streamId)
}

export function renderFrame(type: number, flags: number, streamId: number, payload: Uint8Array): Uint8Array {
  const frame = new Uint8Array(headBytes + payload.length)
  writeFrameHead(frame, 0, payload.length, type, flags, streamId)
  frame.set(payload, headBytes)
  return frame
}

export function renderSettings(settings: readonly (readonly [id: number, value: number])[]): Uint8Array {
  const payload = new Uint8Array(settings.length * 6)
  settings.forEach(([id, value], index) => {
    payload[index * 6 + 1] = id
    writeUint32(payload, index * 6 + 2, value)
  })
  return renderFrame(frameType.settings, 0, 0, payload)
}

/** Of WINDOW_UPDATE and RST_STREAM. */
export function renderNumberFrame(type: number, streamId: number, value: number): Uint8Array {
  const frame = new Uint8Array(headBytes + 4)
  writeFrameHead(frame, 0, 4, type, 0, streamId)
  writeUint32(frame, headBytes, value)
  return frame
}

export function* readSettings(payload: Uint8Array): Iterable<readonly [id: number, value: number]> {
  if (payload.length % 6 !== 0) throw new Http2Error(errorCode.frameSizeError, 'settings are cut off')
  for (let at = 0; at < payload.length; at += 6) yield [payload[at]! * 256 + payload[at + 1]!, readUint32(payload, at + 2)]
}

export function readUint32(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0
}

/** The payload of DATA or HEADERS without padding and priority. */
export function unpadded({ type, flags, payload }: Frame): Uint8Array {
  let from = 0
  let to = payload.length
  if ((flags & frameFlag.padded) !== 0) {
    from += 1
    to -= payload[0] ?? 0
  }
  if (type === frameType.headers && (flags & frameFlag.priority) !== 0) from += 5
  if (to < from) throw new Http2Error(errorCode.protocolError, 'a frame is all padding')
  return from === 0 && to === payload.length ? payload : payload.subarray(from, to)
}

function writeUint32(into: Uint8Array, at: number, value: number): void {
  into[at] = value >>> 24
  into[at + 1] = value >>> 16
  into[at + 2] = value >>> 8
  into[at + 3] = value
}

/** Cuts a stream of chunks into frames. */
export class Http2FrameReader {
  readonly #maxPayloadBytes: number
  readonly #head = new Uint8Array(headBytes)
  #headFilled = 0
  #payload: Uint8Array | undefined
  #payloadFilled = 0

  constructor(maxPayloadBytes: number) {
    this.#maxPayloadBytes = maxPayloadBytes
  }

  push(chunk: Uint8Array, frame: (frame: Frame) => void): void {
    let at = 0
    while (at < chunk.length) {
      if (this.#payload !== undefined) {
        at = this.#fillPayload(this.#payload, chunk, at, frame)
        continue
      }
      if (this.#headFilled > 0 || chunk.length - at < headBytes) {
        const taken = Math.min(headBytes - this.#headFilled, chunk.length - at)
        this.#head.set(chunk.subarray(at, at + taken), this.#headFilled)
        this.#headFilled += taken
        at += taken
        if (this.#headFilled < headBytes) return
        this.#headFilled = 0
        at = this.#begin(this.#head, 0, chunk, at, frame)
      } else {
        at = this.#begin(chunk, at, chunk, at + headBytes, frame)
      }
    }
  }

  #begin(head: Uint8Array, headAt: number, chunk: Uint8Array, at: number, frame: (frame: Frame) => void): number {
    const length = head[headAt]! * 65_536 + head[headAt + 1]! * 256 + head[headAt + 2]!
    if (length > this.#maxPayloadBytes) throw new Http2Error(errorCode.frameSizeError, `a frame has ${String(length)} bytes`) // FR1
    if (chunk.length - at >= length) {
      frame(frameOf(head, headAt, chunk.subarray(at, at + length))) // FR2
      return at + length
    }
    if (head !== this.#head) this.#head.set(head.subarray(headAt, headAt + headBytes))
    this.#payload = new Uint8Array(length)
    this.#payloadFilled = 0
    return at
  }

  #fillPayload(payload: Uint8Array, chunk: Uint8Array, at: number, frame: (frame: Frame) => void): number {
    const taken = Math.min(payload.length - this.#payloadFilled, chunk.length - at)
    payload.set(chunk.subarray(at, at + taken), this.#payloadFilled)
    this.#payloadFilled += taken
    if (this.#payloadFilled === payload.length) {
      this.#payload = undefined
      frame(frameOf(this.#head, 0, payload))
    }
    return at + taken
  }
}

function frameOf(head: Uint8Array, at: number, payload: Uint8Array): Frame {
  return { type: head[at + 3]!, flags: head[at + 4]!, streamId: readUint32(head, at + 5) & 0x7fff_ffff, payload }
}
