/** The built page before a made-up lab host, for the tests of a file: one Chromium a file; a host and a page a test, gone after it. */
import AxeBuilder from '@axe-core/playwright'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, expect } from 'vitest'
import type { FakeLabHost } from '../fakes/fake-lab-host.ts'
import { buildPageIfMissing, chromiumMissing, launchChromium, screenshot } from './chromium.ts'

export interface GuiPage {
  readonly page: Page
  readonly host: FakeLabHost
  /** What calls of this name were given. */
  asked(call: string): readonly unknown[]
}

/** Within a `describe`. `path`: where the page is entered, such as #/story; `heading`: what is there once it is. */
export function useGuiPage(startHost: () => Promise<FakeLabHost>, path: string, heading: string): GuiPage {
  let browser: Browser | undefined
  let opened: { readonly page: Page; readonly host: FakeLabHost } | undefined
  beforeAll(async () => {
    if (chromiumMissing !== null) return
    buildPageIfMissing()
    browser = await launchChromium()
  })
  afterAll(async () => { await browser?.close() })
  beforeEach(async ({ skip }) => {
    if (chromiumMissing !== null) skip(chromiumMissing)
    await using stack = new AsyncDisposableStack()
    const host = stack.use(await startHost())
    const context = await browser!.newContext({ viewport: { width: 1280, height: 720 }, locale: 'en-US', acceptDownloads: true })
    stack.defer(() => context.close())
    const page = await context.newPage()
    opened = { page, host }
    const kept = stack.move()
    await page.goto(`${host.address}${path}`)
    await page.getByRole('heading', { name: heading, exact: true }).waitFor()
    return () => kept.disposeAsync()
  })
  return {
    get page() { return opened!.page },
    get host() { return opened!.host },
    asked: call => opened!.host.calls.filter(({ name }) => name === call).map(({ arguments: given }) => given),
  }
}

/** Of what is shown one after the other, in both themes and three languages; each is kept as a picture. */
export async function violationsOf(page: Page, name: string, shows: Readonly<Record<string, () => Promise<unknown>>>): Promise<readonly string[]> {
  const violations: string[] = []
  for (const theme of ['light', 'dark']) {
    await page.locator('header .choices select').first().selectOption(theme)
    for (const language of ['繁體中文', '简体中文', 'English']) {
      await page.locator('header .choices select').nth(1).selectOption({ label: language })
      for (const [what, show] of Object.entries(shows)) {
        await show()
        await expect.poll(() => page.evaluate(`document.getAnimations().every(animation => animation.playState !== 'running' || animation.effect.getComputedTiming().endTime === Infinity)`)).toBe(true) // a cursor blinks for ever; a waiting function would be evaluated by the page, which its policy forbids
        await screenshot(page, `${name}-${what}-${theme}-${language}`)
        const { violations: found } = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa']).analyze()
        violations.push(...found.map(({ id, nodes }) => `${theme} ${language} ${what}: ${id} ${nodes.map(node => node.html.slice(0, 120)).join(' | ')}`))
      }
    }
  }
  return violations
}
