/** Terminals of the dock. They live in the lab host, so a reload finds them again. */
import { defineStore, storeToRefs } from 'pinia'
import { computed, ref, shallowRef, watch } from 'vue'
import type { TerminalInfo, TerminalTarget } from '../../electron/contract/terminals.ts'
import { useBridge } from '../bridge/use-bridge.ts'
import * as dock from '../lib/dock-layout.ts'
import { useLabsStore } from './labs.ts'
import { useNoticesStore } from './notices.ts'
import { usePreferencesStore } from './preferences.ts'

export interface TerminalSize {
  readonly columns: number
  readonly rows: number
}

/** What a terminal's output goes to. */
export interface TerminalScreen {
  write(data: string): void
  /** Everything that was written comes again. */
  clear(): void
}

export const useTerminalsStore = defineStore('terminals', () => {
  const bridge = useBridge()
  const labs = useLabsStore()
  const notices = useNoticesStore()
  /** Of all labs. */
  const all = shallowRef<readonly TerminalInfo[]>([])
  const { docks, isDockOpen: isOpen } = storeToRefs(usePreferencesStore())
  /** By terminal: where its kubectl looks, as its shell told. */
  const namespaces = ref(new Map<string, string>())
  const lab = computed(() => labs.lab?.spec.name ?? '')
  const terminals = computed(() => all.value.filter(terminal => terminal.lab === lab.value))
  const layout = computed(() => dock.reconcile(docks.value[lab.value] ?? dock.emptyLayout, terminals.value.map(({ id }) => id)))
  const current = computed(() => dock.focusedPane(layout.value).current)
  const shown = computed(() => terminals.value.find(terminal => terminal.id === current.value) ?? null)

  watch(() => labs.link, async state => {
    if (state !== 'up') return
    try {
      all.value = await bridge.call('terminals/list', { lab: null })
    } catch (error) {
      notices.tell(error)
    }
  }, { immediate: true })

  function lay(change: (layout: dock.DockLayout) => dock.DockLayout): void {
    docks.value = { ...docks.value, [lab.value]: change(layout.value) }
  }

  /** Started, and shown by whoever asked. */
  async function begin(target: TerminalTarget): Promise<TerminalInfo | null> {
    if (labs.lab === null) return null
    try {
      const terminal = await bridge.call('terminals/open', { lab: lab.value, target, columns: 100, rows: 24 })
      all.value = [...all.value, terminal]
      return terminal
    } catch (error) {
      notices.tell(error)
      return null
    }
  }

  /** Started, and shown in the dock, in the pane that has the focus or where `place` says. */
  async function open(target: TerminalTarget, place: (layout: dock.DockLayout, id: string) => dock.DockLayout = dock.put): Promise<void> {
    if (labs.lab === null) return
    isOpen.value = true
    const terminal = await begin(target)
    if (terminal !== null) lay(before => place(before, terminal.id))
  }

  /** One more of what the pane shows, in a pane of its own; a serial line is one only, so beside it comes a shell. */
  async function split(divider: dock.DockSplit['divider']): Promise<void> {
    const { pane } = dock.focusedPane(layout.value)
    const target = shown.value?.target ?? { type: 'kubectl' }
    await open(target.type === 'console' ? { type: 'ssh', node: target.node } : target, (before, id) => (dock.panesOf(before.root).some(one => one.pane === pane) ? dock.split(dock.take(before, id), pane, divider, id) : dock.put(before, id)))
  }

  /** In the place of one that has ended. */
  async function again(id: string): Promise<void> {
    const ended = terminals.value.find(terminal => terminal.id === id)
    if (ended === undefined) return
    await open(ended.target, (before, started) => dock.show(dock.replace(dock.take(before, started), id, started), started))
    forget(id)
    await bridge.call('terminals/close', { id }).catch(() => {}) // it has ended by itself
  }

  function forget(id: string): void {
    all.value = all.value.filter(terminal => terminal.id !== id)
    namespaces.value.delete(id)
  }

  async function close(id: string): Promise<void> {
    lay(before => dock.take(before, id))
    forget(id)
    if (terminals.value.length === 0) isOpen.value = false
    await bridge.call('terminals/close', { id }).catch(() => {}) // it may have ended by itself
  }

  function show(id: string): void {
    lay(before => dock.show(before, id))
    isOpen.value = true
  }

  function focus(pane: string): void {
    if (layout.value.focus !== pane) lay(before => dock.focus(before, pane))
  }

  function focusBeside(step: 1 | -1): void {
    lay(before => dock.focus(before, dock.paneAfter(before, step)))
  }

  function move(id: string, pane: string): void {
    lay(before => dock.put(before, id, pane))
  }

  function resizeSplit(name: string, ratio: number): void {
    lay(before => dock.resize(before, name, ratio))
  }

  /** Of objects that the terminal's lines name. */
  function namespaceOf(id: string): string {
    const target = all.value.find(terminal => terminal.id === id)?.target
    return namespaces.value.get(id) ?? (target?.type === 'exec' ? target.namespace : 'default')
  }

  function reportNamespace(id: string, namespace: string): void {
    namespaces.value.set(id, namespace)
  }

  /** Connects a screen to a terminal; returns what takes it off again. */
  function attach(id: string, screen: TerminalScreen): () => void {
    return bridge.follow('terminals/output', { id }, {
      item: ({ data }) => { screen.write(data) },
      lost: () => { screen.clear() }, // the scrollback comes again with the link
      ended: () => { void refresh(id) },
    })
  }

  /** Its status, which only the lab host knows. */
  async function refresh(id: string): Promise<void> {
    const now = (await bridge.call('terminals/list', { lab: null }).catch(() => [])).find(terminal => terminal.id === id)
    if (now !== undefined) all.value = all.value.map(terminal => (terminal.id === id ? now : terminal))
  }

  function type(id: string, data: string): void {
    bridge.call('terminals/input', { id, data }).catch((error: unknown) => { notices.tell(error) })
  }

  function resize(id: string, { columns, rows }: TerminalSize): void {
    bridge.call('terminals/resize', { id, columns, rows }).catch(() => {}) // it may have ended meanwhile
  }

  return { terminals, layout, current, shown, isOpen, namespaces, begin, open, split, again, close, show, focus, focusBeside, move, resizeSplit, namespaceOf, reportNamespace, attach, type, resize }
})
