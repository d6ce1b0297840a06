/** Terminals of the dock. They live in the lab host, so a reload finds them again. */
import { defineStore, storeToRefs } from 'pinia'
import { computed, ref, watch } from 'vue'
import type { TerminalInfo, TerminalTarget } from '../../electron/contract/terminals.ts'
import { useBridge } from '../bridge/use-bridge.ts'
import { useLabsStore } from './labs.ts'
import { useNoticesStore } from './notices.ts'
import { usePreferencesStore } from './preferences.ts'

export interface TerminalScreen {
  readonly columns: number
  readonly rows: number
}

export const useTerminalsStore = defineStore('terminals', () => {
  const bridge = useBridge()
  const labs = useLabsStore()
  const notices = useNoticesStore()
  const terminals = ref<TerminalInfo[]>([])
  const { terminal: current, isDockOpen: isOpen } = storeToRefs(usePreferencesStore())
  const shown = computed(() => terminals.value.find(terminal => terminal.id === current.value) ?? null)

  watch(() => labs.link, async state => {
    if (state !== 'up') return
    try {
      terminals.value = [...(await bridge.call('terminals/list', { lab: null }))]
      if (shown.value === null) current.value = terminals.value[0]?.id ?? null
    } catch (error) {
      notices.tell(error)
    }
  }, { immediate: true })

  /** Started, and shown by whoever asked. */
  async function begin(target: TerminalTarget): Promise<TerminalInfo | null> {
    if (labs.lab === null) return null
    try {
      const terminal = await bridge.call('terminals/open', { lab: labs.lab.spec.name, target, columns: 100, rows: 24 })
      terminals.value = [...terminals.value, terminal]
      return terminal
    } catch (error) {
      notices.tell(error)
      return null
    }
  }

  /** Started, and shown in the dock. */
  async function open(target: TerminalTarget): Promise<void> {
    if (labs.lab === null) return
    isOpen.value = true
    const terminal = await begin(target)
    if (terminal !== null) current.value = terminal.id
  }

  async function close(id: string): Promise<void> {
    const at = terminals.value.findIndex(terminal => terminal.id === id)
    terminals.value = terminals.value.filter(terminal => terminal.id !== id)
    if (current.value === id) current.value = terminals.value[Math.max(0, at - 1)]?.id ?? null
    if (terminals.value.length === 0) isOpen.value = false
    await bridge.call('terminals/close', { id }).catch(() => {}) // it may have ended by itself
  }

  function show(id: string): void {
    current.value = id
    isOpen.value = true
  }

  /** Connects a screen to a terminal; returns what takes it off again. */
  function attach(id: string, write: (data: string) => void): () => void {
    return bridge.follow('terminals/output', { id }, {
      item: ({ data }) => { write(data) },
      lost: () => { write('\x1bc') }, // the scrollback comes again with the link
      ended: () => { void refresh(id) },
    })
  }

  /** Its status, which only the lab host knows. */
  async function refresh(id: string): Promise<void> {
    const now = (await bridge.call('terminals/list', { lab: null }).catch(() => [])).find(terminal => terminal.id === id)
    if (now !== undefined) terminals.value = terminals.value.map(terminal => (terminal.id === id ? now : terminal))
  }

  function type(id: string, data: string): void {
    bridge.call('terminals/input', { id, data }).catch((error: unknown) => { notices.tell(error) })
  }

  function resize(id: string, { columns, rows }: TerminalScreen): void {
    bridge.call('terminals/resize', { id, columns, rows }).catch(() => {}) // it may have ended meanwhile
  }

  return { terminals, current, shown, isOpen, begin, open, close, show, attach, type, resize }
})
