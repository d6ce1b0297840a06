import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { guardPage, guardSession } from './guard-page.ts'
import { isPageAddress, servePage } from './page-protocol.ts'
import { readFrame } from './read-frame.ts'
import { windowOptions } from './window-options.ts'

/** A fake of the parts of Electron that are asked, recording what they were told. */
function fakeContents() {
  const handlers = new Map<string, (...given: never[]) => void>()
  let openHandler: (details: { url: string }) => { action: string } = () => ({ action: 'allow' })
  return {
    contents: { on: (event: string, handler: never) => { handlers.set(event, handler) }, setWindowOpenHandler: (handler: never) => { openHandler = handler } },
    opens: (url: string) => openHandler({ url }).action,
    navigates(event: string, url: string): boolean {
      let isPrevented = false
      handlers.get(event)!(...([{ url, preventDefault: () => { isPrevented = true } }, url] as never[]))
      return !isPrevented
    },
  }
}

describe('windows', () => {
  test('every switch of the checklist is set', () => {
    expect(windowOptions('/p.cjs').webPreferences).toMatchObject({ sandbox: true, contextIsolation: true, nodeIntegration: false, webSecurity: true, allowRunningInsecureContent: false, experimentalFeatures: false, webviewTag: false })
  })

  test('GP1 no window is opened and no page left', () => {
    const { contents, opens, navigates } = fakeContents()
    guardPage(contents as never)
    expect(opens('https://example.org')).toBe('deny')
    expect(navigates('will-navigate', 'https://example.org')).toBe(false)
    expect(navigates('will-redirect', 'file:///etc/passwd')).toBe(false)
    expect(navigates('will-navigate', 'kubarium://app/index.html')).toBe(true)
    expect(navigates('will-attach-webview', '')).toBe(false)
  })

  test('GP2 only writing the clipboard is permitted, and only to our page', () => {
    let request: (contents: { getURL(): string }, permission: string, answer: (given: boolean) => void) => void = () => {}
    guardSession({ setPermissionRequestHandler: (handler: never) => { request = handler }, setPermissionCheckHandler() {} } as never)
    const asks = (address: string, permission: string): boolean | undefined => {
      let answer: boolean | undefined
      request({ getURL: () => address }, permission, given => { answer = given })
      return answer
    }
    expect(asks('kubarium://app/index.html', 'clipboard-sanitized-write')).toBe(true)
    expect(asks('kubarium://app/index.html', 'media')).toBe(false)
    expect(asks('https://example.org', 'clipboard-sanitized-write')).toBe(false)
  })
})

describe('page protocol', () => {
  let handle: (request: Request) => Promise<Response> | Response = () => new Response()
  servePage({ handle: (_: string, handler: never) => { handle = handler } } as never, new Map([['/index.html', { body: Buffer.from('<html>'), type: 'text/html', immutable: false }]]))

  test('PP1 only known files, PP2 with the policy', async () => {
    const page = await handle(new Request('kubarium://app/index.html'))
    expect(page.status).toBe(200)
    expect(page.headers.get('content-security-policy')).toContain("script-src 'self'")
    expect((await handle(new Request('kubarium://app/../../etc/passwd'))).status).toBe(404)
    expect((await handle(new Request('kubarium://elsewhere/index.html'))).status).toBe(404)
  })

  test('look-alike addresses are not ours', () => {
    expect(isPageAddress('kubarium://app.example.org/')).toBe(false)
    expect(isPageAddress('https://kubarium://app/')).toBe(false)
  })
})

describe('frames from a page', () => {
  test('known calls and feeds pass', () => {
    expect(readFrame({ id: 1, call: 'labs/list', arguments: {} })).toEqual({ id: 1, call: 'labs/list', arguments: {} })
    expect(readFrame({ id: 2, follow: 'labs/state', arguments: { lab: null } })).toBeDefined()
    expect(readFrame({ id: 2, cancel: true })).toEqual({ id: 2, cancel: true })
  })

  test.each([null, 7, 'x', [], {}, { id: 1 }, { id: '1', call: 'labs/list', arguments: {} }, { id: 1, call: 'toString', arguments: {} }, { id: 1, call: '__proto__', arguments: {} }, { id: 1, call: 'labs/list' }, { id: 1, call: 'labs/list', arguments: {}, extra: 1 }, { id: 1, call: 'labs/list', follow: 'labs/state', arguments: {} }, { id: 1, cancel: 'yes' }, { id: 1.5, cancel: true }])('%j is refused', value => {
    expect(readFrame(value)).toBeUndefined()
  })
})

test('the real Electron shows the page and gives it nothing but the bridge', { timeout: 60_000 }, async ({ skip }) => {
  const root = join(import.meta.dirname, '..', '..')
  const binary = join(root, 'node_modules', 'electron', 'dist', 'electron')
  if (!existsSync(binary)) skip("Electron's binary is not installed here")
  const { _electron } = await import('playwright-core')
  const running = await _electron.launch({ executablePath: binary, args: [join(root, 'dist', 'shell.mjs')] })
  try {
    const page = await running.firstWindow()
    expect(page.url()).toBe('kubarium://app/index.html')
    expect(await page.evaluate(() => [typeof (globalThis as { require?: unknown }).require, Object.keys((globalThis as unknown as { kubarium: object }).kubarium).sort()])).toEqual(['undefined', ['onFrame', 'onState', 'send']])
  } finally {
    await running.close()
  }
})
