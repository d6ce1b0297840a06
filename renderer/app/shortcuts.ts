/** Keys that work everywhere. All have a modifier: a letter alone belongs to whoever has the focus. */
import { onScopeDispose } from 'vue'

export interface Shortcut {
  /** As KeyboardEvent.key has it, lower case. */
  readonly key: string
  readonly modifier: 'control' | 'alt'
  /** Also while a terminal or field has the focus; a shell keeps its own keys otherwise. */
  readonly everywhere: boolean
  readonly run: () => void
}

const isMac = /mac/i.test(navigator.userAgent)

export function keysText({ key, modifier }: Pick<Shortcut, 'key' | 'modifier'>): string {
  const sign = modifier === 'alt' ? (isMac ? '⌥' : 'Alt') : isMac ? '⌘' : 'Ctrl'
  return isMac ? `${sign}${key.toUpperCase()}` : `${sign} ${key.toUpperCase()}`
}

export function useShortcuts(shortcuts: readonly Shortcut[]): void {
  const onKey = (event: KeyboardEvent): void => {
    if (event.shiftKey || event.isComposing) return
    const modifier = event.altKey && !event.ctrlKey && !event.metaKey ? 'alt' : (isMac ? event.metaKey : event.ctrlKey) && !event.altKey ? 'control' : null
    const found = shortcuts.find(one => one.key === event.key.toLowerCase() && one.modifier === modifier)
    if (found === undefined || (!found.everywhere && (event.target as HTMLElement).closest('.xterm') !== null)) return
    event.preventDefault()
    event.stopPropagation()
    found.run()
  }
  window.addEventListener('keydown', onKey, { capture: true })
  onScopeDispose(() => { window.removeEventListener('keydown', onKey, { capture: true }) })
}
