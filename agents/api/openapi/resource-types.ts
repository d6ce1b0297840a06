/** Names of the definitions that a built-in resource's operations speak of. */
import { kindOf } from '../kinds.ts'
import type { ResourceRow } from '../schema/definition.ts'
import { definitionFor } from '../schema/definitions.ts'
import { type ResourceTypes, statusType } from './operations.ts'

/** DELETE of a namespace answers the namespace, which lives on until it is empty, but upstream's document says Status. */
const saysStatus = new Set(['/namespaces'])

/** Throws if a row names a kind that has no definition: a mistake in resources.json. */
export function builtInTypes(row: ResourceRow): ResourceTypes {
  const object = definitionOf(row.group, row.version, row.kind)
  const returnsObject = !saysStatus.has(`${row.group}/${row.resource}`) && kindOf(row.group, row.resource, row.version)?.returnsDeletedObject === true
  return {
    object,
    list: `${object}List`,
    deleted: returnsObject ? object : statusType,
    of: ({ group, version, kind }) => definitionOf(group, version, kind),
  }
}

function definitionOf(group: string, version: string, kind: string): string {
  const name = definitionFor(group, version, kind)
  if (name === undefined) throw new Error(`no definition is of kind ${group}/${version} ${kind}`)
  return name
}
