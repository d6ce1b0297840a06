import { expect, test } from 'vitest'
import { keysOf, terminalKeyOf } from './terminal-keys.ts'

/** Ctrl-Shift-E as "ctrl shift E". */
function meant(text: string, hasSelection = false): string | null {
  const words = text.split(' ')
  const has = (word: string): boolean => words.includes(word)
  return terminalKeyOf({ key: words.at(-1)!, ctrlKey: has('ctrl'), metaKey: has('meta'), shiftKey: has('shift'), altKey: has('alt') }, hasSelection)
}

test('TK1 what a shell could mean stays the shell’s', () => {
  expect(['c', 'ctrl c', 'ctrl v', 'ctrl e', 'ctrl o', 'alt ArrowLeft', 'ctrl ArrowRight', 'shift E', 'F10', 'ctrl alt shift E'].map(keys => meant(keys))).toEqual(Array.from({ length: 10 }, () => null))
  expect(['ctrl shift V', 'ctrl shift E', 'ctrl shift O', 'ctrl shift F', 'ctrl shift ArrowRight', 'ctrl shift ArrowUp', 'shift F10', 'ContextMenu'].map(keys => meant(keys))).toEqual(['paste', 'splitBeside', 'splitBelow', 'find', 'nextPane', 'paneBefore', 'menu', 'menu'])
})

test('TK2 Ctrl-C copies while something is selected', () => {
  expect(['ctrl c', 'ctrl shift C', 'meta c'].map(keys => meant(keys, true))).toEqual(['copy', 'copy', 'copy'])
  expect(meant('ctrl shift C')).toBe('copy') // which copies nothing, and opens no tool of the browser
  expect(meant('meta v')).toBe('paste')
})

test('keys are shown as they are pressed', () => {
  expect([keysOf('copy'), keysOf('splitBeside'), keysOf('menu')]).toEqual(['Ctrl Shift C', 'Ctrl Shift E', 'Shift F10'])
})
