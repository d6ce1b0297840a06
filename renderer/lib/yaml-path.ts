/**
 * Where in a YAML text one stands, by indentation: enough to complete a key while the text is not yet YAML.
 *
 *   YP1  A key belongs to the nearest line above that is indented less; a dash begins an entry of a list.
 *   YP2  The indentation of the line itself counts, so that an empty line is where it would be typed.
 */
export function yamlPathAt(lines: readonly string[], lineNumber: number): readonly (string | number)[] {
  const start = placeOf(lines[lineNumber] ?? '')
  const path: (string | number)[] = start.isEntry ? [0] : []
  let limit = start.isEntry ? start.dash : start.indent
  let orEqual = start.isEntry // a list may begin in the column of its key
  for (let index = lineNumber - 1; index >= 0 && (limit > 0 || orEqual); index--) {
    const line = lines[index]!
    if (line.trim() === '' || line.trimStart().startsWith('#')) continue
    const { indent, dash, isEntry, key } = placeOf(line)
    const isParent = key !== null && (indent < limit || (orEqual && indent === limit))
    const isFirstOfEntry = isEntry && !isParent && indent === limit
    if (!isParent && !isFirstOfEntry) continue
    if (isParent) path.unshift(key)
    if (isEntry) path.unshift(0)
    limit = isEntry ? dash : indent
    orEqual = isEntry
  }
  return path
}

/** Indentation of the key, after dashes; of the dash itself where there is one. */
function placeOf(line: string): { readonly indent: number; readonly dash: number; readonly isEntry: boolean; readonly key: string | null } {
  const [, spaces = '', dashes = ''] = /^(\s*)((?:-\s+|-$)*)/.exec(line)!
  const key = /^\s*(?:-\s+)*(?:"([^"]+)"|'([^']+)'|([^\s:#'"-][^:#]*?))\s*:(?:\s|$)/.exec(line)
  return { indent: spaces.length + dashes.length, dash: spaces.length, isEntry: dashes !== '', key: key === null ? null : (key[1] ?? key[2] ?? key[3])! }
}
