/**
 * What a request asks for, whatever it sent: a target that is no URL must not end the server it was sent to.
 *
 *   RU1  Only path and query are read. Who is named before them ("http://elsewhere/…", "//elsewhere/…") does not count.
 *   RU2  There is always an answer; what is no path becomes one that nobody serves.
 *   RU3  Segments are decoded one by one, so that %2f parts nothing; undefined if one cannot be.
 */
import type { IncomingMessage } from 'node:http'

const absolute = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i

export function readRequestUrl({ url = '/' }: Pick<IncomingMessage, 'url'>): URL {
  const target = url.replace(absolute, '') // RU1
  return new URL(`http://host${target.startsWith('/') ? target : `/${target}`}`) // RU2
}

/** RU3: those that are empty are left out. */
export function pathSegments({ pathname }: URL): string[] | undefined {
  try {
    return pathname.split('/').filter(part => part !== '').map(decodeURIComponent)
  } catch {
    return undefined
  }
}
