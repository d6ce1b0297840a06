/** JSON that does not depend on the order of keys: equal text means equal value. Undefined members are left out. */
export function canonicalText(value: unknown): string {
  return JSON.stringify(value, sorted) ?? 'null'
}

export function isEqualJson(a: unknown, b: unknown): boolean {
  return a === b || canonicalText(a) === canonicalText(b)
}

function sorted(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
}
