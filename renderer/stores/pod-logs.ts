/** Lines of many pods, merged as they come; the newest are kept. */
import { type ShallowRef, onScopeDispose, shallowRef, watch } from 'vue'
import { useBridge } from '../bridge/use-bridge.ts'
import type { Feed } from '../lib/feed.ts'
import { useLabsStore } from './labs.ts'

export interface PodLine {
  readonly id: number
  readonly pod: string
  readonly container: string
  readonly line: string
}

export interface PodLogQuestion {
  readonly namespace: string
  readonly labelSelector: string
  readonly fieldSelector: string
}

const kept = 2_000
const tail = 100

export function usePodLogs(question: () => PodLogQuestion | null): ShallowRef<Feed<PodLine>> {
  const labs = useLabsStore()
  const bridge = useBridge()
  const feed = shallowRef<Feed<PodLine>>({ state: 'waiting' })
  let stop: (() => void) | undefined
  watch([() => labs.lab?.spec.name, () => JSON.stringify(question())], ([lab]) => {
    stop?.()
    stop = undefined
    feed.value = { state: 'waiting' }
    const asked = question()
    if (lab === undefined || asked === null) return
    let lines: PodLine[] = []
    let lastId = 0
    let isScheduled = false
    const publish = (): void => {
      isScheduled = false
      lines = lines.slice(-kept)
      feed.value = { state: 'live', items: lines }
    }
    const schedule = (): void => {
      if (isScheduled) return
      isScheduled = true
      requestAnimationFrame(publish)
    }
    stop = bridge.follow('logs/pods', { lab, ...asked, tail }, {
      item: item => {
        lines.push({ id: ++lastId, ...item })
        schedule()
      },
      lost: () => {
        feed.value = { state: 'lost', items: lines, reason: '' }
        lines = []
      },
      ended: error => { feed.value = error === null ? { state: 'live', items: lines } : { state: 'lost', items: lines, reason: error.message } },
    })
  }, { immediate: true })
  onScopeDispose(() => stop?.())
  return feed
}
