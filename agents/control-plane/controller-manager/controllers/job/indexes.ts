/** Sets of completion indexes as a Job's status writes them: "1,3-5,7". */
export function readIndexes(text: string | undefined, completions = Number.MAX_SAFE_INTEGER): Set<number> {
  const indexes = new Set<number>()
  for (const part of (text ?? '').split(',').filter(one => one !== '')) {
    const [first, last = first] = part.split('-').map(Number)
    for (let index = first!; index <= Math.min(last!, completions - 1); index++) indexes.add(index)
  }
  return indexes
}

export function indexesText(indexes: ReadonlySet<number>): string {
  const sorted = [...indexes].sort((a, b) => a - b)
  const parts: string[] = []
  for (let start = 0; start < sorted.length;) {
    let end = start
    while (sorted[end + 1] === sorted[end]! + 1) end++
    // Two neighbours are listed, three or more are a range.
    if (end - start >= 2) parts.push(`${sorted[start]}-${sorted[end]}`)
    else parts.push(...sorted.slice(start, end + 1).map(String))
    start = end + 1
  }
  return parts.join(',')
}
