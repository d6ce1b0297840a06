/** Secrets that hold bootstrap tokens. Upstream: cluster-bootstrap/token. */
import type { Secret } from '../../../../api/groups/core-v1/types.ts'
import { decodeBase64 } from '../../../../api/schema/base64.ts'

export const tokenNamespace = 'kube-system'
export const tokenScope = { namespace: tokenNamespace, fieldSelector: 'type=bootstrap.kubernetes.io/token' }

export function textOf(secret: Secret, name: string): string {
  const data = secret.data?.[name]
  return data === undefined ? '' : new TextDecoder().decode(decodeBase64(data))
}

/** Undefined: it never ends. A time that cannot be read has passed. */
export function expiresAtMs(secret: Secret): number | undefined {
  const text = textOf(secret, 'expiration')
  return text === '' ? undefined : Date.parse(text) || 0
}
