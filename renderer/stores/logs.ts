/** Lines of one component's or node's log, followed while its screen is open. */
import { type Ref, onScopeDispose, shallowRef, watch } from 'vue'
import { useBridge } from '../bridge/use-bridge.ts'
import type { Feed } from '../lib/feed.ts'
import { itemsOf } from '../lib/feed.ts'
import { useLabsStore } from './labs.ts'

const keptLines = 2_000

export interface LogLine {
  readonly id: number
  readonly text: string
}

export function useLog(source: Ref<string | null>): Ref<Feed<LogLine>> {
  const labs = useLabsStore()
  const bridge = useBridge()
  const feed = shallowRef<Feed<LogLine>>({ state: 'waiting' })
  let stop: (() => void) | undefined
  watch([() => labs.lab?.spec.name, source], ([lab, name]) => {
    stop?.()
    stop = undefined
    feed.value = { state: 'waiting' }
    if (lab === undefined || name === null) return
    let lines: LogLine[] = []
    let lastId = 0
    let isScheduled = false
    const publish = (): void => {
      isScheduled = false
      feed.value = { state: 'live', items: lines }
    }
    stop = bridge.follow('logs/follow', { lab, source: name, follow: true, tail: 500 }, {
      item: ({ line }) => {
        lines = [...lines.slice(-keptLines), { id: ++lastId, text: line }]
        if (isScheduled) return
        isScheduled = true
        requestAnimationFrame(publish)
      },
      lost: () => {
        lines = []
        feed.value = { state: 'lost', items: itemsOf(feed.value), reason: '' }
      },
      ended: error => {
        feed.value = error === null ? { state: 'live', items: lines } : { state: 'lost', items: lines, reason: error.message }
      },
    })
  }, { immediate: true })
  onScopeDispose(() => stop?.())
  return feed
}
