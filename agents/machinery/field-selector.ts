/** Field selectors as text ("spec.nodeName=node-1,status.phase!=Failed"), matched on the object's own JSON. */
export interface FieldRequirement {
  readonly path: readonly string[]
  readonly equal: boolean
  readonly value: string
}

export function readFieldSelector(text: string): readonly FieldRequirement[] {
  if (text.trim() === '') return []
  return text.split(',').map(term => {
    const match = /^([^=!]+)(!=|==|=)(.*)$/.exec(term.trim())
    if (match === null) throw new Error(`invalid field selector: ${JSON.stringify(term)}`)
    return { path: match[1]!.split('.'), equal: match[2] !== '!=', value: match[3]! }
  })
}

export function matchesFields(requirements: readonly FieldRequirement[], object: object): boolean {
  return requirements.every(({ path, equal, value }) => {
    const found = path.reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], object)
    return (String(found ?? '') === value) === equal
  })
}
