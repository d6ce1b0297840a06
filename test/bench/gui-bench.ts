/**
 * `npm run bench -- gui [--rows N --pods N --seconds N --rounds N]`: the page in Chromium against a made-up lab host.
 *
 * First useful paint (the lab's nodes are in the page), opening a table of N rows, and, while that table changes twenty
 * times a second and is scrolled, the time between frames, tasks over 50 ms, and what the heap grew by. Then the map of the
 * network with --pods pods and traffic between them that changes every two seconds: the time between frames, and tasks. Then a
 * terminal whose program writes without end, as much as the lab host lets through.
 *
 * With --memory-minutes N nothing of that: gui-memory.ts.
 */
import { parseArgs } from 'node:util'
import type { Browser } from 'playwright-core'
import { fakePod, fakeService, rowOf, startFakeLabHost, twoNodeLab } from '../fakes/fake-lab-host.ts'
import { chromiumMissing, launchChromium, pageDir } from '../integration/chromium.ts'
import type { Belongings } from './belongings.ts'
import { type Figure, renderFigures } from './figures.ts'
import { benchGuiMemory } from './gui-memory.ts'

const changesPerSecond = 20
const rowsPerChange = 20

/** Kept in the page: when each frame was drawn, and each task that took longer than 50 ms. */
const observe = `
  window.frames60 = []; window.longTasks = [];
  new PerformanceObserver(list => { for (const entry of list.getEntries()) window.longTasks.push(entry.duration) }).observe({ type: 'longtask', buffered: true });
  (function tick(at) { window.frames60.push(at); requestAnimationFrame(tick) })(performance.now());
`

export async function benchGui(argv: readonly string[], belongings: Belongings): Promise<void> {
  const { values } = parseArgs({ args: [...argv], options: { rows: { type: 'string', default: '10000' }, pods: { type: 'string', default: '5000' }, seconds: { type: 'string', default: '10' }, rounds: { type: 'string', default: '3' }, 'memory-minutes': { type: 'string' }, 'profile': { type: 'string' } } })
  if (chromiumMissing !== null) throw new Error(chromiumMissing)
  if (values['memory-minutes'] !== undefined) {
    await benchGuiMemory({ minutes: Number(values['memory-minutes']), pods: Number(values.pods), profile: values.profile ?? null }, belongings)
    return
  }
  await using browser = await belongings.own(launchChromium())
  const rounds: Round[] = []
  for (let round = 0; round < Number(values.rounds); round++) rounds.push({ ...(await measure(browser, Number(values.rows), Number(values.seconds), belongings)), map: await measureMap(browser, Number(values.pods), Number(values.seconds), belongings), flood: await measureFlood(browser, Number(values.seconds), belongings) })
  const of = (name: string, unit: Figure['unit'], pick: (round: Round) => number, target?: number): Figure => ({ name, unit, values: rounds.map(pick), ...(target === undefined ? {} : { target }) })
  process.stdout.write(`${renderFigures([
    of('first useful paint', 'ms', round => round.firstUsefulPaintMs, 1_000),
    of(`table of ${values.rows} rows opened`, 'ms', round => round.tableOpenedMs),
    of('time between frames, median', 'ms', round => round.frameMedianMs, 17),
    of('time between frames, p99', 'ms', round => round.frameP99Ms),
    of('longest task while opening', 'ms', round => round.longestOpeningMs, 50),
    of('longest task while changing', 'ms', round => round.longestChangingMs, 50),
    of('heap grown', 'MB', round => round.heapGrownMb),
    of(`map of ${values.pods} pods: time between frames, median`, 'ms', round => round.map.frameMedianMs, 17),
    of(`map of ${values.pods} pods: time between frames, p99`, 'ms', round => round.map.frameP99Ms),
    of(`map of ${values.pods} pods: longest task`, 'ms', round => round.map.longestTaskMs, 50),
    of('terminal in a flood: time between frames, median', 'ms', round => round.flood.frameMedianMs, 17),
    of('terminal in a flood: longest task', 'ms', round => round.flood.longestTaskMs, 50),
    of('terminal in a flood: heap grown', 'MB', round => round.flood.heapGrownMb),
  ])}\n`)
}

interface Round {
  readonly firstUsefulPaintMs: number
  readonly tableOpenedMs: number
  readonly frameMedianMs: number
  readonly frameP99Ms: number
  readonly longestOpeningMs: number
  readonly longestChangingMs: number
  readonly heapGrownMb: number
  readonly flood: { readonly frameMedianMs: number; readonly longestTaskMs: number; readonly heapGrownMb: number }
  readonly map: { readonly frameMedianMs: number; readonly frameP99Ms: number; readonly longestTaskMs: number }
}

