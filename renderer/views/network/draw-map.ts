/** Draws the map: what stands still once, on a picture of its own; what moves, each frame, above it. */
import type { Rate } from './traffic.ts'
import { type Hit, type MapLayout, type Point, headPixels, podPoint } from './map-layout.ts'
import type { PodPlace } from './places.ts'

export interface MapColours {
  readonly text: string
  readonly muted: string
  readonly line: string
  readonly raised: string
  readonly sunken: string
  readonly accent: string
  readonly good: string
  readonly busy: string
  readonly bad: string
  readonly font: string
}

export function coloursOf(element: Element): MapColours {
  const style = getComputedStyle(element)
  const token = (name: string): string => style.getPropertyValue(`--${name}`).trim()
  return { text: token('text'), muted: token('muted'), line: token('line'), raised: token('raised'), sunken: token('sunken'), accent: token('accent'), good: token('good'), busy: token('busy'), bad: token('bad'), font: token('font') }
}

export interface Marked {
  /** Names of nodes on which something is broken, or that are not well. */
  readonly nodes: ReadonlySet<string>
  readonly links: readonly { readonly from: string; readonly to: string }[]
}

export function drawStill(context: CanvasRenderingContext2D, layout: MapLayout, colours: MapColours, marked: Marked, podsText: (count: number) => string, chosen: Hit | null): void {
  const { canvas } = context
  context.clearRect(0, 0, canvas.width, canvas.height)
  for (const box of layout.services) {
    frame(context, box, colours.raised, isChosen(chosen, 'service', box.service.id) ? colours.accent : colours.line, 13)
    label(context, box.service.name, { x: box.x + 12, y: box.y + box.height / 2 }, box.width - 24, `600 11px ${colours.font}`, colours.accent)
  }
  context.strokeStyle = colours.line
  context.lineWidth = 1
  context.beginPath()
  for (const { from, to } of layout.cables) {
    context.moveTo(from.x, from.y)
    context.lineTo(to.x, to.y)
  }
  context.stroke()
  for (const box of layout.routers) {
    frame(context, box, colours.sunken, isChosen(chosen, 'router', box.router.name) ? colours.accent : colours.line, 4)
    label(context, box.router.name, { x: box.x + 12, y: box.y + box.height / 2 }, box.width - 24, `600 11px ${colours.font}`, colours.text)
  }
  for (const box of layout.nodes) {
    frame(context, box, colours.raised, marked.nodes.has(box.name) ? colours.bad : isChosen(chosen, 'node', box.name) ? colours.accent : colours.line, 8, marked.nodes.has(box.name) ? 2.5 : 1)
    label(context, layout.routers.length === 0 ? box.name : `${box.name} · ${box.network}`, { x: box.x + 8, y: box.y + headPixels / 2 }, box.width / 2, `600 11px ${colours.font}`, colours.text)
    label(context, podsText(box.pods.length), { x: box.x + box.width - 8, y: box.y + headPixels / 2 }, box.width / 2 - 12, `11px ${colours.font}`, colours.muted, 'right')
    const byTone = Map.groupBy(box.pods.map((pod, index) => ({ pod, index })), ({ pod }) => toneOf(pod))
    let from = box.x + 8
    for (const tone of ['good', 'busy', 'bad'] as const) { // one path a colour
      const mine = byTone.get(tone) ?? []
      context.fillStyle = colours[tone]
      context.beginPath()
      if (box.cell === null) {
        const width = ((box.width - 16) * mine.length) / Math.max(1, box.pods.length)
        context.rect(from, box.y + headPixels, width, Math.max(4, box.height - headPixels - 8))
        from += width
      } else {
        const side = Math.max(2, box.cell - Math.max(1, Math.round(box.cell / 6)))
        for (const { index } of mine) {
          const { x, y } = podPoint(box, index)
          context.rect(x - side / 2, y - side / 2, side, side)
        }
      }
      context.fill()
    }
    if (chosen?.type === 'pod' && box.cell !== null) {
      const index = box.pods.findIndex(({ id }) => id === chosen.pod.id)
      if (index >= 0) {
        const { x, y } = podPoint(box, index)
        context.strokeStyle = colours.text
        context.lineWidth = 2
        context.strokeRect(x - box.cell / 2, y - box.cell / 2, box.cell, box.cell)
      }
    }
  }
  context.strokeStyle = colours.bad
  context.lineWidth = 2
  context.setLineDash([6, 4])
  for (const { from, to } of marked.links) {
    const [a, b] = [layout.nodes.find(({ name }) => name === from), layout.nodes.find(({ name }) => name === to)]
    if (a === undefined || b === undefined) continue
    context.beginPath()
    context.moveTo(a.x + a.width / 2, a.y)
    context.lineTo(b.x + b.width / 2, b.y)
    context.stroke()
  }
  context.setLineDash([])
}

