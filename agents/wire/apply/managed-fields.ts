/**
 * metadata.managedFields <-> the managers of an object.
 *
 *   MF1  A manager is told apart by name, operation and subresource, and for Update also by apiVersion.
 *   MF2  Entries are sorted: Apply before Update, older before younger, then by name.
 *   MF3  Metadata that the server owns is never tracked.
 *   MF4  More than ten managers that update: the oldest are folded into "ancient-changes".
 */
import type { ManagedFieldsEntry } from '../../api/groups/meta-v1/types.ts'
import { FieldSet, readFieldsV1, renderFieldsV1 } from './field-set.ts'

export interface Manager {
  readonly name: string
  readonly operation: 'Apply' | 'Update'
  readonly apiVersion: string
  readonly subresource: string
  readonly set: FieldSet
  readonly time: string | undefined
}

export type Managers = ReadonlyMap<string, Manager>

const maxUpdateManagers = 10
const ancient = 'ancient-changes'

/** MF3 */
export const untracked = FieldSet.of(
  ['f:apiVersion'], ['f:kind'], ['f:metadata'], ['f:metadata', 'f:name'], ['f:metadata', 'f:namespace'], ['f:metadata', 'f:creationTimestamp'], ['f:metadata', 'f:selfLink'],
  ['f:metadata', 'f:uid'], ['f:metadata', 'f:clusterName'], ['f:metadata', 'f:generation'], ['f:metadata', 'f:managedFields'], ['f:metadata', 'f:resourceVersion'],
)

export function stripUntracked(set: FieldSet): FieldSet {
  return set.difference(untracked)
}

/** MF1 */
export function managerId(manager: Pick<Manager, 'name' | 'operation' | 'apiVersion' | 'subresource'>): string {
  return JSON.stringify([manager.name, manager.operation, manager.operation === 'Apply' ? '' : manager.apiVersion, manager.subresource])
}

/** `isOurs`: they are those of a stored object, which this server has rendered. */
export function readManagedFields(entries: readonly ManagedFieldsEntry[] | undefined, isOurs = false): Map<string, Manager> {
  const managers = new Map<string, Manager>()
  for (const entry of entries ?? []) {
    if (entry.operation !== 'Apply' && entry.operation !== 'Update') continue
    const manager: Manager = {
      name: entry.manager ?? '',
      operation: entry.operation,
      apiVersion: entry.apiVersion ?? '',
      subresource: entry.subresource ?? '',
      set: readFieldsV1(entry.fieldsV1, isOurs),
      time: entry.time ?? undefined,
    }
    managers.set(managerId(manager), manager)
  }
  return managers
}

export function renderManagedFields(managers: Managers): ManagedFieldsEntry[] {
  return [...managers.values()].filter(manager => !manager.set.isEmpty).sort(inOrder).map(manager => renderEntry(manager, renderFieldsV1(manager.set)))
}

export function renderEntry(manager: Omit<Manager, 'set'>, fieldsV1: object): ManagedFieldsEntry {
  return {
    apiVersion: manager.apiVersion,
    fieldsType: 'FieldsV1',
    fieldsV1: fieldsV1 as NonNullable<ManagedFieldsEntry['fieldsV1']>,
    manager: manager.name,
    operation: manager.operation,
    ...(manager.subresource === '' ? {} : { subresource: manager.subresource }),
    ...(manager.time === undefined ? {} : { time: manager.time }),
  }
}

/** MF2 */
function inOrder(a: Manager, b: Manager): number {
  const byText = (left: string, right: string) => (left < right ? -1 : left > right ? 1 : 0)
  return byText(a.operation, b.operation) || byText(a.time ?? '', b.time ?? '') || byText(a.name, b.name) || byText(a.apiVersion, b.apiVersion) || byText(a.subresource, b.subresource)
}

/** MF4 */
export function capManagers(managers: Map<string, Manager>): void {
  const updaters = [...managers].filter(([, manager]) => manager.operation === 'Update').sort((a, b) => inOrder(a[1], b[1]))
  let surplus = updaters.length - maxUpdateManagers
  for (const [id, manager] of updaters) {
    if (surplus <= 0) return
    if (manager.name === ancient) continue
    const bucket = { name: ancient, operation: 'Update', apiVersion: manager.apiVersion, subresource: '' } as const
    const bucketId = managerId(bucket)
    const held = managers.get(bucketId)
    managers.delete(id)
    managers.set(bucketId, { ...bucket, set: held === undefined ? manager.set : held.set.union(manager.set), time: later(held?.time, manager.time) })
    if (held !== undefined || surplus > 0) surplus = [...managers.values()].filter(each => each.operation === 'Update').length - maxUpdateManagers
  }
}

function later(a: string | undefined, b: string | undefined): string | undefined {
  return a === undefined || (b !== undefined && b > a) ? b : a
}
