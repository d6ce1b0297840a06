/**
 * Plays a row of moments as they came, faster or slower, paused and stepped.
 *
 *   RP1  `shown` counts the moments that have come. At the end it stays there, and goes on when more moments come, unless it
 *        was paused or stepped back.
 *   RP2  A pause between two moments lasts as it did, divided by the speed, but no longer than a second.
 */
import { type Ref, computed, onScopeDispose, ref, watch } from 'vue'

export interface Replay {
  readonly shown: Ref<number>
  readonly isPlaying: Ref<boolean>
  readonly speed: Ref<number>
  play(): void
  pause(): void
  step(by: number): void
}

const longestPauseMs = 1_000
const shortestPauseMs = 16

/** @param times when each moment came, in milliseconds and in order. */
export function useReplay(times: Ref<readonly number[]>): Replay {
  const place = ref<number | null>(null)
  const speed = ref(1)
  const isPlaying = ref(false)
  const shown = computed(() => Math.min(place.value ?? times.value.length, times.value.length))
  let timer: ReturnType<typeof setTimeout> | undefined

  function pause(): void {
    clearTimeout(timer)
    isPlaying.value = false
    place.value ??= times.value.length
  }

  function go(to: number): void {
    place.value = Math.max(0, Math.min(times.value.length, to))
  }

  function schedule(): void {
    clearTimeout(timer)
    const at = shown.value
    if (at >= times.value.length) {
      isPlaying.value = false
      place.value = null // RP1
      return
    }
    const gap = at === 0 ? 0 : times.value[at]! - times.value[at - 1]!
    timer = setTimeout(() => {
      go(at + 1)
      schedule()
    }, Math.max(shortestPauseMs, Math.min(longestPauseMs, gap / speed.value))) // RP2
  }

  watch(speed, () => { if (isPlaying.value) schedule() })
  onScopeDispose(() => { clearTimeout(timer) })
  return {
    shown, isPlaying, speed, pause,
    play() {
      if (shown.value >= times.value.length) place.value = 0
      isPlaying.value = true
      schedule()
    },
    step(by) {
      pause()
      go(shown.value + by)
    },
  }
}
