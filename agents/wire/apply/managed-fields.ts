/**
 * metadata.managedFields <-> the managers of an object.
 *
 *   MF1  A manager is told apart by name, operation and subresource, and for Update also by apiVersion.
 *   MF2  Entries are sorted: Apply before Update, older before younger, then by name.
 *   MF3  Metadata that the server owns is never tracked.
 *   MF4  More than ten managers that update: the oldest are folded into "ancient-changes", each version into one of its own;
 *        the only one of its version stays.
 *   MF5  What a client sends is taken as a whole or not at all.
 */
import type { ManagedFieldsEntry } from '../../api/groups/meta-v1/types.ts'
import { FieldSet, ours, readFieldsV1, renderFieldsV1 } from './field-set.ts'

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

/** Those of a stored object, which this server has rendered. */
export function readManagedFields(entries: readonly ManagedFieldsEntry[] | undefined): Map<string, Manager> {
  const managers = new Map<string, Manager>()
  for (const entry of entries ?? []) addManager(managers, entry, ours(entry.fieldsV1))
  return managers
}

/** MF5: those that a client sent; undefined if anything in them cannot be read. */
export function readSentManagedFields(entries: readonly ManagedFieldsEntry[]): Map<string, Manager> | undefined {
  const managers = new Map<string, Manager>()
  for (const entry of entries) {
    const { operation, apiVersion = '', fieldsType, fieldsV1 } = entry
    const set = fieldsV1 === undefined ? new FieldSet() : readFieldsV1(fieldsV1)
    if ((operation !== 'Apply' && operation !== 'Update') || apiVersion === '' || fieldsType !== 'FieldsV1' || set === undefined) return undefined
    addManager(managers, entry, set)
  }
  return managers
}

function addManager(managers: Map<string, Manager>, { operation, manager: name = '', apiVersion = '', subresource = '', time }: ManagedFieldsEntry, set: FieldSet): void {
  if (operation !== 'Apply' && operation !== 'Update') return
  const manager: Manager = { name, operation, apiVersion, subresource, set, time: time ?? undefined }
  managers.set(managerId(manager), manager)
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
  return byText(a.operation, b.operation) || byText(a.time ?? '', b.time ?? '') || byText(a.name, b.name) || byText(a.apiVersion, b.apiVersion) || byText(a.subresource, b.subresource)
}

/** MF4 */
export function capManagers(managers: Map<string, Manager>): void {
  const updaters = [...managers].filter(([, manager]) => manager.operation === 'Update').sort(([aId, a], [bId, b]) => byText(a.time ?? '', b.time ?? '') || byText(aId, bId))
  let surplus = updaters.length - maxUpdateManagers
  const oldest = new Map<string, string>()
  for (const [id, manager] of updaters) {
    if (surplus <= 0) return
    const bucket = { name: ancient, operation: 'Update', apiVersion: manager.apiVersion, subresource: '' } as const
    const bucketId = managerId(bucket)
    const first = oldest.get(manager.apiVersion)
    if (first === undefined) oldest.set(manager.apiVersion, id)
    if (first === undefined || id === bucketId) continue
    const held = managers.get(bucketId) ?? managers.get(first)!
    if (!managers.has(bucketId)) managers.delete(first)
    managers.delete(id)
    managers.set(bucketId, { ...bucket, set: held.set.union(manager.set), time: manager.time })
    surplus -= 1
  }
}

function byText(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0
}