async function measure(browser: Browser, rows: number, seconds: number, belongings: Belongings): Promise<Omit<Round, 'map' | 'flood'>> {
  const pods = Array.from({ length: rows }, (_, index) => fakePod(`web-${String(index).padStart(6, '0')}`, 'node-1', '10.244.1.5'))
  await using host = await belongings.own(startFakeLabHost(pageDir, [twoNodeLab], { pods }))
  await using context = await browser.newContext({ viewport: { width: 1280, height: 720 }, locale: 'en-US' })
  const page = await context.newPage()
  const numbers = async (expression: string): Promise<readonly number[]> => (await page.evaluate(expression)) as readonly number[]

  await page.goto(host.address)
  await page.locator('[data-node]').first().waitFor()
  const firstUsefulPaintMs = (await numbers('[performance.now()]'))[0]!
  const startedAt = (await numbers('[performance.now()]'))[0]!
  await page.evaluate(`location.hash = '#/resources/pods'`)
  await page.locator('[data-object]').first().waitFor()
  const tableOpenedMs = (await numbers('[performance.now()]'))[0]! - startedAt

  const heap = async (): Promise<number> => (await numbers('[performance.memory.usedJSHeapSize]'))[0]!
  const heapBefore = await heap()
  const longestTask = async (): Promise<number> => Math.max(0, ...(await numbers('window.longTasks.splice(0)')))
  await page.evaluate(observe)
  await page.waitForTimeout(500) // what was too long before is told of soon after
  const longestOpeningMs = await longestTask()
  for (let change = 0; change < seconds * changesPerSecond; change++) {
    const changed = Array.from({ length: rowsPerChange }, (_, index) => rowOf({ ...pods[(change * rowsPerChange + index) % rows]!, status: { phase: change % 2 === 0 ? 'Pending' : 'Running' } }))
    host.tell({ type: 'changed', rows: changed, removed: [] }, 'pods')
    await page.mouse.move(700, 400)
    await page.mouse.wheel(0, 200)
    await page.waitForTimeout(1_000 / changesPerSecond)
  }
  return { firstUsefulPaintMs, tableOpenedMs, ...gapsOf(await numbers('window.frames60')), longestOpeningMs, longestChangingMs: await longestTask(), heapGrownMb: ((await heap()) - heapBefore) / 1e6 }
}

function gapsOf(frames: readonly number[]): { readonly frameMedianMs: number; readonly frameP99Ms: number } {
  const gaps = frames.slice(1).map((at, index) => at - frames[index]!).sort((a, b) => a - b)
  return { frameMedianMs: gaps[gaps.length >> 1]!, frameP99Ms: gaps[Math.floor(gaps.length * 0.99)]! }
}

const servicesOnMap = 20
const flowsOnMap = 200
const trafficEveryMs = 2_000

async function measureMap(browser: Browser, count: number, seconds: number, belongings: Belongings): Promise<Round['map']> {
  const address = (index: number): string => `10.244.${index >> 8}.${index & 255}`
  const pods = Array.from({ length: count }, (_, index) => fakePod(`web-${String(index).padStart(6, '0')}`, `node-${(index % 2) + 1}`, address(index)))
  const services = Array.from({ length: servicesOnMap }, (_, index) => fakeService(`web-${index}`, `10.96.0.${index + 1}`))
  await using host = await belongings.own(startFakeLabHost(pageDir, [twoNodeLab], { pods, services }))
  await using context = await browser.newContext({ viewport: { width: 1280, height: 720 }, locale: 'en-US' })
  const page = await context.newPage()
  await page.goto(`${host.address}#/network`)
  await page.locator(`canvas[data-pods="${count}"]`).waitFor()
  await page.evaluate(observe)
  for (let round = 1; round * trafficEveryMs <= seconds * 1_000; round++) {
    const flows = Array.from({ length: flowsOnMap }, (_, index) => ({ protocol: 'tcp', source: address((index * 37 + round) % count), destination: `10.96.0.${(index % servicesOnMap) + 1}`, port: 80, target: address((index * 91) % count), targetPort: 80, connections: 1, packets: round * 10, bytes: round * 10_000 * (index + 1) }))
    host.say('network/traffic', { nodes: [{ node: 'node-1', flows, problem: null }], lan: { ports: [], links: [], routers: [], flooded: 0, loopsCut: 0 } })
    await page.waitForTimeout(trafficEveryMs)
  }
  return { ...gapsOf((await page.evaluate('window.frames60')) as number[]), longestTaskMs: Math.max(0, ...((await page.evaluate('window.longTasks')) as number[])) }
}

/** What the lab host sends at most of a program that writes without end: all that it keeps, once in two frames. */
const floodPart = 'y\r\n'.repeat(Math.floor((256 * 1024) / 3))
const floodEveryMs = 33

async function measureFlood(browser: Browser, seconds: number, belongings: Belongings): Promise<Round['flood']> {
  await using host = await belongings.own(startFakeLabHost(pageDir, [twoNodeLab]))
  await using context = await browser.newContext({ viewport: { width: 1280, height: 720 }, locale: 'en-US' })
  const page = await context.newPage()
  await page.goto(host.address)
  await page.getByRole('button', { name: 'kubectl', exact: true }).click()
  await page.locator('.xterm-helper-textarea').waitFor()
  const session = await context.newCDPSession(page)
  const heapBytes = async (): Promise<number> => {
    await session.send('HeapProfiler.collectGarbage')
    return (await session.send('Runtime.getHeapUsage')).usedSize
  }
  const before = await heapBytes()
  await page.evaluate(observe)
  for (const endsAt = performance.now() + seconds * 1_000; performance.now() < endsAt; await page.waitForTimeout(floodEveryMs)) {
    if (host.write('t1', '')) host.write('t1', floodPart)
  }
  const { frameMedianMs } = gapsOf((await page.evaluate('window.frames60')) as number[])
  const longestTaskMs = Math.max(0, ...((await page.evaluate('window.longTasks')) as number[]))
  return { frameMedianMs, longestTaskMs, heapGrownMb: ((await heapBytes()) - before) / 1e6 }
}
