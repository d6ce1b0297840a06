/**
 * How the terminals of the dock are laid out: panes with tabs, and splits between them.
 *
 *   DL1  A pane without tabs is gone, and its neighbour takes its place; only the last pane may be empty.
 *   DL2  A split keeps at least a tenth for either side.
 *   DL3  What was kept is believed only as far as it can be read: terminals that are gone leave, those that nobody placed come into the pane that has the focus.
 *   DL4  A terminal is in one pane only.
 */
export interface DockPane {
  readonly pane: string
  readonly tabs: readonly string[]
  readonly current: string | null
}

export interface DockSplit {
  readonly split: string
  /** Of the divider: vertical has its sides beside one another. */
  readonly divider: 'vertical' | 'horizontal'
  /** Share of the first side, 0.1 … 0.9. */
  readonly ratio: number
  readonly first: DockNode
  readonly second: DockNode
}

export type DockNode = DockPane | DockSplit

export interface DockLayout {
  readonly root: DockNode
  /** The pane that new terminals come into. */
  readonly focus: string
  readonly lastId: number
}

/** In shares of the dock, 0 … 1. */
export interface Place {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
}

export const leastShare = 0.1

export const emptyLayout: DockLayout = { root: { pane: 'p0', tabs: [], current: null }, focus: 'p0', lastId: 0 }

export function panesOf(node: DockNode): readonly DockPane[] {
  return 'pane' in node ? [node] : [...panesOf(node.first), ...panesOf(node.second)]
}

export function focusedPane({ root, focus }: DockLayout): DockPane {
  const panes = panesOf(root)
  return panes.find(({ pane }) => pane === focus) ?? panes[0]!
}

export function paneWith({ root }: DockLayout, terminal: string): DockPane | undefined {
  return panesOf(root).find(({ tabs }) => tabs.includes(terminal))
}

/** Into the pane, as its last tab and in front; DL4. */
export function put(layout: DockLayout, terminal: string, pane = focusedPane(layout).pane): DockLayout {
  const had = paneWith(layout, terminal)
  if (had?.pane === pane) return show(layout, terminal)
  const placed = changePane(layout.root, pane, ({ tabs }) => ({ pane, tabs: [...tabs, terminal], current: terminal }))
  return settled({ ...layout, root: had === undefined ? placed : changePane(placed, had.pane, before => without(before, terminal)), focus: pane })
}

export function show(layout: DockLayout, terminal: string): DockLayout {
  const had = paneWith(layout, terminal)
  return had === undefined ? layout : { ...layout, root: changePane(layout.root, had.pane, before => ({ ...before, current: terminal })), focus: had.pane }
}

export function take(layout: DockLayout, terminal: string): DockLayout {
  const had = paneWith(layout, terminal)
  return had === undefined ? layout : settled({ ...layout, root: changePane(layout.root, had.pane, before => without(before, terminal)) })
}

/** The one in the other's place; nothing else moves. */
export function replace(layout: DockLayout, terminal: string, by: string): DockLayout {
  const had = paneWith(layout, terminal)
  return had === undefined ? layout : { ...layout, root: changePane(layout.root, had.pane, ({ pane, tabs, current }) => ({ pane, tabs: tabs.map(tab => (tab === terminal ? by : tab)), current: current === terminal ? by : current })) }
}

/** A new pane after this one, with the terminal in it. */
export function split(layout: DockLayout, pane: string, divider: DockSplit['divider'], terminal: string): DockLayout {
  const lastId = layout.lastId + 1
  const made: DockPane = { pane: `p${lastId}`, tabs: [], current: null }
  const root = changePane(layout.root, pane, first => ({ split: `s${lastId}`, divider, ratio: 0.5, first, second: made }))
  return put({ ...layout, root, lastId }, terminal, made.pane)
}

export function resize(layout: DockLayout, name: string, ratio: number): DockLayout {
  const change = (node: DockNode): DockNode => {
    if ('pane' in node) return node
    return node.split === name ? { ...node, ratio: between(ratio) } : { ...node, first: change(node.first), second: change(node.second) }
  }
  return { ...layout, root: change(layout.root) }
}

/** DL3 */
export function reconcile(layout: DockLayout, terminals: readonly string[]): DockLayout {
  const gone = panesOf(layout.root).flatMap(({ tabs }) => tabs).filter(tab => !terminals.includes(tab))
  const left = gone.reduce(take, layout)
  return terminals.filter(terminal => paneWith(left, terminal) === undefined).reduce((before, terminal) => {
    const { current, pane } = focusedPane(before)
    const after = put(before, terminal, pane)
    return current === null ? after : show(after, current)
  }, left)
}

