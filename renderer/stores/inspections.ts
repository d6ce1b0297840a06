/** What a component tells of itself, followed while a screen looks at it. */
import { type MaybeRefOrGetter, type ShallowRef, toValue } from 'vue'
import type { Known } from '../lib/known.ts'
import { type Heard, useFollowed } from './followed.ts'

/** No component or no subject follows nothing. */
export function useInspection<T>(component: MaybeRefOrGetter<string | null>, subject: MaybeRefOrGetter<string | null>): ShallowRef<Known<T>> {
  return useFollowed('components/inspection', () => {
    const [of, about] = [toValue(component), toValue(subject)]
    return of === null || about === null ? null : { component: of, subject: about }
  }, (item): Heard<T> => (item.state === 'known' ? { value: item.value as T } : { lost: item.reason }))
}
