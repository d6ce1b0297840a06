/** Theme, language and layout, remembered on this machine. */
import { defineStore } from 'pinia'
import { reactive, toRefs, watch } from 'vue'
import { type Locale, chooseLocale, locales } from '../locales/catalogue.ts'

export type Theme = 'system' | 'light' | 'dark'

interface Kept {
  readonly theme: Theme
  readonly locale: Locale
  readonly dockHeight: number
  readonly isDockOpen: boolean
  /** The one shown in the dock. */
  readonly terminal: string | null
  readonly isNavigationNarrow: boolean
  /** Of the rooms that exist once a node: the one last looked at. */
  readonly node: string | null
}

const storageKey = 'kubarium.preferences'

function read(): { -readonly [K in keyof Kept]: Kept[K] } {
  const fallback: Kept = { theme: 'system', locale: chooseLocale(navigator.languages), dockHeight: 280, isDockOpen: false, terminal: null, isNavigationNarrow: false, node: null }
  try {
    const kept = JSON.parse(localStorage.getItem(storageKey) ?? '{}') as Partial<Kept>
    return {
      theme: kept.theme === 'light' || kept.theme === 'dark' ? kept.theme : 'system',
      locale: locales.includes(kept.locale as Locale) ? kept.locale! : fallback.locale,
      dockHeight: typeof kept.dockHeight === 'number' ? kept.dockHeight : fallback.dockHeight,
      isDockOpen: kept.isDockOpen === true,
      terminal: typeof kept.terminal === 'string' ? kept.terminal : null,
      isNavigationNarrow: kept.isNavigationNarrow === true,
      node: typeof kept.node === 'string' ? kept.node : null,
    }
  } catch {
    return { ...fallback } // what is kept is damaged: start anew
  }
}

export const usePreferencesStore = defineStore('preferences', () => {
  const kept = reactive(read())
  watch(kept, value => { localStorage.setItem(storageKey, JSON.stringify(value satisfies Kept)) })
  watch(() => kept.theme, value => { document.documentElement.dataset['theme'] = value }, { immediate: true })
  return toRefs(kept)
})
