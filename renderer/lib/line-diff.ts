/**
 * Two texts line by line, by the longest common subsequence.
 *
 *   LD1  Lines that are gone come before those that took their place.
 *   LD2  Equal stretches far from any change are left out: `context` lines stay on each side, and a gap says how many are not shown.
 */
export type DiffLine =
  | { readonly type: 'same' | 'removed' | 'added'; readonly text: string }
  | { readonly type: 'gap'; readonly lines: number }

export function diffLines(before: string, after: string, context = 3): readonly DiffLine[] {
  return folded(compared(before.split('\n'), after.split('\n')), context)
}

type Compared = Extract<DiffLine, { readonly text: string }>

function compared(before: readonly string[], after: readonly string[]): readonly Compared[] {
  let start = 0
  while (start < before.length && start < after.length && before[start] === after[start]) start++
  let [oldEnd, newEnd] = [before.length, after.length]
  while (oldEnd > start && newEnd > start && before[oldEnd - 1] === after[newEnd - 1]) {
    oldEnd--
    newEnd--
  }
  return [
    ...before.slice(0, start).map(same),
    ...middle(before.slice(start, oldEnd), after.slice(start, newEnd)),
    ...before.slice(oldEnd).map(same),
  ]
}

function same(text: string): Compared {
  return { type: 'same', text }
}

function middle(before: readonly string[], after: readonly string[]): readonly Compared[] {
  const width = after.length + 1
  const lengths = new Uint32Array((before.length + 1) * width) // of the longest common subsequence of what follows
  for (let row = before.length - 1; row >= 0; row--) {
    for (let column = after.length - 1; column >= 0; column--) {
      lengths[row * width + column] = before[row] === after[column] ? lengths[(row + 1) * width + column + 1]! + 1 : Math.max(lengths[(row + 1) * width + column]!, lengths[row * width + column + 1]!)
    }
  }
  const lines: Compared[] = []
  let [row, column] = [0, 0]
  while (row < before.length || column < after.length) {
    if (row < before.length && column < after.length && before[row] === after[column]) {
      lines.push(same(before[row]!))
      row++
      column++
    } else if (column >= after.length || (row < before.length && lengths[(row + 1) * width + column]! >= lengths[row * width + column + 1]!)) lines.push({ type: 'removed', text: before[row++]! }) // LD1
    else lines.push({ type: 'added', text: after[column++]! })
  }
  return lines
}

function folded(lines: readonly Compared[], context: number): readonly DiffLine[] {
  const near = lines.map(() => false)
  for (const [index, line] of lines.entries()) {
    if (line.type !== 'same') near.fill(true, Math.max(0, index - context), index + context + 1)
  }
  const shown: DiffLine[] = []
  for (const [index, line] of lines.entries()) {
    const last = shown.at(-1)
    if (near[index]!) shown.push(line)
    else if (last?.type === 'gap') shown[shown.length - 1] = { type: 'gap', lines: last.lines + 1 }
    else shown.push({ type: 'gap', lines: 1 }) // LD2
  }
  return shown
}
