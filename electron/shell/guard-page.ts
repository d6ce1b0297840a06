/**
 * What a page may not do. Electron's security checklist, items 5, 11 to 15.
 *
 *   GP1  No page opens a window or leaves the app; a link to elsewhere leads nowhere.
 *   GP2  No permission is given, but writing to the clipboard.
 *   GP3  No webview is attached.
 */
import type { Session, WebContents } from 'electron'
import { isPageAddress } from './page-protocol.ts'

const givenPermissions: readonly string[] = ['clipboard-sanitized-write']

export function guardPage(contents: Pick<WebContents, 'setWindowOpenHandler' | 'on'>): void {
  contents.setWindowOpenHandler(() => ({ action: 'deny' })) // GP1
  for (const event of ['will-navigate', 'will-frame-navigate', 'will-redirect'] as const) {
    contents.on(event as 'will-navigate', (details, address) => {
      if (!isPageAddress(address ?? details.url)) details.preventDefault()
    })
  }
  contents.on('will-attach-webview', event => { event.preventDefault() }) // GP3
}

export function guardSession(session: Pick<Session, 'setPermissionRequestHandler' | 'setPermissionCheckHandler'>): void {
  session.setPermissionRequestHandler((contents, permission, answer) => {
    answer(isPageAddress(contents.getURL()) && givenPermissions.includes(permission)) // GP2
  })
  session.setPermissionCheckHandler((_, permission, origin) => origin.startsWith('kubarium://app') && givenPermissions.includes(permission))
}
