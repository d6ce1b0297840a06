/** Lines of one component's or node's log, followed while its screen is open. */
import type { Ref } from 'vue'
import type { Feed } from '../lib/feed.ts'
import { useFollowedLines } from './followed-lines.ts'

const tail = 500

export interface LogLine {
  readonly id: number
  readonly text: string
}

export function useLog(source: Ref<string | null>): Ref<Feed<LogLine>> {
  return useFollowedLines('logs/follow', () => (source.value === null ? null : { source: source.value, follow: true, tail }), ({ line }, id): LogLine => ({ id, text: line }))
}
