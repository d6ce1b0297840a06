/** Lines that are followed: drawn once a frame however many come, and the newest are kept. */
import { type ShallowRef, shallowRef } from 'vue'
import type { FeedName, ItemOf } from '../../electron/contract/lab-contract.ts'
import type { Feed } from '../lib/feed.ts'
import { type FeedQuestion, useFeed } from './followed.ts'

const keptLines = 2_000

/** @param lineOf makes a line of an item; ids count from 1. */
export function useFollowedLines<N extends FeedName, L>(name: N, question: () => FeedQuestion<N> | null, lineOf: (item: ItemOf<N>, id: number) => L): ShallowRef<Feed<L>> {
  const feed = shallowRef<Feed<L>>({ state: 'waiting' })
  let frame: number | null = null
  const become = (state: Feed<L>): void => {
    if (frame !== null) cancelAnimationFrame(frame) // what it would draw is older
    frame = null
    feed.value = state
  }
  useFeed(name, question, () => {
    become({ state: 'waiting' })
    let lines: L[] = []
    let lastId = 0
    const publish = (): void => {
      lines = lines.slice(-keptLines)
      become({ state: 'live', items: lines })
    }
    return {
      item(item) {
        lines.push(lineOf(item, ++lastId))
        frame ??= requestAnimationFrame(publish)
      },
      lost() {
        become({ state: 'lost', items: lines, reason: '' })
        lines = [] // they come again
      },
      ended(error) {
        become(error === null ? { state: 'live', items: lines } : { state: 'lost', items: lines, reason: error.message })
      },
    }
  })
  return feed
}
