/**
 * Which rooms the running faults concern.
 *
 *   SR1  A fault of a component concerns the room of that component, whichever instance it is.
 *   SR2  A fault of a node, a link or an object concerns the room that shows such things.
 */
import type { FaultTarget } from '../../electron/contract/faults.ts'
import { isInstance } from '../lib/component-name.ts'
import type { Room } from '../lib/room.ts'

export function faultsOf(room: Pick<Room, 'component' | 'struckBy'>, targets: readonly FaultTarget[]): number {
  return targets.filter(target => concerns(room, target)).length
}

function concerns({ component, struckBy }: Pick<Room, 'component' | 'struckBy'>, target: FaultTarget): boolean {
  if (struckBy === 'everything') return true
  if (target.type === 'component') return component !== undefined && isInstance(target.name, component) // SR1
  return target.type === struckBy // SR2
}
