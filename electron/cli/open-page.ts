/**
 * Opens the GUI where it can be opened best, and says which way and why: the desktop app where Electron's binary is
 * there and a display to show it on, else the default browser, else only the address is printed.
 */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { findProgram } from '../labhost/doctor/doctor.ts'
import type { Installation } from '../labhost/files/installation.ts'
import { withHost } from './host-session.ts'

export interface OpenedPage {
  readonly way: 'electron' | 'browser' | 'address'
  readonly address: string | null
  readonly text: string
}

type Environment = Readonly<Record<string, string | undefined>>

export async function openPage(installation: Installation, environment: Environment): Promise<OpenedPage> {
  const electron = join(installation.root, 'node_modules/electron/dist/electron')
  const shell = join(installation.root, 'dist/shell.mjs')
  const hasDisplay = (environment['DISPLAY'] ?? '') !== '' || (environment['WAYLAND_DISPLAY'] ?? '') !== ''
  const whyNotElectron = !existsSync(electron) ? "Electron's binary is not installed" : !existsSync(shell) ? 'the desktop shell has not been built' : 'there is no display'
  if (existsSync(electron) && existsSync(shell) && hasDisplay) {
    start([electron, shell])
    return { way: 'electron', address: null, text: 'Kubarium opens in its own window.' }
  }
  const { address } = await withHost(host => host.call('host/page', {}))
  const browser = findProgram('xdg-open', environment['PATH']) ?? findProgram('open', environment['PATH'])
  if (hasDisplay && browser !== undefined) {
    start([browser, address])
    return { way: 'browser', address, text: `Kubarium opens in the default browser, because ${whyNotElectron}.` }
  }
  const whyNotBrowser = hasDisplay ? 'no program that opens a browser (xdg-open) was found' : 'this machine has no display'
  return { way: 'address', address, text: `Open this address in a browser on this machine (${whyNotElectron === 'there is no display' ? '' : `${whyNotElectron}, and `}${whyNotBrowser}); it works once, within ten minutes:\n\n  ${address}\n\nAnother one: kubarium app` }
}

function start(command: readonly string[]): void {
  const child = spawn(command[0]!, command.slice(1), { detached: true, stdio: 'ignore' })
  child.on('error', () => {})
  child.unref()
}
