/**
 * The text of a Lab file and the fields of a form, both ways: the text is the only truth, and a field is read from it and written into it.
 *
 *   LD1  What a field does not change stays as it was written: comments, order, style.
 *   LD2  An emptied field leaves the file, so that its default counts; so does a mapping or list entry that becomes empty with it.
 *   LD3  While the text is not YAML no field can be read or written.
 *   LD4  A running lab is written as the shortest file that gives it again: simulated nodes of one kind are one entry.
 */
import { type Document, isMap, isScalar, parseDocument, stringify } from 'yaml'
import type { LabSpec, NodeSpec } from '../../electron/contract/labs.ts'

export type FieldPath = readonly (string | number)[]

export const emptyLabFile = `apiVersion: kubarium.dev/v1
kind: Lab
metadata:
  name: default
spec:
  nodes: 2
`

/** The plain value of the text; null where it is not YAML (LD3). */
export function readValue(text: string): unknown {
  const document = parseDocument(text)
  return document.errors.length > 0 ? null : (document.toJS({ maxAliasCount: 100 }) as unknown)
}

export function valueAt(value: unknown, path: FieldPath): unknown {
  return path.reduce((inner, part) => (typeof inner === 'object' && inner !== null ? (inner as Record<string | number, unknown>)[part] : undefined), value)
}

/** The text with that value at the path; `undefined` takes the field out. As it was where it is not YAML. */
export function writeValue(text: string, path: FieldPath, value: unknown): string {
  const document = parseDocument(text)
  if (document.errors.length > 0) return text
  if (value === undefined) take(document, path)
  else put(document, path, value)
  return document.toString({ lineWidth: 0, flowCollectionPadding: false })
}

/** A scalar keeps its node, and with it the comment behind it (LD1). */
function put(document: Document, path: FieldPath, value: unknown): void {
  for (let length = 1; length < path.length; length++) {
    const outer: unknown = document.getIn(path.slice(0, length), true)
    const isEmpty = outer === undefined || outer === null || (isScalar(outer) && outer.value === null)
    if (isEmpty) document.setIn(path.slice(0, length), document.createNode(typeof path[length] === 'number' ? [] : {}))
  }
  const there: unknown = document.getIn(path, true)
  if (isScalar(there) && (typeof value !== 'object' || value === null)) {
    there.value = value
    delete there.source
  } else document.setIn(path, document.createNode(value))
}

/** LD2; the top of the document and entries of lists, whose places count, stay. */
function take(document: Document, path: FieldPath): void {
  if (!document.hasIn(path)) return
  document.deleteIn(path)
  const outer = path.slice(0, -1)
  const left: unknown = document.getIn(outer, true)
  if (outer.length > 1 && typeof outer.at(-1) === 'string' && isMap(left) && left.items.length === 0) take(document, outer)
}

/** LD4 */
export function textOf(spec: LabSpec): string {
  const { name, nodes, networks, simulation, components, faultInjection, ...words } = spec
  return stringify({
    apiVersion: 'kubarium.dev/v1',
    kind: 'Lab',
    metadata: { name },
    spec: { ...words, networks, ...(faultInjection === false ? { faultInjection } : {}), ...(simulation === undefined ? {} : { simulation }), ...(components === undefined ? {} : { components }), nodes: groupsOf(nodes) },
  }, { lineWidth: 0 })
}

const zoneLabel = 'topology.kubernetes.io/zone'

function groupsOf(nodes: readonly NodeSpec[]): readonly unknown[] {
  const groups: NodeSpec[][] = []
  for (const node of nodes) {
    const last = groups.at(-1)
    if (last !== undefined && isNextOf(last, node)) last.push(node)
    else groups.push([node])
  }
  return groups.flatMap(group => (group.length === 1 ? group.map(entryOf) : (asOneEntry(group) ?? group.map(entryOf))))
}

