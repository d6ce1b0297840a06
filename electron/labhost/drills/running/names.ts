/** DR1: puts what was chosen in the place of the names that begin with $. */

export type Names = ReadonlyMap<string, string>

/** Of every text within a value; texts that are no more than a name become what it stands for. */
export function withNames<T>(value: T, names: Names): T {
  if (typeof value === 'string') return value.replaceAll(/\$([a-z][A-Za-z0-9]*)/g, (whole, name: string) => names.get(name) ?? whole) as T
  if (Array.isArray(value)) return value.map(entry => withNames(entry as unknown, names)) as T
  if (typeof value === 'object' && value !== null) return Object.fromEntries(Object.entries(value).map(([field, entry]) => [field, withNames(entry as unknown, names)])) as T
  return value
}
