/**
 * Does the page grow? A real lab of simulated nodes with thousands of pods, and somebody who goes from room to room for as long as is
 * said, while pods are deleted and made anew all the time. After each round through all rooms the page is back where it began, what nobody
 * holds any more is collected, and what is left is told.
 *
 *   GM1  The first rounds do not count: what is loaded, remembered and shown for the first time belongs to the page.
 *   GM2  A figure is what a full collection leaves, so that only what is held counts.
 *   GM3  At the start and the end the heap is looked into: what the page holds is told apart from code that the engine has compiled meanwhile.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, CDPSession, Page } from 'playwright-core'
import { TestLab, eventually } from '../e2e/test-lab.ts'
import { launchChromium } from '../integration/chromium.ts'
import type { Belongings } from './belongings.ts'
import { type HeapSums, sumSnapshot } from './heap-snapshot.ts'
import { renderTable } from './process-figures.ts'

export interface MemoryRun {
  readonly minutes: number
  readonly pods: number
  /** Heap snapshots of the start and the end are kept here, for the developer tools of a browser. */
  readonly profile: string | null
}

interface Sample {
  readonly minute: number
  readonly heapBytes: number
  readonly nodes: number
  readonly listeners: number
}

const podsOfNode = 100
const warmUpRounds = 2
const churnedPods = 25
/** In each room: until its feeds have told something and it was drawn. */
const stayMs = 1_500

export async function benchGuiMemory({ minutes, pods, profile }: MemoryRun, belongings: Belongings): Promise<void> {
  const lab = new TestLab('namespace', 'memory')
  await using _lab = await belongings.own(Promise.resolve({ [Symbol.asyncDispose]: () => lab.remove() }))
  await fill(lab, pods)
  await using browser = await belongings.own(launchChromium())
  const visitor = await Visitor.enter(browser, await addressOf(lab))
  for (let round = 0; round < warmUpRounds; round++) await visitor.goRound(lab) // GM1
  const samples = [await visitor.measure(0)]
  const first = await visitor.lookInto(profile === null ? null : join(profile, 'start.heapsnapshot'))
  const startedAt = performance.now()
  const passed = (): number => (performance.now() - startedAt) / 60_000
  while (passed() < minutes) {
    await visitor.goRound(lab)
    samples.push(await visitor.measure(passed()))
  }
  const last = await visitor.lookInto(profile === null ? null : join(profile, 'end.heapsnapshot'))
  process.stdout.write(`${rendered(samples, { pods, rooms: visitor.rooms, first, last })}\n`)
}

async function fill(lab: TestLab, pods: number): Promise<void> {
  const file = join(lab.home, 'lab.yaml')
  writeFileSync(file, `apiVersion: kubarium.dev/v1\nkind: Lab\nmetadata: {name: ${lab.name}}\nspec:\n  provider: simulated\n  nodes: [{name: sim, count: ${Math.ceil(pods / podsOfNode)}, pods: 110}]\n`)
  const up = await lab.kubarium(['up', '-f', file], 880_000)
  if (up.code !== 0) throw new Error(`kubarium up failed with status ${up.code}\n${up.stdout}\n${up.stderr}`)
  await lab.must(['create', 'deployment', 'web', '--image=web', `--replicas=${pods}`])
  await lab.must(['expose', 'deployment', 'web', '--port=80'])
  await eventually(`${pods} pods run`, async () => Number(await lab.must(['get', 'deployment', 'web', '-o', 'jsonpath={.status.readyReplicas}'])) >= pods, 900_000, 2_000)
}

async function addressOf(lab: TestLab): Promise<string> {
  const app = await lab.kubarium(['app', '-o', 'json'])
  if (app.code !== 0) throw new Error(`kubarium app failed with status ${app.code}\n${app.stderr}`)
  return (JSON.parse(app.stdout) as { readonly address: string }).address
}

/** One who looks at everything. */
class Visitor {
  readonly #page: Page
  readonly #session: CDPSession
  rooms = 0

  private constructor(page: Page, session: CDPSession) {
    this.#page = page
    this.#session = session
  }

  static async enter(browser: Browser, address: string): Promise<Visitor> {
    const page = await (await browser.newContext({ viewport: { width: 1280, height: 720 }, locale: 'en-US' })).newPage()
    page.setDefaultTimeout(60_000)
    await page.goto(address)
    await page.getByRole('navigation', { name: 'Rooms' }).waitFor()
    const session = await page.context().newCDPSession(page)
    await session.send('Performance.enable')
    return new Visitor(page, session)
  }

