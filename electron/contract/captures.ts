/** Captures of frames on a lab's LAN. They last as long as they are followed. */

export type CaptureTarget =
  /** Every frame once, as a machine sent it. */
  | { readonly type: 'lan' }
  /** What the node sends, as it leaves it, and what it gets, as it arrives. */
  | { readonly type: 'node'; readonly node: string }
  /** What one gets from the other, behind all that is wrong with the link. */
  | { readonly type: 'link'; readonly from: string; readonly to: string; readonly bothWays: boolean }

export interface CaptureArguments {
  readonly lab: string
  readonly target: CaptureTarget
  /** A part of pcap-filter(7); empty for all. See `kubarium capture --help`. */
  readonly filter: string
  /** Bytes of each frame that are kept. */
  readonly snapBytes: number
  /** After so long it ends by itself; null: when it is no longer followed. */
  readonly durationMs: number | null
}

export interface CapturedPacket {
  /** Epoch milliseconds, with fractions. */
  readonly at: number
  /** The node on whose interface it was seen. */
  readonly node: string
  readonly direction: 'sent' | 'received'
  readonly bytes: number
  /** From the outside in: what each layer is and says. */
  readonly layers: readonly { readonly name: string; readonly text: string }[]
  /** Of the innermost packet, one line. */
  readonly summary: string
}

export interface CaptureFeeds {
  /** A pcapng file in pieces; joined they are what Wireshark opens. `dropped` counts frames that came faster than they were read. */
  'captures/file': { arguments: CaptureArguments; item: { readonly base64: string; readonly dropped: number } }
  /** The same, dissected. */
  'captures/packets': { arguments: CaptureArguments; item: { readonly packets: readonly CapturedPacket[]; readonly dropped: number } }
}
