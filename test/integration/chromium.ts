/** Debian's Chromium driven by playwright-core, for tests of the page. */
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import type { Browser, Page } from 'playwright-core'
import { resultsFolder } from '../summary-reporter.ts'

export const chromiumPath = '/usr/bin/chromium'
export const chromiumMissing = existsSync(chromiumPath) ? null : `no ${chromiumPath}; install Debian's chromium`

export function launchChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: chromiumPath, args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'] })
}

/** Kept beside the logs of failures. */
export async function screenshot(page: Page, name: string): Promise<string> {
  const folder = join(resultsFolder, 'screenshots')
  mkdirSync(folder, { recursive: true })
  const path = join(folder, `${name}.png`)
  await page.screenshot({ path })
  return path
}
