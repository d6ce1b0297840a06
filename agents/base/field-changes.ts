/** Which fields of two values differ; lists are compared as a whole. */
export interface FieldChange {
  /** Dotted: spec.replicas, metadata.labels.app. */
  readonly path: string
  /** Absent: it was not there. */
  readonly from?: unknown
  /** Absent: it goes. */
  readonly to?: unknown
}

/** @param ignores fields that mean nothing here, by path. */
export function fieldChanges(before: unknown, after: unknown, ignores: (path: string) => boolean = () => false, path = ''): readonly FieldChange[] {
  if (ignores(path) || JSON.stringify(before) === JSON.stringify(after)) return []
  if (isMapping(after) && (before === undefined || isMapping(before))) {
    const had = before ?? {}
    return [...new Set([...Object.keys(had), ...Object.keys(after)])].flatMap(name => fieldChanges(had[name], after[name], ignores, path === '' ? name : `${path}.${name}`))
  }
  return [{ path, ...(before === undefined ? {} : { from: before }), ...(after === undefined ? {} : { to: after }) }]
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
