/**
 * `npm run bench -- gui [--rows N --seconds N --rounds N]`: the page in Chromium against a made-up lab host.
 *
 * First useful paint (the lab's nodes are in the page), opening a table of N rows, and, while that table changes twenty
 * times a second and is scrolled, the time between frames, tasks over 50 ms, and what the heap grew by.
 */
import { parseArgs } from 'node:util'
import type { Browser } from 'playwright-core'
import { fakePod, rowOf, startFakeLabHost, twoNodeLab } from '../fakes/fake-lab-host.ts'
import { chromiumMissing, launchChromium, pageDir } from '../integration/chromium.ts'
import type { Belongings } from './belongings.ts'
import { type Figure, renderFigures } from './figures.ts'

const changesPerSecond = 20
const rowsPerChange = 20

/** Kept in the page: when each frame was drawn, and each task that took longer than 50 ms. */
const observe = `
  window.frames60 = []; window.longTasks = [];
  new PerformanceObserver(list => { for (const entry of list.getEntries()) window.longTasks.push(entry.duration) }).observe({ type: 'longtask', buffered: true });
  (function tick(at) { window.frames60.push(at); requestAnimationFrame(tick) })(performance.now());
`

export async function benchGui(argv: readonly string[], belongings: Belongings): Promise<void> {
  const { values } = parseArgs({ args: [...argv], options: { rows: { type: 'string', default: '10000' }, seconds: { type: 'string', default: '10' }, rounds: { type: 'string', default: '3' } } })
  if (chromiumMissing !== null) throw new Error(chromiumMissing)
  await using browser = await belongings.own(launchChromium())
  const rounds: Round[] = []
  for (let round = 0; round < Number(values.rounds); round++) rounds.push(await measure(browser, Number(values.rows), Number(values.seconds), belongings))
  const of = (name: string, unit: Figure['unit'], pick: (round: Round) => number, target?: number): Figure => ({ name, unit, values: rounds.map(pick), ...(target === undefined ? {} : { target }) })
  process.stdout.write(`${renderFigures([
    of('first useful paint', 'ms', round => round.firstUsefulPaintMs, 1_000),
    of(`table of ${values.rows} rows opened`, 'ms', round => round.tableOpenedMs),
    of('time between frames, median', 'ms', round => round.frameMedianMs, 17),
    of('time between frames, p99', 'ms', round => round.frameP99Ms),
    of('longest task while opening', 'ms', round => round.longestOpeningMs, 50),
    of('longest task while changing', 'ms', round => round.longestChangingMs, 50),
    of('heap grown', 'MB', round => round.heapGrownMb),
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
}

async function measure(browser: Browser, rows: number, seconds: number, belongings: Belongings): Promise<Round> {
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
  const frames = await numbers('window.frames60')
  const gaps = frames.slice(1).map((at, index) => at - frames[index]!).sort((a, b) => a - b)
  return { firstUsefulPaintMs, tableOpenedMs, frameMedianMs: gaps[gaps.length >> 1]!, frameP99Ms: gaps[Math.floor(gaps.length * 0.99)]!, longestOpeningMs, longestChangingMs: await longestTask(), heapGrownMb: ((await heap()) - heapBefore) / 1e6 }
}
