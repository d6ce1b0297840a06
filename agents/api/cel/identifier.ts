/**
 * Names of properties as CEL can spell them.
 *
 *   "dash-ed" -> dash__dash__ed     "a.b/c" -> a__dot__b__slash__c     "x__y" -> x__underscores__y     "namespace" -> __namespace__
 *
 *   ID1  A name that starts with a digit, is empty or has other characters has no spelling.
 */
const reserved: ReadonlySet<string> = new Set(['true', 'false', 'null', 'in', 'as', 'break', 'const', 'continue', 'else', 'for', 'function', 'if', 'import', 'let', 'loop', 'package', 'namespace', 'return', 'var', 'void', 'while'])
const spelled: Readonly<Record<string, string>> = { __: '__underscores__', '.': '__dot__', '-': '__dash__', '/': '__slash__' }

export function isReservedWord(name: string): boolean {
  return reserved.has(name)
}

export function escapeIdentifier(name: string): string | undefined {
  if (!/^[A-Za-z_./-][\w./-]*$/.test(name)) return undefined // ID1
  if (reserved.has(name)) return `__${name}__`
  return name.replace(/__|[-./]/g, part => spelled[part]!)
}

/** The property that an escaped name stands for; undefined where it is no proper spelling. */
export function unescapeIdentifier(escaped: string): string | undefined {
  let isProper = true
  const name = escaped.replace(/__[^_]+__/g, part => {
    const word = part.slice(2, -2)
    const character = Object.entries(spelled).find(([, spelling]) => spelling === part)?.[0]
    if (character !== undefined) return character
    if (!reserved.has(word) || part.length !== escaped.length) isProper = false
    return word
  })
  return isProper ? name : undefined
}