/** sim-2 after sim-1, with everything but its zone the same. */
function isNextOf(group: readonly NodeSpec[], node: NodeSpec): boolean {
  const prefix = /^(.+)-1$/.exec(group[0]!.name)?.[1]
  return prefix !== undefined && node.simulated !== undefined && node.name === `${prefix}-${group.length + 1}` && likeness(node) === likeness(group[0]!)
}

function likeness({ name: _, simulated, ...rest }: NodeSpec): string {
  const { [zoneLabel]: __, ...labels } = simulated?.labels ?? {}
  return JSON.stringify([rest, { ...simulated, labels }])
}

/** null where the zones are not dealt out in turn. */
function asOneEntry(group: readonly NodeSpec[]): unknown {
  const zones = group.map(node => node.simulated!.labels[zoneLabel])
  const again = zones.indexOf(zones[0], 1)
  const turn = again < 0 ? zones : zones.slice(0, again)
  if (zones.some((zone, index) => zone !== turn[index % turn.length])) return null
  const { name, ...rest } = entryOf(group[0]!) as { readonly name: string; readonly labels?: Readonly<Record<string, string>> }
  const { [zoneLabel]: _, ...labels } = rest.labels ?? {}
  return { name: name.replace(/-1$/, ''), count: group.length, ...rest, ...(turn[0] === undefined ? {} : { zones: turn }), labels: Object.keys(labels).length === 0 ? undefined : labels }
}

function entryOf({ simulated, ...node }: NodeSpec): object {
  if (simulated === undefined) return node
  const { pods, labels, taints, resources } = simulated
  return { ...node, pods, ...(Object.keys(labels).length === 0 ? {} : { labels }), taints, ...(Object.keys(resources).length === 0 ? {} : { resources }) }
}

/** "disk=ssd, tier=" as a form shows a mapping of texts; one a line where the texts themselves may have commas. */
export function pairsText(value: unknown, between = ', '): string {
  return typeof value === 'object' && value !== null ? Object.entries(value).map(([key, one]) => `${key}=${String(one)}`).join(between) : ''
}

export function readPairs(text: string, between = ','): Readonly<Record<string, string>> | undefined {
  const pairs = wordsOf(text, between).map(word => [word.split('=')[0]!.trim(), word.split('=').slice(1).join('=').trim()] as const)
  return pairs.length === 0 ? undefined : Object.fromEntries(pairs)
}

/** A part of the file as it is written by itself; empty where nothing is said. */
export function fragmentText(value: unknown): string {
  return value === undefined ? '' : stringify(value, { lineWidth: 0, collectionStyle: 'block' })
}

/** `broken` where it is not YAML; an empty one leaves the file (LD2). */
export function readFragment(text: string): { readonly value: unknown } | { readonly broken: string } {
  const document = parseDocument(text, { prettyErrors: false })
  const error = document.errors[0]
  if (error !== undefined) return { broken: error.message }
  return { value: (document.toJS({ maxAliasCount: 100 }) as unknown) ?? undefined }
}

/** "key=value:NoSchedule" as kubectl writes taints. */
export function taintsText(value: unknown): string {
  return Array.isArray(value) ? value.map((taint: { key?: unknown; value?: unknown; effect?: unknown }) => `${String(taint.key ?? '')}${taint.value === undefined ? '' : `=${String(taint.value)}`}:${String(taint.effect ?? '')}`).join(', ') : ''
}

export function readTaints(text: string): readonly object[] | undefined {
  const taints = wordsOf(text).map(word => {
    const [named = '', effect = ''] = word.split(':')
    const [key = '', value] = named.split('=')
    return { key, ...(value === undefined ? {} : { value }), effect }
  })
  return taints.length === 0 ? undefined : taints
}

export function readWords(text: string): readonly string[] | undefined {
  const words = wordsOf(text)
  return words.length === 0 ? undefined : words
}

function wordsOf(text: string, between = ','): readonly string[] {
  return text.split(between).map(word => word.trim()).filter(word => word !== '')
}
