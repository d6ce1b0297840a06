/** The command that does what was done last in a room, or would do what is pointed at: shown at the foot of every room. */
import { defineStore } from 'pinia'
import { computed, ref } from 'vue'

export const useClickedCommand = defineStore('clicked-command', () => {
  const clicked = ref<string | null>(null)
  const pointedAt = ref<string | null>(null)
  const shown = computed(() => pointedAt.value ?? clicked.value)

  function tell(command: string): void {
    clicked.value = command
  }

  function point(command: string | null): void {
    pointedAt.value = command
  }

  return { clicked, pointedAt, shown, tell, point }
})