  async goRound(lab: TestLab): Promise<void> {
    const links = this.#page.getByRole('navigation', { name: 'Rooms' }).getByRole('link')
    this.rooms = await links.count()
    for (let index = 0; index < this.rooms; index++) {
      await links.nth(index).click()
      await this.#page.waitForTimeout(stayMs)
    }
    await this.#lookAtPods(lab)
    await this.#useTerminal()
    await this.#go('#/lab/new')
    await this.#go('#/lab')
  }

  /** The whole table, scrolled while it changes, and one of its pods with all that is told of it. */
  async #lookAtPods(lab: TestLab): Promise<void> {
    await this.#go('#/resources/pods')
    const churned = (await lab.must(['get', 'pods', '-o', 'name'])).split('\n').slice(0, churnedPods)
    await Promise.all([lab.must(['delete', '--wait=false', ...churned]), this.#scroll()])
    await this.#page.locator('[data-object] button, [data-object] a').first().click()
    await this.#page.waitForTimeout(stayMs)
    await this.#go('#/resources/deployments.apps/default/web')
  }

  async #scroll(): Promise<void> {
    await this.#page.mouse.move(700, 400)
    for (let turn = 0; turn < 20; turn++) {
      await this.#page.mouse.wheel(0, turn < 10 ? 600 : -600)
      await this.#page.waitForTimeout(50)
    }
  }

  async #useTerminal(): Promise<void> {
    const dock = this.#page.getByRole('region', { name: 'Terminals' })
    await dock.getByRole('button', { name: 'kubectl', exact: true }).click()
    await dock.locator('textarea').first().pressSequentially('kubectl get pods | head -100\n')
    await this.#page.waitForTimeout(stayMs)
    await dock.getByRole('button', { name: /^Close / }).click()
  }

  async #go(hash: string): Promise<void> {
    await this.#page.evaluate(`location.hash = '${hash}'`)
    await this.#page.waitForTimeout(stayMs)
  }

  /** GM3 */
  async lookInto(keptAt: string | null): Promise<HeapSums> {
    const parts: string[] = []
    const take = ({ chunk }: { readonly chunk: string }): void => { parts.push(chunk) }
    this.#session.on('HeapProfiler.addHeapSnapshotChunk', take)
    await this.#session.send('HeapProfiler.takeHeapSnapshot', { reportProgress: false })
    this.#session.off('HeapProfiler.addHeapSnapshotChunk', take)
    if (keptAt !== null) writeFileSync(keptAt, parts.join(''))
    return sumSnapshot(parts.join(''))
  }

  /** GM2 */
  async measure(minute: number): Promise<Sample> {
    for (let turn = 0; turn < 3; turn++) {
      await this.#session.send('HeapProfiler.collectGarbage')
      await this.#page.waitForTimeout(300) // what waits for a collection, such as a FinalizationRegistry, has its turn
    }
    const { metrics } = await this.#session.send('Performance.getMetrics')
    const of = (name: string): number => metrics.find(metric => metric.name === name)?.value ?? NaN
    return { minute, heapBytes: of('JSHeapUsedSize'), nodes: of('Nodes'), listeners: of('JSEventListeners') }
  }
}

interface Seen {
  readonly pods: number
  readonly rooms: number
  readonly first: HeapSums
  readonly last: HeapSums
}

function rendered(samples: readonly Sample[], { pods, rooms, first, last }: Seen): string {
  const { minute: minutes } = samples.at(-1)!
  const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(2)
  const anHour = (grown: number): string => `${((grown / 1e6 / minutes) * 60).toFixed(1)} MB`
  const rows = samples.map(({ minute, heapBytes, nodes, listeners }) => [minute.toFixed(1), megabytes(heapBytes), String(nodes), String(listeners)])
  return [
    `${rooms} rooms of a lab with ${pods} pods, ${samples.length - 1} rounds in ${minutes.toFixed(1)} minutes`,
    renderTable(['minute', 'heap (MB)', 'DOM nodes', 'listeners'], rows),
    '',
    renderTable(['after a full collection', 'start', 'end', 'an hour'], [
      ['held by the page (MB)', megabytes(first.heldBytes), megabytes(last.heldBytes), anHour(last.heldBytes - first.heldBytes)],
      ['objects held', String(first.objects), String(last.objects), ''],
      ['compiled by the engine (MB)', megabytes(first.codeBytes), megabytes(last.codeBytes), anHour(last.codeBytes - first.codeBytes)],
    ]),
  ].join('\n')
}
