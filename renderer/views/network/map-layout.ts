/**
 * Where everything is on the map. Pure.
 *
 *   ML1  Services are in rows at the top, nodes in a grid below, the pods of a node in a grid within it.
 *   ML2  Pods are as large as fit, at most `largestPod`. Where they would be smaller than `smallestPod` a node's pods are drawn
 *        as one bar, in parts by state.
 *   ML4  The routers of a lab with several networks are in a row between, with a line to each node on a network that they join.
 *   ML3  Every pod without a node waits in a row of its own at the bottom, as one number.
 */
import type { NodePlace, PodPlace, RouterPlace, ServicePlace } from './places.ts'

export interface Point { readonly x: number; readonly y: number }
export interface Box extends Point { readonly width: number; readonly height: number }

export interface NodeBox extends Box {
  readonly name: string
  readonly network: string
  readonly pods: readonly PodPlace[]
  /** Side of a pod's square with its gap; null: the pods are one bar. */
  readonly cell: number | null
  readonly columns: number
}

export interface MapLayout {
  readonly services: readonly (Box & { readonly service: ServicePlace })[]
  readonly routers: readonly (Box & { readonly router: RouterPlace })[]
  /** From a router to a node. */
  readonly cables: readonly { readonly from: Point; readonly to: Point; readonly router: string; readonly node: string }[]
  readonly nodes: readonly NodeBox[]
  readonly waiting: number
}

const margin = 12
const gap = 10
export const headPixels = 24
const largestPod = 26
const smallestPod = 4
const serviceBox = { width: 132, height: 26 }

/** Routers come with what they join only where there are any: `lan` is then the one network. */
export interface Places {
  readonly nodes: readonly NodePlace[]
  readonly pods: readonly PodPlace[]
  readonly services: readonly ServicePlace[]
  readonly routers: readonly RouterPlace[]
}

export function layOut(width: number, height: number, { nodes, pods, services, routers }: Places): MapLayout {
  const perRow = Math.max(1, Math.floor((width - 2 * margin + gap) / (serviceBox.width + gap)))
  const inRow = (index: number, top: number): Box => ({ ...serviceBox, x: margin + (index % perRow) * (serviceBox.width + gap), y: top + Math.floor(index / perRow) * (serviceBox.height + gap) })
  const below = (boxes: readonly Box[], top: number): number => (boxes.length === 0 ? top : boxes.at(-1)!.y + serviceBox.height + 3 * gap)
  const serviceBoxes = services.slice(0, perRow * 3).map((service, index) => ({ service, ...inRow(index, margin) }))
  const routersTop = below(serviceBoxes, margin)
  const routerBoxes = routers.map((router, index) => ({ router, ...inRow(index, routersTop) }))
  const top = below(routerBoxes, routersTop)
  const byNode = Map.groupBy(pods, ({ node }) => node)
  const columns = columnsFor(nodes.length, width, height - top)
  const rows = Math.max(1, Math.ceil(nodes.length / columns))
  const size = { width: (width - 2 * margin - (columns - 1) * gap) / columns, height: Math.max(30, (height - top - margin - (rows - 1) * gap) / rows) }
  const nodeBoxes = nodes.map(({ name, network }, index) => {
    const mine = byNode.get(name) ?? []
    const cell = cellFor(mine.length, size.width - 16, size.height - headPixels - 8)
    return { name, network, pods: mine, ...size, x: margin + (index % columns) * (size.width + gap), y: top + Math.floor(index / columns) * (size.height + gap), cell, columns: cell === null ? 0 : Math.max(1, Math.floor((size.width - 16) / cell)) }
  })
  return {
    services: serviceBoxes,
    routers: routerBoxes,
    cables: routerBoxes.flatMap(({ router, ...box }) => nodeBoxes.filter(({ network }) => router.networks.includes(network)).map(node => ({ router: router.name, node: node.name, from: { x: box.x + box.width / 2, y: box.y + box.height }, to: { x: node.x + node.width / 2, y: node.y } }))), // ML4
    nodes: nodeBoxes,
    waiting: pods.filter(({ node }) => nodes.every(({ name }) => name !== node)).length, // ML3
  }
}

function columnsFor(count: number, width: number, height: number): number {
  return Math.max(1, Math.min(count, Math.round(Math.sqrt(count * Math.max(0.5, width / Math.max(1, height)) / 1.6))))
}

/** ML2 */
function cellFor(count: number, width: number, height: number): number | null {
  for (let cell = largestPod; cell >= smallestPod; cell--) {
    if (Math.floor(width / cell) * Math.floor(height / cell) >= count) return cell
  }
  return null
}

export function podPoint(box: NodeBox, index: number): Point {
  if (box.cell === null) return { x: box.x + box.width / 2, y: box.y + headPixels + (box.height - headPixels) / 2 }
  return { x: box.x + 8 + (index % box.columns) * box.cell + box.cell / 2, y: box.y + headPixels + Math.floor(index / box.columns) * box.cell + box.cell / 2 }
}

export type Hit = { readonly type: 'pod'; readonly pod: PodPlace } | { readonly type: 'node'; readonly box: NodeBox } | { readonly type: 'service'; readonly service: ServicePlace } | { readonly type: 'router'; readonly router: RouterPlace }

export function hitAt(layout: MapLayout, { x, y }: Point): Hit | null {
  const isIn = (box: Box): boolean => x >= box.x && x < box.x + box.width && y >= box.y && y < box.y + box.height
  const service = layout.services.find(isIn)
  if (service !== undefined) return { type: 'service', service: service.service }
  const router = layout.routers.find(isIn)
  if (router !== undefined) return { type: 'router', router: router.router }
  const box = layout.nodes.find(isIn)
  if (box === undefined) return null
  if (box.cell !== null) {
    const column = Math.floor((x - box.x - 8) / box.cell)
    const row = Math.floor((y - box.y - headPixels) / box.cell)
    const pod = column >= 0 && column < box.columns && row >= 0 ? box.pods[row * box.columns + column] : undefined
    if (pod !== undefined) return { type: 'pod', pod }
  }
  return { type: 'node', box }
}
