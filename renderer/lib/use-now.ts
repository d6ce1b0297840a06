/** The time of day for ages on the screen, a step a second; stands still while the page is hidden. */
import { type Ref, onScopeDispose, ref } from 'vue'

export function useNow(): Ref<number> {
  const now = ref(Date.now())
  const timer = setInterval(() => {
    if (!document.hidden) now.value = Date.now()
  }, 1_000)
  onScopeDispose(() => { clearInterval(timer) })
  return now
}
