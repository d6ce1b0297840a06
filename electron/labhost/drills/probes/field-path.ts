/**
 * A field of an object, as drills name it.
 *
 *     status.readyReplicas
 *     status.conditions[type=Ready].status          the entries whose type is Ready
 *     items[status.phase=Running]                   of a list those that run
 *     items[*].spec.nodeName      items[0]          every entry; the first
 *     metadata.labels["app.kubernetes.io/name"]     a field whose name has dots
 *
 * It names any number of values: none where nothing is there.
 */
type Step =
  | { readonly step: 'field'; readonly name: string }
  | { readonly step: 'index'; readonly index: number }
  | { readonly step: 'every' }
  | { readonly step: 'where'; readonly path: FieldPath; readonly value: string }

export type FieldPath = readonly Step[]

/** undefined: this is no path. */
export function readFieldPath(text: string): FieldPath | undefined {
  const steps: Step[] = []
  let rest = text
  for (let first = true; rest !== ''; first = false) {
    const field = (first ? /^([A-Za-z_][\w-]*)/ : /^\.([A-Za-z_][\w-]*)/).exec(rest)
    if (field !== null) {
      steps.push({ step: 'field', name: field[1]! })
      rest = rest.slice(field[0].length)
      continue
    }
    const bracket = /^\[(?:(\d+)|(\*)|"([^"]*)"|([^\]=]+)=([^\]]*))\]/.exec(rest)
    if (bracket === null) return undefined
    const [whole, index, every, quotedName, wherePath, whereValue] = bracket
    if (index !== undefined) steps.push({ step: 'index', index: Number(index) })
    else if (every !== undefined) steps.push({ step: 'every' })
    else if (quotedName !== undefined) steps.push({ step: 'field', name: quotedName })
    else {
      const path = readFieldPath(wherePath!)
      if (path === undefined) return undefined
      steps.push({ step: 'where', path, value: whereValue! })
    }
    rest = rest.slice(whole.length)
  }
  return steps.length === 0 ? undefined : steps
}

export function valuesAt(object: unknown, path: FieldPath): readonly unknown[] {
  let values: readonly unknown[] = [object]
  for (const step of path) values = values.flatMap(value => next(value, step))
  return values.filter(value => value !== undefined && value !== null)
}

function next(value: unknown, step: Step): readonly unknown[] {
  switch (step.step) {
    case 'field':
      return typeof value === 'object' && value !== null && Object.hasOwn(value, step.name) ? [(value as Readonly<Record<string, unknown>>)[step.name]] : []
    case 'index':
      return Array.isArray(value) && step.index < value.length ? [value[step.index]] : []
    case 'every':
      return Array.isArray(value) ? value : []
    case 'where':
      return Array.isArray(value) ? value.filter(entry => valuesAt(entry, step.path).some(found => String(found) === step.value)) : []
  }
}
