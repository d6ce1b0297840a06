/** What a step of a long action is called, in the user's language; as the lab host says it where there is no text for it. */
import { useI18n } from 'vue-i18n'
import type { ProgressItem } from '../../electron/contract/labs.ts'

export function useStepTexts(): (item: ProgressItem) => string {
  const { t, te } = useI18n()
  return item => {
    const key = `progress.${item.key.replaceAll('.', '-')}`
    return te(key) ? t(key, item.values) : item.text
  }
}
