/**
 * The page's own protocol: kubarium://app/… answers from the built GUI and from nothing else.
 *
 *   PP1  Only files that were there at the start can be asked for; a path is looked up, never joined to a folder.
 *   PP2  Every answer carries the strict content security policy.
 */
import type { Protocol } from 'electron'
import type { StaticFile } from '../labhost/gateway/static-files.ts'
import { pageHeaders } from '../labhost/gateway/static-files.ts'

export const pageScheme = 'kubarium'
export const pageAddress = `${pageScheme}://app/index.html`

export function isPageAddress(address: string): boolean {
  return address.startsWith(`${pageScheme}://app/`)
}

/** Must be called before the app is ready. */
export function declareScheme(protocol: Pick<Protocol, 'registerSchemesAsPrivileged'>): void {
  protocol.registerSchemesAsPrivileged([{ scheme: pageScheme, privileges: { standard: true, secure: true, supportFetchAPI: true } }])
}

export function servePage(protocol: Pick<Protocol, 'handle'>, files: ReadonlyMap<string, StaticFile>): void {
  protocol.handle(pageScheme, request => {
    const { host, pathname } = new URL(request.url)
    const file = host === 'app' && request.method === 'GET' ? files.get(pathname === '/' ? '/index.html' : pathname) : undefined // PP1
    if (file === undefined) return new Response('no such file', { status: 404, headers: pageHeaders })
    return new Response(new Uint8Array(file.body), { headers: { ...pageHeaders, 'content-type': file.type } }) // PP2
  })
}
