/** What the command palette offers: the frame's own commands, and those of whatever is on the screen now. */
import { defineStore } from 'pinia'
import { type Component, computed, onScopeDispose, shallowReactive } from 'vue'

export interface Command {
  readonly id: string
  readonly title: string
  /** Says more in a quieter voice; searched too. */
  readonly hint?: string
  readonly icon?: Component
  readonly keys?: string
  readonly run: () => unknown
}

export const useCommandsStore = defineStore('commands', () => {
  const sources = shallowReactive(new Set<() => readonly Command[]>())
  const commands = computed(() => [...sources].flatMap(source => source()))

  /** Offered as long as the calling component lives. */
  function offer(source: () => readonly Command[]): void {
    sources.add(source)
    onScopeDispose(() => sources.delete(source))
  }

  return { commands, offer }
})
