/**
 * Names of the chains that belong to a service port. Upstream: pkg/proxy/iptables, portProtoHash and
 * servicePortEndpointChainName: the first 16 letters of base32(sha256(name + protocol [+ endpoint])).
 *
 *   default/kubernetes:https tcp -> KUBE-SVC-NPX46M4PTMTKRN6Y
 */
import { createHash } from 'node:crypto'
import type { ServicePort } from '../../model/service-port.ts'

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

export interface ServiceChains {
  /** Cluster policy. */
  readonly service: string
  /** Local policy. */
  readonly local: string
  /** Entry for traffic from outside the cluster. */
  readonly external: string
  readonly firewall: string
}

export function serviceChains({ name, protocol }: ServicePort): ServiceChains {
  const hash = hashed(name + protocol.toLowerCase())
  return { service: `KUBE-SVC-${hash}`, local: `KUBE-SVL-${hash}`, external: `KUBE-EXT-${hash}`, firewall: `KUBE-FW-${hash}` }
}

export function endpointChain({ name, protocol }: ServicePort, endpoint: string): string {
  return `KUBE-SEP-${hashed(name + protocol.toLowerCase() + endpoint)}`
}

export function isServiceChain(chain: string): boolean {
  return /^KUBE-(SVC|SVL|EXT|FW|SEP)-/.test(chain)
}

function hashed(text: string): string {
  const digest = createHash('sha256').update(text).digest()
  let letters = ''
  let bits = 0
  let value = 0
  for (const byte of digest) {
    value = (value << 8) | byte
    bits += 8
    while (bits >= 5) {
      bits -= 5
      letters += alphabet[(value >>> bits) & 31]
      if (letters.length === 16) return letters
    }
    value &= (1 << bits) - 1
  }
  return letters
}
