/**
 * Feeds of the chosen lab, followed as long as the calling component lives.
 *
 *   FO1  Another lab or another question begins anew, with nothing known; no lab or no question follows nothing.
 *   FO2  What was known last stays while nothing newer comes.
 */
import { type ShallowRef, onScopeDispose, shallowRef, watch } from 'vue'
import type { FeedArgumentsOf, FeedName, ItemOf } from '../../electron/contract/lab-contract.ts'
import type { FeedListener } from '../bridge/lab-bridge.ts'
import { useBridge } from '../bridge/use-bridge.ts'
import { type Known, valueOf } from '../lib/known.ts'
import { useLabsStore } from './labs.ts'

/** What a feed is asked, but for the lab. */
export type FeedQuestion<N extends FeedName> = Omit<FeedArgumentsOf<N>, 'lab'>

/** @param begin forgets what was known and gives the listener of what comes now. */
export function useFeed<N extends FeedName>(name: N, question: () => FeedQuestion<N> | null, begin: () => FeedListener<N>): void {
  const labs = useLabsStore()
  const bridge = useBridge()
  let stop: (() => void) | undefined
  watch([() => labs.lab?.spec.name, () => JSON.stringify(question())], ([lab]) => {
    stop?.()
    stop = undefined
    const listener = begin() // FO1
    const asked = question()
    if (lab !== undefined && asked !== null) stop = bridge.follow(name, { lab, ...asked } as unknown as FeedArgumentsOf<N>, listener)
  }, { immediate: true })
  onScopeDispose(() => stop?.())
}

export type Heard<T> = { readonly value: T } | { readonly lost: string }

/** @param hear what an item says now, given what was known before. */
export function useFollowed<N extends FeedName, T>(name: N, question: () => FeedQuestion<N> | null, hear: (item: ItemOf<N>, before: T | null) => Heard<T>): ShallowRef<Known<T>> {
  const known = shallowRef<Known<T>>({ state: 'waiting' })
  const lose = (reason: string): void => { known.value = { state: 'lost', value: valueOf(known.value), reason } } // FO2
  useFeed(name, question, () => {
    known.value = { state: 'waiting' }
    return {
      item(item) {
        const heard = hear(item, valueOf(known.value))
        if ('lost' in heard) lose(heard.lost)
        else known.value = { state: 'live', value: heard.value }
      },
      lost() { lose('') },
      ended(error) { lose(error?.message ?? '') },
    }
  })
  return known
}
