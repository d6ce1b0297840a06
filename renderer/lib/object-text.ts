/** An object as YAML, with what names it first; what servers keep of who owns which field is left out unless wanted. */
import { stringify } from 'yaml'

export function objectText(object: unknown, { withManagedFields = false } = {}): string {
  if (typeof object !== 'object' || object === null) return ''
  const { apiVersion, kind, metadata, ...rest } = object as Record<string, unknown>
  const { managedFields, name, generateName, namespace, labels, annotations, ...others } = (metadata ?? {}) as Record<string, unknown>
  const shown = Object.fromEntries(Object.entries({ name, generateName, namespace, labels, annotations, ...others }).filter(([, value]) => value !== undefined))
  const ordered = { ...(apiVersion === undefined ? {} : { apiVersion }), ...(kind === undefined ? {} : { kind }), ...(metadata === undefined ? {} : { metadata: { ...shown, ...(withManagedFields && managedFields !== undefined ? { managedFields } : {}) } }), ...rest }
  return stringify(ordered, { lineWidth: 0, aliasDuplicateObjects: false })
}
