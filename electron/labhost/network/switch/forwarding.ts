/**
 * Where a frame goes: the whole of a learning switch's thinking, without sockets or timers.
 *
 *   FW1  The source is learned before the destination is looked up.
 *   FW2  A known destination gets the frame on its port alone; an unknown or group one floods to every other port.
 *   FW3  A frame never goes back where it came from.
 *   FW4  A frame too short to be one, or sent from a group address, goes nowhere.
 *   FW5  A port that a loop was found behind is left out (loop-guard.ts).
 */
import { isGroupMac, macAt, minimumFrameBytes } from '../packets/ethernet.ts'
import type { LoopGuard } from './loop-guard.ts'
import type { MacTable } from './mac-table.ts'

export interface ForwardingState<Port> {
  readonly table: MacTable<Port>
  readonly guard: LoopGuard<Port>
  ports(): Iterable<Port>
}

/** The frame lies in bytes from at to end. Calls `send` once for each port that it goes to; gives how many. */
export function forwardFrame<Port>({ table, guard, ports }: ForwardingState<Port>, from: Port, bytes: Buffer, at: number, end: number, now: number, send: (to: Port) => void): number {
  if (end - at < minimumFrameBytes || guard.isClosed(from, now)) return 0 // FW4, FW5
  const source = macAt(bytes, at + 6)
  if (isGroupMac(source)) return 0 // FW4
  if (table.learn(source, from, now)) guard.moved(source, from, now) // FW1
  const destination = macAt(bytes, at)
  const known = isGroupMac(destination) ? undefined : table.find(destination, now)
  if (known !== undefined) {
    if (known === from || guard.isClosed(known, now)) return 0 // FW3
    send(known)
    return 1
  }
  let sent = 0
  for (const port of ports()) {
    if (port === from || guard.isClosed(port, now)) continue // FW3
    send(port)
    sent++
  }
  return sent
}
