/**
 * Kubernetes' WebSocket dialects for exec, attach and the older port-forward: every message is one channel's bytes.
 *
 *   CD1  Binary dialects: first byte is the channel. Base64 dialects: text messages, an ASCII digit, then base64.
 *   CD2  Of the dialects a client offers the newest one known is chosen; none offered means the plain binary one.
 *   CD3  v5 adds channel 255: its payload names a channel that is now half-closed.
 *   CD4  v4 and v5 report the end as a JSON Status on channel 3; older ones as text, and only when it failed.
 *   CD5  A message without a channel, or of the wrong form, is no message (undefined).
 */
export const streamChannel = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4, close: 255 } as const

export interface ChannelDialect {
  /** Subprotocol to echo; empty when none was offered. */
  readonly protocol: string
  readonly base64: boolean
  readonly halfCloses: boolean
  readonly jsonStatus: boolean
}

/** Newest first. */
const dialects: readonly ChannelDialect[] = [
  { protocol: 'v5.channel.k8s.io', base64: false, halfCloses: true, jsonStatus: true },
  { protocol: 'v4.channel.k8s.io', base64: false, halfCloses: false, jsonStatus: true },
  { protocol: 'v4.base64.channel.k8s.io', base64: true, halfCloses: false, jsonStatus: true },
  { protocol: 'v3.channel.k8s.io', base64: false, halfCloses: false, jsonStatus: false },
  { protocol: 'v2.channel.k8s.io', base64: false, halfCloses: false, jsonStatus: false },
  { protocol: 'channel.k8s.io', base64: false, halfCloses: false, jsonStatus: false },
  { protocol: 'base64.channel.k8s.io', base64: true, halfCloses: false, jsonStatus: false },
]

/** Port-forwarding by SPDY inside WebSocket messages (kubectl 1.31 and later). */
export const spdyPortForwardProtocol = 'SPDY/3.1+portforward.k8s.io'

export function chooseDialect(offered: readonly string[]): ChannelDialect | undefined {
  if (offered.length === 0) return { protocol: '', base64: false, halfCloses: false, jsonStatus: false }
  return dialects.find(dialect => offered.includes(dialect.protocol))
}

export type ChannelMessage = { readonly channel: number; readonly data: Uint8Array } | { readonly closed: number }

export function renderChannelMessage(dialect: ChannelDialect, channel: number, data: Uint8Array): Uint8Array | string {
  if (dialect.base64) return String(channel) + toBase64(data)
  const bytes = new Uint8Array(data.length + 1)
  bytes[0] = channel
  bytes.set(data, 1)
  return bytes
}

export function readChannelMessage(dialect: ChannelDialect, message: Uint8Array | string): ChannelMessage | undefined {
  if (typeof message === 'string') {
    if (!dialect.base64 || !/^[0-9]/.test(message)) return undefined
    const data = fromBase64(message.slice(1))
    return data === undefined ? undefined : { channel: Number(message[0]), data }
  }
  if (dialect.base64) return readChannelMessage(dialect, new TextDecoder().decode(message))
  const channel = message[0]
  if (channel === undefined) return undefined
  if (channel === streamChannel.close && dialect.halfCloses) return message.length === 2 ? { closed: message[1]! } : undefined
  return { channel, data: message.subarray(1) }
}

/** `{"Width":80,"Height":24}` on the resize channel or stream. */
export function readResize(text: string): { width: number; height: number } | undefined {
  try {
    const value = JSON.parse(text) as { Width?: unknown; Height?: unknown } | null
    const [width, height] = [value?.Width, value?.Height]
    return typeof width === 'number' && typeof height === 'number' ? { width, height } : undefined
  } catch {
    return undefined
  }
}

/** The older port-forward dialect begins each channel with its port, little-endian. */
export function portPrefix(port: number): Uint8Array {
  return Uint8Array.of(port & 255, port >> 8)
}

function toBase64(data: Uint8Array): string {
  let binary = ''
  for (const byte of data) binary += String.fromCharCode(byte)
  return btoa(binary)
}

function fromBase64(text: string): Uint8Array | undefined {
  try {
    return Uint8Array.from(atob(text), character => character.charCodeAt(0))
  } catch {
    return undefined
  }
}
