/** What a component tells of itself, followed while a screen looks at it. */
import { type MaybeRefOrGetter, type ShallowRef, onScopeDispose, shallowRef, toValue, watch } from 'vue'
import { useBridge } from '../bridge/use-bridge.ts'
import type { Known } from '../lib/known.ts'
import { useLabsStore } from './labs.ts'

/** Follows as long as the calling component lives; begins anew with another lab, component or subject. Null follows nothing. */
export function useInspection<T>(component: MaybeRefOrGetter<string | null>, subject: MaybeRefOrGetter<string | null>): ShallowRef<Known<T>> {
  const labs = useLabsStore()
  const bridge = useBridge()
  const known = shallowRef<Known<T>>({ state: 'waiting' })
  let stop: (() => void) | undefined
  watch([() => labs.lab?.spec.name, () => toValue(component), () => toValue(subject)], ([lab, of, about]) => {
    stop?.()
    stop = undefined
    known.value = { state: 'waiting' }
    if (lab === undefined || of === null || about === null) return
    const lose = (reason: string): void => { known.value = { state: 'lost', value: known.value.state === 'waiting' ? null : known.value.value, reason } }
    stop = bridge.follow('components/inspection', { lab, component: of, subject: about }, {
      item: item => {
        if (item.state === 'known') known.value = { state: 'live', value: item.value as T }
        else lose(item.reason)
      },
      lost: () => { lose('') },
      ended: error => { lose(error?.message ?? '') },
    })
  }, { immediate: true })
  onScopeDispose(() => stop?.())
  return known
}
