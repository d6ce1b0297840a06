/**
 * Which addresses a proxy verb may lead to. Users write them (pods/status, nodes/status), so none may lead back to this
 * machine or its links. Upstream: apimachinery/pkg/util/proxy, k8s.io/utils/net; CVE-2020-8562, CVE-2022-3294.
 *
 *   PA1  Loopback, link-local, unspecified, broadcast and multicast addresses are refused, however they are written.
 *   PA2  A name is resolved once, and the address that was looked at is the one that is dialled.
 */
import { lookup } from 'node:dns/promises'
import ipaddr from 'ipaddr.js'
import { ApiError, badRequest } from '../http/api-error.ts'

const refusedRanges = new Set(['loopback', 'linkLocal', 'unspecified', 'broadcast', 'multicast'])

/** The address itself, if it may be dialled (PA1). */
export function proxyableAddress(address: string): string {
  if (!ipaddr.isValid(address) || refusedRanges.has(ipaddr.process(address).range())) throw badRequest('address not allowed')
  return address
}

/** The address to dial for a host, which may be a name (PA2). */
export async function resolveProxyable(host: string): Promise<string> {
  if (ipaddr.isValid(host)) return proxyableAddress(host)
  try {
    const [first, ...rest] = await lookup(host, { all: true })
    for (const { address } of rest) proxyableAddress(address)
    return proxyableAddress(first!.address)
  } catch (error) {
    if (error instanceof ApiError) throw error
    throw badRequest(`cannot resolve ${JSON.stringify(host)}: ${(error as NodeJS.ErrnoException).code ?? String(error)}`)
  }
}
