/** Theme, language and layout, remembered on this machine. */
import { defineStore } from 'pinia'
import { reactive, toRefs, watch } from 'vue'
import { type DockLayout, readLayout } from '../lib/dock-layout.ts'
import { type Locale, chooseLocale, locales } from '../locales/catalogue.ts'

export type Theme = 'system' | 'light' | 'dark'

interface Kept {
  readonly theme: Theme
  readonly locale: Locale
  readonly dockHeight: number
  readonly isDockOpen: boolean
  /** By lab: how its terminals are laid out in the dock. */
  readonly docks: Readonly<Record<string, DockLayout>>
  /** The lab last chosen, where there are several. */
  readonly lab: string | null
  /** A Lab file that is being written. */
  readonly labDraft: string | null
  readonly isNavigationNarrow: boolean
  /** Of the rooms that exist once a node: the one last looked at. */
  readonly node: string | null
}

const storageKey = 'kubarium.preferences'

function read(): { -readonly [K in keyof Kept]: Kept[K] } {
  const fallback: Kept = { theme: 'system', locale: chooseLocale(navigator.languages), dockHeight: 280, isDockOpen: false, docks: {}, lab: null, labDraft: null, isNavigationNarrow: false, node: null }
  try {
    const kept = JSON.parse(localStorage.getItem(storageKey) ?? '{}') as Partial<Kept>
    return {
      theme: kept.theme === 'light' || kept.theme === 'dark' ? kept.theme : 'system',
      locale: locales.includes(kept.locale as Locale) ? kept.locale! : fallback.locale,
      dockHeight: typeof kept.dockHeight === 'number' ? kept.dockHeight : fallback.dockHeight,
      isDockOpen: kept.isDockOpen === true,
      docks: readDocks(kept.docks),
      lab: typeof kept.lab === 'string' ? kept.lab : null,
      labDraft: typeof kept.labDraft === 'string' ? kept.labDraft : null,
      isNavigationNarrow: kept.isNavigationNarrow === true,
      node: typeof kept.node === 'string' ? kept.node : null,
    }
  } catch {
    return { ...fallback } // what is kept is damaged: start anew
  }
}

function readDocks(given: unknown): Record<string, DockLayout> {
  if (typeof given !== 'object' || given === null) return {}
  return Object.fromEntries(Object.entries(given).flatMap(([lab, layout]) => {
    const read = readLayout(layout)
    return read === null ? [] : [[lab, read]]
  }))
}

export const usePreferencesStore = defineStore('preferences', () => {
  const kept = reactive(read())
  watch(kept, value => { localStorage.setItem(storageKey, JSON.stringify(value satisfies Kept)) })
  return toRefs(kept)
})
