/**
 * Where a frame goes: the whole of a learning switch's thinking, without sockets or timers.
 *
 *   FW1  The source is learned before the destination is looked up.
 *   FW2  A known destination gets the frame on its port alone; an unknown or group one floods to every other port.
 *   FW3  A frame never goes back where it came from.
 *   FW4  A frame too short to be one, or sent from a group address, goes nowhere.
 */
import { destinationMac, isGroupMac, minimumFrameBytes, sourceMac } from './dissect.ts'
import type { MacTable } from './mac-table.ts'

/** What lies between two ports. Without impairments it hands the frame straight on. */
export type FramePath<Port> = (from: Port, to: Port, frame: Buffer, deliver: (to: Port, frame: Buffer) => void) => void

export function straightPath<Port>(_from: Port, to: Port, frame: Buffer, deliver: (to: Port, frame: Buffer) => void): void {
  deliver(to, frame)
}

/** Calls `send` once for each port that the frame goes to; gives how many. */
export function forwardFrame<Port>(table: MacTable<Port>, ports: Iterable<Port>, from: Port, frame: Buffer, now: number, send: (to: Port) => void): number {
  if (frame.length < minimumFrameBytes) return 0 // FW4
  const source = sourceMac(frame)
  if (isGroupMac(source)) return 0 // FW4
  table.learn(source, from, now) // FW1
  const destination = destinationMac(frame)
  const known = isGroupMac(destination) ? undefined : table.find(destination, now)
  if (known !== undefined) {
    if (known === from) return 0 // FW3
    send(known)
    return 1
  }
  let sent = 0
  for (const port of ports) {
    if (port === from) continue // FW3
    send(port)
    sent++
  }
  return sent
}
