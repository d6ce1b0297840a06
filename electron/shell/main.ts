/** Electron's main process: protocol, window, and the relay between the window and the lab host. */
import { join } from 'node:path'
import type { IpcMainEvent } from 'electron'
import { BrowserWindow, Menu, app, ipcMain, protocol, session } from 'electron'
import { findInstallation } from '../labhost/files/installation.ts'
import { readStaticFiles } from '../labhost/gateway/static-files.ts'
import { frameChannel, stateChannel } from './channels.ts'
import { guardPage, guardSession } from './guard-page.ts'
import { HostLink } from './host-link.ts'
import { declareScheme, isPageAddress, pageAddress, servePage } from './page-protocol.ts'
import { readFrame } from './read-frame.ts'
import { windowOptions } from './window-options.ts'

if (app.requestSingleInstanceLock()) {
  declareScheme(protocol)
  app.enableSandbox()
  app.on('web-contents-created', (_, contents) => { guardPage(contents) })
  app.on('window-all-closed', () => { app.quit() })
  void app.whenReady().then(open)
} else app.quit()

function open(): void {
  const installation = findInstallation()
  if (installation.pageDir === null) throw new Error('the GUI has not been built; run: npm run build')
  guardSession(session.defaultSession)
  servePage(protocol, readStaticFiles(installation.pageDir))
  Menu.setApplicationMenu(null)
  const window = new BrowserWindow(windowOptions(join(installation.root, 'dist', 'preload.cjs')))
  const link = new HostLink({
    frame: text => { tell(window, frameChannel, JSON.parse(text)) },
    state: state => { tell(window, stateChannel, state) },
  })
  ipcMain.on(frameChannel, (event, value: unknown) => {
    const frame = isOurs(event, window) ? readFrame(value) : undefined
    if (frame !== undefined) link.send(frame)
  })
  ipcMain.on(stateChannel, event => {
    if (isOurs(event, window) && link.isUp) tell(window, stateChannel, 'up')
  })
  app.on('second-instance', () => { window.focus() })
  window.once('ready-to-show', () => { window.show() })
  window.on('closed', () => { link.close() })
  void window.loadURL(pageAddress)
}

/** Only the main frame of our window, on our page, may speak. */
function isOurs(event: IpcMainEvent, window: BrowserWindow): boolean {
  return event.sender === window.webContents && event.senderFrame === window.webContents.mainFrame && isPageAddress(event.senderFrame?.url ?? '')
}

function tell(window: BrowserWindow, channel: string, value: unknown): void {
  if (!window.isDestroyed()) window.webContents.send(channel, value)
}
