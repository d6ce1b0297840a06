/** What carries frames between the page and the lab host. Order is kept; a lost connection is told of, and comes back by itself. */
import type { ClientFrame, HostFrame } from '../../electron/contract/frames.ts'

export type LinkState = 'connecting' | 'up' | 'lost'

export interface TransportListener {
  frame(frame: HostFrame): void
  state(state: LinkState): void
}

export interface Transport {
  send(frame: ClientFrame): void
  listen(listener: TransportListener): void
  close(): void
}
