/** The page's one bridge, given to stores. Tests give their own. */
import { LabBridge } from './lab-bridge.ts'
import type { PreloadBridge } from './message-port-transport.ts'
import { openMessagePortTransport } from './message-port-transport.ts'
import { openWebSocketTransport } from './websocket-transport.ts'

declare global {
  interface Window {
    readonly kubarium?: PreloadBridge
  }
}

let bridge: LabBridge | undefined

export function useBridge(): LabBridge {
  bridge ??= new LabBridge(window.kubarium === undefined ? openWebSocketTransport(`ws://${window.location.host}/contract`) : openMessagePortTransport(window.kubarium))
  return bridge
}

export function giveBridge(given: LabBridge): void {
  bridge = given
}
