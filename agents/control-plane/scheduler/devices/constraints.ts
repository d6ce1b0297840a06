/**
 * What the devices of one claim must have in common, or must not. Pure.
 * Upstream: structured/internal constraint.go and matchAttributeConstraint.
 *
 *   CN1  matchAttribute: all devices have the attribute with one type and value.
 *   CN2  distinctAttribute: all have it, no two with the same value.
 *   CN3  A constraint that names requests concerns those only; a name of a request stands for all its alternatives.
 */
import { splitQualifiedName } from '../../../api/devices/device-selector.ts'
import type { DeviceAttribute, DeviceConstraint } from '../../../api/groups/resource-v1/types.ts'
import type { PooledDevice } from './pools.ts'

export class ConstraintState {
  readonly #constraint: DeviceConstraint
  readonly #taken: string[] = []

  constructor(constraint: DeviceConstraint) {
    this.#constraint = constraint
  }

  /** Whether a device may join for a request (`name`, or `name/alternative`); it has joined then, until it leaves. */
  join(request: string, pooled: PooledDevice): boolean {
    if (!this.#concerns(request)) return true
    const { matchAttribute, distinctAttribute } = this.#constraint
    const value = valueText(pooled, matchAttribute ?? distinctAttribute ?? '')
    if (value === undefined) return false
    if (matchAttribute !== undefined ? this.#taken.some(other => other !== value) : this.#taken.includes(value)) return false // CN1 CN2
    this.#taken.push(value)
    return true
  }

  /** The last that joined leaves first. */
  leave(request: string): void {
    if (this.#concerns(request)) this.#taken.pop()
  }

  /** CN3 */
  #concerns(request: string): boolean {
    const { requests = [] } = this.#constraint
    return requests.length === 0 || requests.includes(request) || requests.includes(request.split('/')[0]!)
  }
}

function valueText({ device, slice }: PooledDevice, qualified: string): string | undefined {
  const [domain, id] = splitQualifiedName(qualified, slice.spec.driver)
  const attribute: DeviceAttribute | undefined = device.attributes?.[qualified] ?? (domain === slice.spec.driver ? device.attributes?.[id] : undefined)
  if (attribute === undefined) return undefined
  const { bool, int, string, version } = attribute
  return bool !== undefined ? `bool ${bool}` : int !== undefined ? `int ${int}` : string !== undefined ? `string ${string}` : version !== undefined ? `version ${version}` : undefined
}