/** The pane beside this one, in reading order and round the end. */
export function paneAfter(layout: DockLayout, step: 1 | -1): string {
  const panes = panesOf(layout.root)
  const at = panes.findIndex(({ pane }) => pane === focusedPane(layout).pane)
  return panes[(at + step + panes.length) % panes.length]!.pane
}

export function focus(layout: DockLayout, pane: string): DockLayout {
  return layout.focus === pane ? layout : settled({ ...layout, focus: pane })
}

export function placesOf(node: DockNode, place: Place = { left: 0, top: 0, width: 1, height: 1 }): { readonly panes: readonly { readonly pane: DockPane; readonly place: Place }[]; readonly splits: readonly { readonly split: DockSplit; readonly place: Place }[] } {
  if ('pane' in node) return { panes: [{ pane: node, place }], splits: [] }
  const { left, top, width, height } = place
  const sides = node.divider === 'vertical'
    ? [{ left, top, width: width * node.ratio, height }, { left: left + width * node.ratio, top, width: width * (1 - node.ratio), height }] as const
    : [{ left, top, width, height: height * node.ratio }, { left, top: top + height * node.ratio, width, height: height * (1 - node.ratio) }] as const
  const [first, second] = [placesOf(node.first, sides[0]), placesOf(node.second, sides[1])]
  return { panes: [...first.panes, ...second.panes], splits: [{ split: node, place }, ...first.splits, ...second.splits] }
}

/** DL3: null where it is no layout. */
export function readLayout(given: unknown): DockLayout | null {
  const { root, focus, lastId } = (given ?? {}) as { root?: unknown; focus?: unknown; lastId?: unknown }
  const read = readNode(root, new Set())
  return read === null || typeof focus !== 'string' || typeof lastId !== 'number' || !Number.isSafeInteger(lastId) ? null : settled({ root: read, focus, lastId })
}

/** `seen`: names of panes and splits that were read, and terminals (DL4); what comes a second time is not believed. */
function readNode(given: unknown, seen: Set<string>): DockNode | null {
  const node = (given ?? {}) as Partial<Record<keyof DockPane | keyof DockSplit, unknown>>
  const isNew = (name: unknown): name is string => typeof name === 'string' && !seen.has(name) && seen.add(name) === seen
  if (Array.isArray(node.tabs)) {
    if (!isNew(node.pane)) return null
    const tabs = node.tabs.filter(isNew)
    return { pane: node.pane, tabs, current: tabs.find(tab => tab === node.current) ?? tabs[0] ?? null }
  }
  if (!isNew(node.split) || typeof node.ratio !== 'number') return null
  const [first, second] = [readNode(node.first, seen), readNode(node.second, seen)]
  return first === null || second === null ? null : { split: node.split, divider: node.divider === 'horizontal' ? 'horizontal' : 'vertical', ratio: between(node.ratio), first, second }
}

/** DL1 */
function settled(layout: DockLayout): DockLayout {
  const root = pruned(layout.root) ?? { pane: focusedPane(layout).pane, tabs: [], current: null }
  const panes = panesOf(root)
  return { ...layout, root, focus: panes.some(({ pane }) => pane === layout.focus) ? layout.focus : panes[0]!.pane }
}

function pruned(node: DockNode): DockNode | null {
  if ('pane' in node) return node.tabs.length === 0 ? null : node
  const [first, second] = [pruned(node.first), pruned(node.second)]
  return first === null ? second : second === null ? first : { ...node, first, second }
}

function changePane(node: DockNode, pane: string, change: (pane: DockPane) => DockNode): DockNode {
  if ('pane' in node) return node.pane === pane ? change(node) : node
  return { ...node, first: changePane(node.first, pane, change), second: changePane(node.second, pane, change) }
}

function without({ pane, tabs, current }: DockPane, terminal: string): DockPane {
  const at = tabs.indexOf(terminal)
  const left = tabs.filter(tab => tab !== terminal)
  return { pane, tabs: left, current: current === terminal ? (left[Math.max(0, at - 1)] ?? null) : current }
}

/** DL2 */
function between(ratio: number): number {
  return Number.isFinite(ratio) ? Math.min(1 - leastShare, Math.max(leastShare, ratio)) : 0.5
}
