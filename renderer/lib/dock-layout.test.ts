import { expect, test } from 'vitest'
import { type DockLayout, type DockNode, emptyLayout, focus, focusedPane, paneAfter, placesOf, put, readLayout, reconcile, replace, resize, show, split, take } from './dock-layout.ts'

/** a|(b/c): sides beside one another by |, over one another by /; the tab in front has a star. */
function text(node: DockNode): string {
  if ('pane' in node) return `[${node.tabs.map(tab => (tab === node.current ? `${tab}*` : tab)).join(' ')}]`
  return `(${text(node.first)}${node.divider === 'vertical' ? '|' : '/'}${text(node.second)})`
}

const one = put(put(emptyLayout, 'a'), 'b')
const three = split(split(one, 'p0', 'vertical', 'c'), 'p1', 'horizontal', 'd')

test('tabs come into the pane that has the focus, in front', () => {
  expect(text(one.root)).toBe('[a b*]')
  expect(text(show(one, 'a').root)).toBe('[a* b]')
})

test('DL1 a split has a new pane, which goes with its last tab', () => {
  expect(text(three.root)).toBe('([a b*]|([c*]/[d*]))')
  expect(focusedPane(three).current).toBe('d')
  expect(text(take(three, 'c').root)).toBe('([a b*]|[d*])')
  expect(text(['a', 'b', 'c', 'd'].reduce(take, three).root)).toBe('[]')
  expect(focusedPane(take(three, 'd')).tabs).toEqual(['a', 'b'])
})

test('DL4 moved between panes, a terminal is in one of them, and an empty pane is left to nobody', () => {
  expect(text(put(three, 'a', 'p1').root)).toBe('([b*]|([c a*]/[d*]))')
  expect(text(put(three, 'd', 'p0').root)).toBe('([a b d*]|[c*])')
  expect(text(put(three, 'b', 'p0').root)).toBe('([a b*]|([c*]/[d*]))')
})

test('a lone terminal that shall have a pane of its own stays where it is', () => {
  expect(text(split(put(emptyLayout, 'a'), 'p0', 'vertical', 'a').root)).toBe('[a*]')
})

test('DL2 a divider stops before a side is gone', () => {
  const ratioOf = (ratio: number) => placesOf(resize(three, 's1', ratio).root).panes[0]!.place.width
  expect(ratioOf(0.3)).toBe(0.3)
  expect(ratioOf(-4)).toBe(0.1)
  expect(ratioOf(7)).toBe(0.9)
  expect(ratioOf(Number.NaN)).toBe(0.5)
})

test('places cover the dock', () => {
  const { panes, splits } = placesOf(resize(three, 's1', 0.25).root)
  expect(panes.map(({ pane, place }) => [pane.pane, place.left, place.top, place.width, place.height])).toEqual([['p0', 0, 0, 0.25, 1], ['p1', 0.25, 0, 0.75, 0.5], ['p2', 0.25, 0.5, 0.75, 0.5]])
  expect(splits.map(({ split: { split: name }, place }) => [name, place.left, place.width])).toEqual([['s1', 0, 1], ['s2', 0.25, 0.75]])
})

test('DL3 what is gone leaves, what nobody placed comes, and what was in front stays there', () => {
  expect(text(reconcile(three, ['b', 'd', 'new']).root)).toBe('([b*]|[d* new])')
  expect(text(reconcile(emptyLayout, ['x', 'y']).root)).toBe('[x* y]')
  expect(text(replace(three, 'c', 'again').root)).toBe('([a b*]|([again*]/[d*]))')
})

test('DL3 a kept layout is read again, and a damaged one is not', () => {
  expect(readLayout(JSON.parse(JSON.stringify(three)))).toEqual(three)
  expect(readLayout({ root: { split: 's', ratio: 2, first: { pane: 'p', tabs: ['a', 4] } }, focus: 'p', lastId: 3 })).toBe(null)
  expect(readLayout(null)).toBe(null)
  expect(readLayout({ ...three, focus: 'nowhere' })!.focus).toBe('p0')
})

test('DL4 of a kept layout that names something twice only the first is believed', () => {
  const twice = { root: { split: 's1', divider: 'vertical', ratio: 0.5, first: { pane: 'p0', tabs: ['a', 'a'], current: 'a' }, second: { pane: 'p1', tabs: ['a', 'b'], current: 'a' } }, focus: 'p1', lastId: 1 }
  expect(text(readLayout(twice)!.root)).toBe('([a*]|[b*])')
  expect(readLayout({ ...twice, root: { ...twice.root, second: { pane: 'p0', tabs: ['b'] } } })).toBe(null)
})

test('the focus goes round the panes, in reading order', () => {
  const round = (step: 1 | -1) => [1, 2, 3].reduce<DockLayout[]>(layouts => [...layouts, focus(layouts.at(-1)!, paneAfter(layouts.at(-1)!, step))], [three]).map(layout => layout.focus)
  expect(round(1)).toEqual(['p2', 'p0', 'p1', 'p2'])
  expect(round(-1)).toEqual(['p2', 'p1', 'p0', 'p2'])
})
