/**
 * Rooms of the page walked through: each of their tabs, views and dialogs, looked at by axe in both themes. The dark one differs in
 * its colours only, so that is what it is looked at for.
 */
import AxeBuilder from '@axe-core/playwright'
import type { Locator, Page } from 'playwright-core'
import { expect } from 'vitest'

const tags = ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa']
const dialog = '[role="dialog"], [role="alertdialog"]'

/** The page of one room, or of what is opened in it. */
export class RoomWalk {
  /** What was looked at: "scheduler", "scheduler, tab Metrics". */
  readonly places: string[] = []
  readonly violations: string[] = []
  readonly #page: Page

  constructor(page: Page) {
    this.#page = page
  }

  async room(name: string): Promise<void> {
    const page = this.#page
    await page.evaluate(`location.hash = '#/${name}'`)
    await page.locator(`nav a.current[href="#/${name}"]`).waitFor()
    await this.look(name)
    await this.each(`${name}, view`, page.locator('main .segments button'), 'aria-pressed')
    for (const [what, opener] of dialogsOf(page)) await this.#dialog(`${name}, dialog ${what}`, opener)
    await this.each(`${name}, tab`, page.locator('main [role="tab"]'), 'aria-selected')
  }

  async look(place: string): Promise<void> {
    const page = this.#page
    this.places.push(place)
    await settled(page)
    for (const theme of ['light', 'dark']) {
      await page.evaluate(`document.documentElement.dataset.theme = '${theme}'`)
      const axe = new AxeBuilder({ page }).setLegacyMode(true) // there are no frames, so no second page is wanted to gather what they say
      const { violations } = await (theme === 'light' ? axe.withTags(tags) : axe.withRules(['color-contrast'])).analyze()
      this.violations.push(...violations.map(({ id, nodes }) => `${place}, ${theme}: ${id} ${nodes.map(node => node.html.slice(0, 160)).join(' | ')}`))
    }
    await page.evaluate(`document.documentElement.dataset.theme = 'light'`)
  }

  /** All but the one that is chosen already, by their words: what is clicked may be drawn anew. */
  async each(of: string, choices: Locator, chosen: string): Promise<void> {
    const found = await choices.evaluateAll((all, attribute) => (all as unknown as { getAttribute(name: string): string | null; textContent: string }[]).map(one => ({ isChosen: one.getAttribute(attribute) === 'true', text: one.textContent.trim() })), chosen)
    for (const { text } of found.filter(({ isChosen }) => !isChosen)) {
      const choice = choices.filter({ hasText: text }).first()
      if (await choice.isDisabled()) continue
      await choice.click()
      await this.look(`${of} ${text}`)
    }
  }

  async #dialog(place: string, opener: Locator): Promise<void> {
    if (await opener.count() === 0) return
    await opener.first().click()
    await this.#page.locator(dialog).waitFor()
    await this.look(place)
    await this.#page.keyboard.press('Escape')
    await this.#page.locator(dialog).waitFor({ state: 'detached' })
  }
}

function dialogsOf(page: Page): readonly (readonly [string, Locator])[] {
  return [
    ['swap', page.locator('main [data-command*="component swap"]:not([data-command*="--built-in"])')],
    ['what-if', page.locator('main [data-panel="controls"] [data-command*="what-if"]')],
    ['pull the plug', page.locator('main [data-command*="node power-off"]')],
    ['rewind', page.locator('main [data-command*="checkpoint rewind"]')],
    ['delete', page.locator('main [data-command*="checkpoint delete"]')],
    ['replace', page.locator('main [data-room="dns"] [data-command*="delete pod"]:not([disabled])')],
  ]
}

/** Placeholders that pulse for as long as they wait are as good as still. */
async function settled(page: Page): Promise<void> {
  await expect.poll(() => page.evaluate(`document.getAnimations().every(animation => animation.playState !== 'running' || animation.effect?.getComputedTiming().iterations === Infinity)`)).toBe(true)
}
