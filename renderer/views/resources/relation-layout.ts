/** Places of the objects of a graph of relations, from left to right. */
import { Graph, layout } from '@dagrejs/dagre'
import type { RelatedObject, Relation, Relations } from '../../../electron/contract/resources.ts'

export interface PlacedObject extends RelatedObject {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

export interface PlacedRelation extends Relation {
  /** An SVG path. */
  readonly path: string
  readonly labelX: number
  readonly labelY: number
}

export interface PlacedRelations {
  readonly nodes: readonly PlacedObject[]
  readonly edges: readonly PlacedRelation[]
  readonly width: number
  readonly height: number
}

const size = { width: 156, height: 40 }

export function layOut({ nodes, edges }: Relations): PlacedRelations {
  const graph = new Graph({ multigraph: true })
  graph.setGraph({ rankdir: 'LR', nodesep: 14, ranksep: 54, edgesep: 8 })
  for (const { id } of nodes) graph.setNode(id, { ...size })
  for (const { from, to, type } of edges) graph.setEdge(from, to, {}, type)
  layout(graph)
  const placed = nodes.map((node): PlacedObject => {
    const { x = 0, y = 0 } = graph.node(node.id) as { x?: number; y?: number }
    return { ...node, ...size, x: x - size.width / 2, y: y - size.height / 2 }
  })
  const drawn = edges.map((edge): PlacedRelation => {
    const { points = [] } = graph.edge(edge.from, edge.to, edge.type) as { points?: readonly { x: number; y: number }[] }
    const middle = points[Math.floor(points.length / 2)] ?? { x: 0, y: 0 }
    return { ...edge, path: points.map(({ x, y }, index) => `${index === 0 ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`).join(' '), labelX: middle.x, labelY: middle.y - 3 }
  })
  const { width = 0, height = 0 } = graph.graph() as { width?: number; height?: number }
  return { nodes: placed, edges: drawn, width, height }
}
