/** Debian's Chromium driven by playwright-core, and the built page that it is shown, for tests of the page. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import type { Browser, Page } from 'playwright-core'
import { resultsFolder } from '../summary-reporter.ts'

export const chromiumPath = '/usr/bin/chromium'
export const chromiumMissing = existsSync(chromiumPath) ? null : `no ${chromiumPath}; install Debian's chromium`

const root = join(import.meta.dirname, '..', '..')
/** Where a build puts the page. */
export const pageDir = join(root, 'dist', 'renderer')

export function buildPageIfMissing(): void {
  if (!existsSync(join(pageDir, 'index.html'))) execFileSync(join(root, 'node_modules', '.bin', 'vite'), ['build', '-c', 'renderer/vite.config.ts'], { cwd: root })
}

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
