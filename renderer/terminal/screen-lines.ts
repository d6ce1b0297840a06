/**
 * A line of a terminal as text, with the cell of each of its characters: a long line is several rows of the screen, and a
 * wide character is two cells.
 */
export interface Cell {
  /** Column and row, from 0. */
  readonly x: number
  readonly y: number
}

/** Of an xterm buffer, what is needed here. */
export interface Rows {
  getLine(y: number): { readonly isWrapped: boolean; readonly length: number; getCell(x: number): { getChars(): string; getWidth(): number } | undefined } | undefined
}

export interface ScreenLine {
  readonly text: string
  /** One a UTF-16 unit of the text. */
  readonly cells: readonly Cell[]
}

/** The longest line that is looked at, in rows: more is a file, not something to read. */
const mostRows = 20

/** The whole line that the row belongs to. */
export function lineAt(rows: Rows, row: number): ScreenLine {
  let first = row
  while (first > row - mostRows && rows.getLine(first)?.isWrapped === true) first -= 1
  let text = ''
  const cells: Cell[] = []
  for (let y = first; y < first + mostRows; y++) {
    const line = rows.getLine(y)
    if (line === undefined || (y > first && !line.isWrapped)) break
    for (let x = 0; x < line.length; x++) {
      const cell = line.getCell(x)
      if (cell === undefined || cell.getWidth() === 0) continue // the right half of a wide character
      const characters = cell.getChars() || ' '
      text += characters
      for (let unit = 0; unit < characters.length; unit++) cells.push({ x, y })
    }
  }
  return { text, cells }
}
