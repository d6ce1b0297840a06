/** Every room, tab, view and dialog of the page before a real lab of simulated nodes: axe finds nothing, in both themes. */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { chromiumMissing, launchChromium } from './chromium.ts'
import { RoomWalk } from './room-walk.ts'

const cli = join(import.meta.dirname, '../../dist/cli.mjs')
const home = mkdtempSync(join(tmpdir(), 'kubarium-rooms-'))
const run = async (...argv: string[]): Promise<string> => (await promisify(execFile)(process.execPath, [cli, ...argv], { env: { ...process.env, KUBARIUM_HOME: home, DISPLAY: '', WAYLAND_DISPLAY: '' }, timeout: 180_000 })).stdout

const rooms = ['lab', 'logs', 'resources', 'story', 'network', 'faults', 'drills', 'checkpoints', 'apiserver', 'etcd', 'scheduler', 'controllers', 'cloud', 'machine', 'kubelet', 'runtime', 'proxy', 'overlay', 'dns']

/** Where there is more than the room itself. */
const places: Readonly<Record<string, readonly string[]>> = {
  network: ['network, view Table', 'network, tab Packets'],
  checkpoints: ['checkpoints, dialog rewind', 'checkpoints, dialog delete'],
  scheduler: ['scheduler, dialog swap', 'scheduler, dialog what-if', 'scheduler, tab Metrics', 'scheduler, tab Logs'],
}

describe.skipIf(chromiumMissing !== null)('every room', () => {
  let browser: Browser
  let page: Page
  beforeAll(async () => {
    const file = join(home, 'lab.yaml')
    writeFileSync(file, 'apiVersion: kubarium.dev/v1\nkind: Lab\nmetadata: {name: default}\nspec:\n  nodes:\n    - {name: node, provider: simulated, count: 3}\n')
    await run('up', '-f', file)
    await run('kubectl', '--', 'create', 'deployment', 'web', '--image=web', '--replicas=3')
    await run('kubectl', '--', 'run', 'picky', '--image=web', '--overrides={"spec":{"nodeSelector":{"disk":"ssd"}}}')
    await run('checkpoint', 'save', 'before')
    browser = await launchChromium()
    page = await (await browser.newContext({ viewport: { width: 1280, height: 720 }, locale: 'en-US' })).newPage()
    await page.goto((JSON.parse(await run('app', '-o', 'json')) as { address: string }).address)
    await page.locator('nav a').first().waitFor()
  }, 300_000)
  afterAll(async () => {
    await browser?.close()
    await run('delete', '--name', 'default')
    await run('host', 'stop')
    rmSync(home, { recursive: true, force: true })
  }, 120_000)

  test('are those that the navigation leads to', async () => {
    expect(await page.locator('nav a').evaluateAll(links => (links as unknown as { getAttribute(name: string): string }[]).map(link => link.getAttribute('href')))).toEqual(rooms.map(name => `#/${name}`))
  })

  test.each(rooms)('%s: axe finds no violation in any tab, view or dialog, in both themes', { timeout: 300_000 }, async name => {
    const walk = new RoomWalk(page)
    await walk.room(name)
    expect(walk.violations).toEqual([])
    expect(walk.places).toEqual(expect.arrayContaining([name, ...(places[name] ?? [])]))
  })

  test('an object with its tabs, and the command palette', { timeout: 300_000 }, async () => {
    const walk = new RoomWalk(page)
    await page.evaluate(`location.hash = '#/resources/deployments.apps/default/web'`)
    const tabs = page.locator('[data-panel="object"] [role="tab"]')
    await tabs.filter({ hasText: 'Logs' }).waitFor() // it is there once the object is known
    await walk.look('object')
    await walk.each('object, tab', tabs, 'aria-selected')
    await page.keyboard.press('Control+k')
    await page.getByRole('dialog').waitFor()
    await walk.look('command palette')
    await page.keyboard.press('Escape')
    expect(walk.violations).toEqual([])
    expect(walk.places).toEqual(expect.arrayContaining(['object, tab Events', 'object, tab Relations', 'object, tab Logs', 'command palette']))
  })
})
