import { createSecureContext } from 'node:tls'
import { expect, test } from 'vitest'
import { opensslCiphers } from './cipher-suites.ts'

test('SC4 suites by their IANA names; those of TLS 1.3 are always there', () => {
  expect(opensslCiphers([])).toBe('')
  const ciphers = opensslCiphers(['TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384', 'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305', 'TLS_AES_128_GCM_SHA256'])
  expect(ciphers).toBe('TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305')
  expect(() => createSecureContext({ ciphers })).not.toThrow()
  expect(() => opensslCiphers(['TLS_RC4'])).toThrow("cipher suite TLS_RC4 not supported or doesn't exist")
})
