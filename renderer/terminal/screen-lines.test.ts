import { expect, test } from 'vitest'
import { type Rows, lineAt } from './screen-lines.ts'

/** Rows of a screen; `+` before a row: it goes on where the one above ended. A wide character takes two cells. */
function screen(...rows: readonly string[]): Rows {
  const lines = rows.map(row => ({ isWrapped: row.startsWith('+'), cells: [...row.replace(/^\+/, '')].flatMap(char => (/[\u4e00-\u9fff]/.test(char) ? [{ chars: char, width: 2 }, { chars: '', width: 0 }] : [{ chars: char === '_' ? '' : char, width: 1 }])) }))
  return { getLine: y => (lines[y] === undefined ? undefined : { isWrapped: lines[y].isWrapped, length: lines[y].cells.length, getCell: x => { const cell = lines[y]!.cells[x]; return cell === undefined ? undefined : { getChars: () => cell.chars, getWidth: () => cell.width } } }) }
}

test('a line that is wrapped is one text, from whichever of its rows it is asked for', () => {
  const rows = screen('other', 'pod/w', '+eb-1_', 'next')
  expect(lineAt(rows, 1).text).toBe('pod/web-1 ')
  expect(lineAt(rows, 2)).toEqual(lineAt(rows, 1))
  expect(lineAt(rows, 2).cells[5]).toEqual({ x: 0, y: 2 })
  expect(lineAt(rows, 3).text).toBe('next')
})

test('a wide character is one of the text and two of the screen', () => {
  const { text, cells } = lineAt(screen('節點 x'), 0)
  expect(text).toBe('節點 x')
  expect(cells[text.indexOf('x')]).toEqual({ x: 5, y: 0 })
})

test('an endless line is not read to its end', () => {
  expect(lineAt(screen('0', ...Array.from({ length: 100 }, () => '+1')), 50).text).toHaveLength(20)
})
