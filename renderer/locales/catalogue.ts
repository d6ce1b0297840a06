/** The languages of the GUI and which of them suits a user. */
import { createI18n } from 'vue-i18n'
import type { RoomCatalogue } from '../lib/room.ts'
import { en } from './en.ts'
import { zhHans } from './zh-hans.ts'
import { zhHant } from './zh-hant.ts'

export const locales = ['en', 'zh-Hant', 'zh-Hans'] as const
export type Locale = (typeof locales)[number]

export const localeNames: Readonly<Record<Locale, string>> = { en: 'English', 'zh-Hant': '繁體中文', 'zh-Hans': '简体中文' }

export const i18n = createI18n({ legacy: false, locale: 'en', fallbackLocale: 'en', messages: { en, 'zh-Hant': zhHant, 'zh-Hans': zhHans } })

/** Rooms bring their own texts, under their names. */
export function addTexts(rooms: readonly { readonly name: string; readonly texts: RoomCatalogue }[]): void {
  for (const locale of locales) i18n.global.mergeLocaleMessage(locale, Object.fromEntries(rooms.map(({ name, texts }) => [name, texts[locale]])))
}

/** First of the wanted languages that we have; Chinese by script or place, simplified where neither is said. */
export function chooseLocale(wanted: readonly string[]): Locale {
  for (const language of wanted) {
    const lower = language.toLowerCase()
    if (lower.startsWith('en')) return 'en'
    if (/^zh-(hant|tw|hk|mo)/.test(lower)) return 'zh-Hant'
    if (lower.startsWith('zh')) return 'zh-Hans'
  }
  return 'en'
}
