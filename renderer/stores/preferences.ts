/** Theme, language and layout, remembered on this machine. */
import { defineStore } from 'pinia'
import { ref, watch } from 'vue'
import { type Locale, chooseLocale, locales } from '../locales/catalogue.ts'

export type Theme = 'system' | 'light' | 'dark'

interface Kept {
  readonly theme: Theme
  readonly locale: Locale
  readonly dockHeight: number
}

const storageKey = 'kubarium.preferences'

function read(): Kept {
  const fallback: Kept = { theme: 'system', locale: chooseLocale(navigator.languages), dockHeight: 280 }
  try {
    const kept = JSON.parse(localStorage.getItem(storageKey) ?? '{}') as Partial<Kept>
    return {
      theme: kept.theme === 'light' || kept.theme === 'dark' ? kept.theme : 'system',
      locale: locales.includes(kept.locale as Locale) ? kept.locale! : fallback.locale,
      dockHeight: typeof kept.dockHeight === 'number' ? kept.dockHeight : fallback.dockHeight,
    }
  } catch {
    return fallback // what is kept is damaged: start anew
  }
}

export const usePreferencesStore = defineStore('preferences', () => {
  const kept = read()
  const theme = ref<Theme>(kept.theme)
  const locale = ref<Locale>(kept.locale)
  const dockHeight = ref(kept.dockHeight)
  watch([theme, locale, dockHeight], () => {
    localStorage.setItem(storageKey, JSON.stringify({ theme: theme.value, locale: locale.value, dockHeight: dockHeight.value } satisfies Kept))
  })
  watch(theme, value => { document.documentElement.dataset['theme'] = value }, { immediate: true })
  return { theme, locale, dockHeight }
})
