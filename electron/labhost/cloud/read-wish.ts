/** Bodies of the cloud's API, read from JSON: typed values, or a CloudError that names the field. */
import type { CloudRoute, LoadBalancerWish } from '../../../agents/wire/cloud/cloud-api.ts'
import { readCidr } from '../../../agents/base/ip.ts'
import { CloudError } from './cloud-error.ts'

type Body = Readonly<Record<string, unknown>>

export function readRoute(name: string, body: unknown): CloudRoute {
  const fields = mapOf(body, 'a route')
  const destination = textOf(fields, 'destination')
  if (readCidr(destination) === undefined) throw wrong('destination', 'an IPv4 range such as 10.244.1.0/24', destination)
  return { name, node: textOf(fields, 'node'), destination }
}

export function readWish(body: unknown): LoadBalancerWish {
  const fields = mapOf(body, 'a load balancer')
  const health = mapOf(fields['healthCheck'], 'healthCheck')
  const { affinitySeconds = null, address = null } = fields
  if (affinitySeconds !== null && typeof affinitySeconds !== 'number') throw wrong('affinitySeconds', 'a number or null', affinitySeconds)
  if (address !== null && typeof address !== 'string') throw wrong('address', 'text or null', address)
  return {
    service: textOf(fields, 'service'),
    ports: listOf(fields, 'ports').map(entry => {
      const port = mapOf(entry, 'a port')
      return { name: textOf(port, 'name'), protocol: protocolOf(port), port: portOf(port, 'port'), nodePort: portOf(port, 'nodePort') }
    }),
    nodes: listOf(fields, 'nodes').map(node => asText(node, 'nodes')),
    healthCheck: { port: portOf(health, 'port'), path: textOf(health, 'path') },
    affinitySeconds,
    sourceRanges: listOf(fields, 'sourceRanges').map(range => {
      const text = asText(range, 'sourceRanges')
      if (readCidr(text) === undefined) throw wrong('sourceRanges', 'a list of IPv4 ranges', text)
      return text
    }),
    address,
  }
}

export function readSize(body: unknown): number {
  const value = mapOf(body, 'a volume')['sizeBytes']
  if (typeof value === 'number' && Number.isSafeInteger(value) && value > 0) return value
  throw wrong('sizeBytes', 'a whole number of bytes', value)
}

/** It becomes a file name on the desktop and a device name in the machine. */
export function readVolumeId(id: string): void {
  if (!/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(id)) throw new CloudError(400, `a volume's id has lower-case letters, digits and hyphens, at most 63, unlike ${JSON.stringify(id)}`)
}

function mapOf(value: unknown, what: string): Body {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Body
  throw wrong(what, 'a JSON object', value)
}

function listOf(body: Body, field: string): readonly unknown[] {
  const value = body[field]
  if (Array.isArray(value)) return value
  throw wrong(field, 'a list', value)
}

function textOf(body: Body, field: string): string {
  return asText(body[field], field)
}

function asText(value: unknown, field: string): string {
  if (typeof value === 'string') return value
  throw wrong(field, 'text', value)
}

function portOf(body: Body, field: string): number {
  const value = body[field]
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 65_535) return value
  throw wrong(field, 'a port from 1 to 65535', value)
}

function protocolOf(port: Body): 'TCP' | 'UDP' {
  const value = port['protocol']
  if (value === 'TCP' || value === 'UDP') return value
  throw wrong('protocol', 'TCP or UDP', value)
}

function wrong(field: string, wanted: string, value: unknown): CloudError {
  return new CloudError(400, `${field} must be ${wanted}, not ${JSON.stringify(value) ?? 'nothing'}`)
}
