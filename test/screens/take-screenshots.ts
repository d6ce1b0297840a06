/**
 * `npm run screenshots`: a picture of every room in both themes and three languages, of the running lab that
 * `kubarium app` would show, as test-results/rooms/<language>-<theme>/<room>.png.
 *
 *   npm run screenshots -- --rooms scheduler,etcd --themes dark --languages en --size 1280x720
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { chromiumMissing, launchChromium } from '../integration/chromium.ts'
import { resultsFolder } from '../summary-reporter.ts'

const root = join(import.meta.dirname, '..', '..')
const { values } = parseArgs({
  options: { rooms: { type: 'string' }, themes: { type: 'string', default: 'light,dark' }, languages: { type: 'string', default: 'en,zh-Hant,zh-Hans' }, size: { type: 'string', default: '1280x720' }, out: { type: 'string', default: join(resultsFolder, 'rooms') } },
})
if (chromiumMissing !== null) throw new Error(chromiumMissing)
const [width, height] = values.size.split('x').map(Number) as [number, number]
const opened = JSON.parse(execFileSync(process.execPath, [join(root, 'electron/cli/launch.mjs'), 'app', '-o', 'json'], { env: { ...process.env, DISPLAY: '', WAYLAND_DISPLAY: '' } }).toString()) as { readonly address: string }
const settleMs = 2_500

await using browser = await launchChromium()
const page = await (await browser.newContext({ viewport: { width, height }, locale: 'en-US' })).newPage()
await page.goto(opened.address)
await page.locator('nav a').first().waitFor()
const addresses = (await page.evaluate(`[...document.querySelectorAll('nav a')].map(link => link.getAttribute('href'))`)) as readonly string[]
const rooms = addresses.map(address => address.replace(/^#\//, '')).filter(room => values.rooms === undefined || values.rooms.split(',').includes(room))
for (const language of values.languages.split(',')) {
  for (const theme of values.themes.split(',')) {
    await page.evaluate(`localStorage.setItem('kubarium.preferences', JSON.stringify({ theme: '${theme}', locale: '${language}' }))`)
    await page.reload()
    await page.locator('nav a.current').waitFor() // else the page, still beginning, would go back to where it was
    const folder = join(values.out, `${language}-${theme}`)
    mkdirSync(folder, { recursive: true })
    for (const room of rooms) {
      await page.goto(`${new URL(page.url()).origin}/#/${room}`)
      await page.locator(`nav a.current[href="#/${room}"]`).waitFor() // a busy machine takes a while to enter
      await page.waitForTimeout(settleMs) // pictures want what comes by itself: the first reports of every panel
      await page.screenshot({ path: join(folder, `${room}.png`) })
      process.stdout.write(`${join(folder, `${room}.png`)}\n`)
    }
  }
}