export interface Way {
  readonly from: Point
  readonly to: Point
  /** 0..1 */
  readonly strength: number
}

const mostWays = 200

/** A connection through a Service goes over the Service's box. */
export function waysOf(layout: MapLayout, rates: readonly Rate[]): readonly Way[] {
  const points = new Map<string, Point>()
  for (const box of layout.services) points.set(box.service.ip, { x: box.x + box.width / 2, y: box.y + box.height })
  for (const box of layout.nodes) box.pods.forEach((pod, index) => { if (pod.ip !== '') points.set(pod.ip, podPoint(box, index)) })
  const moving = rates.filter(({ bytesPerSecond }) => bytesPerSecond > 0)
  const most = Math.log1p(moving[0]?.bytesPerSecond ?? 1)
  return moving.slice(0, mostWays).flatMap(({ source, destination, target, bytesPerSecond }) => {
    const [from, over, to] = [points.get(source), destination === target ? undefined : points.get(destination), points.get(target)]
    const strength = Math.log1p(bytesPerSecond) / most
    if (from !== undefined && over !== undefined) return [{ from, to: over, strength }, ...(to === undefined ? [] : [{ from: over, to, strength }])]
    return from === undefined || to === undefined ? [] : [{ from, to, strength }]
  })
}

const dotPixels = 3
const roundMs = 1_400

export function drawMoving(context: CanvasRenderingContext2D, ways: readonly Way[], colours: MapColours, at: number): void {
  context.strokeStyle = colours.accent
  context.globalAlpha = 0.35
  context.lineWidth = 1
  context.beginPath()
  for (const { from, to } of ways) {
    context.moveTo(from.x, from.y)
    context.lineTo(to.x, to.y)
  }
  context.stroke()
  context.globalAlpha = 1
  context.fillStyle = colours.accent
  context.beginPath()
  for (const { from, to, strength } of ways) {
    const share = ((at / roundMs) * (0.4 + strength)) % 1
    const [x, y] = [from.x + (to.x - from.x) * share, from.y + (to.y - from.y) * share]
    context.moveTo(x + dotPixels, y)
    context.arc(x, y, dotPixels, 0, 2 * Math.PI)
  }
  context.fill()
}

export function toneOf({ status }: PodPlace): 'good' | 'busy' | 'bad' {
  if (status === 'Running' || status === 'Completed' || status === 'Succeeded') return 'good'
  return /Error|BackOff|Failed|Evicted|OOM|Invalid/.test(status) ? 'bad' : 'busy'
}

function isChosen(chosen: Hit | null, type: 'service' | 'node' | 'router', id: string): boolean {
  return chosen !== null && chosen.type === type && (chosen.type === 'service' ? chosen.service.id : chosen.type === 'node' ? chosen.box.name : chosen.type === 'router' ? chosen.router.name : '') === id
}

function frame(context: CanvasRenderingContext2D, { x, y, width, height }: { x: number; y: number; width: number; height: number }, fill: string, stroke: string, radius: number, line = 1): void {
  context.beginPath()
  context.roundRect(x + 0.5, y + 0.5, width - 1, height - 1, radius)
  context.fillStyle = fill
  context.fill()
  context.strokeStyle = stroke
  context.lineWidth = line
  context.stroke()
}

function label(context: CanvasRenderingContext2D, text: string, { x, y }: Point, width: number, font: string, colour: string, align: CanvasTextAlign = 'left'): void {
  if (width < 16) return
  context.font = font
  context.fillStyle = colour
  context.textAlign = align
  context.textBaseline = 'middle'
  let shown = text
  while (shown.length > 1 && context.measureText(shown).width > width) shown = `${shown.slice(0, -2)}…`
  context.fillText(shown, x, y)
}
