/** Frames over the port that Electron's preload hands to the page. The shell keeps it open as long as the window lives. */
import type { ClientFrame, HostFrame } from '../../electron/contract/frames.ts'
import type { Transport } from './transport.ts'

/** What the preload puts on the window, and nothing else. */
export interface PreloadBridge {
  send(frame: ClientFrame): void
  onFrame(callback: (frame: HostFrame) => void): void
  onState(callback: (state: 'up' | 'lost') => void): void
}

export function openMessagePortTransport(preload: PreloadBridge): Transport {
  return {
    send: frame => { preload.send(frame) },
    listen(listener) {
      listener.state('connecting')
      preload.onFrame(frame => { listener.frame(frame) })
      preload.onState(state => { listener.state(state) })
    },
    close() {},
  }
}
