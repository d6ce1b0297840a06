/** Lines of many pods, merged as they come. */
import type { ShallowRef } from 'vue'
import type { Feed } from '../lib/feed.ts'
import { useFollowedLines } from './followed-lines.ts'

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

const tail = 100

export function usePodLogs(question: () => PodLogQuestion | null): ShallowRef<Feed<PodLine>> {
  return useFollowedLines('logs/pods', () => {
    const asked = question()
    return asked === null ? null : { ...asked, tail }
  }, (item, id): PodLine => ({ id, ...item }))
}
