import { describe, expect, test } from 'vitest'
import { proxyableAddress } from './proxyable-address.ts'
import { rewrittenLocation, splitProxyPath } from './proxy-path.ts'

const pod = '/api/v1/namespaces/n/pods/p/proxy'

describe('proxied paths', () => {
  test.each([
    ['', ''], ['/', '/'], ['/a/b', '/a/b'], ['/a/b/', '/a/b/'], ['/a%2Fb', '/a%2Fb'], ['/a%20b;c=d', '/a%20b;c=d'], ['//a', '//a'],
    ['/../../x', '/x'], ['/a/../../b', '/b'], ['/%2e%2e/x', '/x'], ['/.%2E/x', '/x'], ['/a/..', '/'], ['/a/.', '/a/'], ['/..', '/'], ['/a/./b', '/a/b'], ['/...', '/...'],
  ])('PP1 %s asks for %s', (after, rest) => {
    expect(splitProxyPath(pod + after, 7)).toEqual({ prefix: pod, rest })
  })

  test.each([
    ['/login', `${pod}/login`], ['login', 'login'], ['?a=b', '?a=b'], [`${pod}/x`, `${pod}/x`], ['http://10.0.0.1:80/x?y', `${pod}/x?y`], ['//10.0.0.1:80/x', `${pod}/x`],
    ['http://10.0.0.1:80', `${pod}/`], ['https://elsewhere.example/x', 'https://elsewhere.example/x'], ['//elsewhere.example/x', '//elsewhere.example/x'], ['javascript:alert(1)', 'javascript:alert(1)'],
  ])('PP3 a redirect to %s becomes %s', (location, expected) => {
    expect(rewrittenLocation(location, pod, ['10.0.0.1:80', 'api:6443'])).toBe(expected)
  })
})

describe('addresses', () => {
  test.each(['127.0.0.1', '127.1.2.3', '0.0.0.0', '169.254.169.254', '224.0.0.1', '255.255.255.255', '::1', '::', 'fe80::1', 'ff02::1', '::ffff:127.0.0.1', '::ffff:7f00:1', '::ffff:a9fe:a9fe', '2130706433', '0x7f.1', '017700000001', 'localhost', '', 'x'])('PA1 %j is refused', address => {
    expect(() => proxyableAddress(address)).toThrow('address not allowed')
  })

  test.each(['10.0.0.1', '192.168.1.1', '198.18.0.1', '8.8.8.8', 'fd00::1', '2001:db8::1'])('PA1 %s is not', address => {
    expect(proxyableAddress(address)).toBe(address)
  })
})
