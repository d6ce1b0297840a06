/**
 * Keys that a terminal does not give to its program.
 *
 *   TK1  With Ctrl and Shift, as terminals of desktops have them; ⌘ and Shift on a Mac. Whatever a shell could mean stays the shell's.
 *   TK2  Ctrl-C or ⌘C copies while something is selected, and is the program's otherwise.
 */
export type TerminalKey = 'copy' | 'paste' | 'menu' | 'splitBeside' | 'splitBelow' | 'nextPane' | 'paneBefore' | 'find'

export type Pressed = Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'shiftKey' | 'altKey'>

const isMac = typeof navigator !== 'undefined' && /mac/i.test(navigator.userAgent)
const letters: Readonly<Record<string, TerminalKey>> = { c: 'copy', v: 'paste', e: 'splitBeside', o: 'splitBelow', f: 'find', arrowright: 'nextPane', arrowdown: 'nextPane', arrowleft: 'paneBefore', arrowup: 'paneBefore' }
const shownLetters: Readonly<Partial<Record<TerminalKey, string>>> = { copy: 'C', paste: 'V', splitBeside: 'E', splitBelow: 'O', find: 'F', nextPane: '→', paneBefore: '←' }

export function terminalKeyOf({ key, ctrlKey, metaKey, shiftKey, altKey }: Pressed, hasSelection: boolean): TerminalKey | null {
  if (key === 'ContextMenu' || (key === 'F10' && shiftKey && !ctrlKey && !altKey && !metaKey)) return 'menu'
  if (altKey || !(ctrlKey || metaKey)) return null
  const meant = letters[key.toLowerCase()] ?? null
  if (meant === 'copy') return hasSelection || (ctrlKey && shiftKey) ? 'copy' : null // TK2
  if (metaKey && meant === 'paste') return 'paste'
  return shiftKey ? meant : null // TK1
}

/** As a menu shows it. */
export function keysOf(key: TerminalKey): string {
  if (key === 'menu') return isMac ? '⇧F10' : 'Shift F10'
  return isMac ? `⇧⌘${shownLetters[key]}` : `Ctrl Shift ${shownLetters[key]}`
}
