import { expect, test } from 'vitest'
import { isStrictSubnet } from './addresses.ts'

test.each([
  ['192.0.2.8/29', '192.0.2.0/24', true], ['198.51.100.0/24', '192.0.2.0/24', false], ['192.0.2.0/24', '192.0.2.0/24', false], ['192.0.2.0/16', '192.0.2.0/24', false],
  ['2001:db8:1::/48', '2001:db8::/32', true], ['2001:db9::/48', '2001:db8::/32', false], ['::ffff:192.0.2.0/120', '::ffff:c000:0/96', true], ['10.0.0.0/9', '::/0', false],
])('%s inside %s: %s', (inner, outer, is) => {
  expect(isStrictSubnet(inner, outer)).toBe(is)
})
