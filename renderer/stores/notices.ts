/** What went wrong and wants the user's eye. Each stays until it is put away. */
import { defineStore } from 'pinia'
import { ref } from 'vue'

export interface Notice {
  readonly id: number
  readonly text: string
}

const mostNotices = 4

export const useNoticesStore = defineStore('notices', () => {
  const notices = ref<Notice[]>([])
  let lastId = 0

  function tell(error: unknown): void {
    const text = error instanceof Error ? error.message : String(error)
    if (notices.value.some(notice => notice.text === text)) return
    notices.value = [...notices.value, { id: ++lastId, text }].slice(-mostNotices)
  }

  function dismiss(id: number): void {
    notices.value = notices.value.filter(notice => notice.id !== id)
  }

  return { notices, tell, dismiss }
})
