import { describe, expect, it } from 'vitest'
import { pathSegments, readRequestUrl } from './request-url.ts'

const read = (url?: string) => {
  const { pathname, search } = readRequestUrl(url === undefined ? {} : { url })
  return `${pathname}${search}`
}

describe('what a request asks for', () => {
  it('is its path and query', () => {
    expect([read('/a/b?c=d'), read('/'), read()]).toEqual(['/a/b?c=d', '/', '/'])
  })

  it('RU1 is not of another host', () => {
    expect([read('http://elsewhere/a?b'), read('HTTPS://elsewhere'), read('//elsewhere/healthz')]).toEqual(['/a?b', '/', '//elsewhere/healthz'])
  })

  it.each(['//', '//[', 'http://[', 'http://', '///a', '*', '\\\\[', '//a:99999/', 'victim:443', '?', '#', ' ', '\0', 'javascript:alert(1)', `/${'['.repeat(1_000)}`, '/%zz'])('RU2 is something even if it sent %j', url => {
    expect(read(url)).toMatch(/^\//)
  })

  it('RU3 has segments that nothing encoded can part', () => {
    const segments = (url: string) => pathSegments(readRequestUrl({ url }))
    expect([segments('/a//b%2fc/'), segments('/'), segments('/a/%zz')]).toEqual([['a', 'b/c'], [], undefined])
  })
})
