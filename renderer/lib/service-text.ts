/** What kubectl's columns say of a Service. */
import type { PlainObject } from '../../electron/contract/resources.ts'

export interface ServiceView {
  readonly uid: string
  readonly namespace: string
  readonly name: string
  readonly type: string
  readonly clusterIp: string
  readonly ports: string
  readonly createdAt: string
}

interface Port {
  readonly port: number
  readonly nodePort?: number
  readonly protocol?: string
}

export function serviceView(object: PlainObject): ServiceView {
  const spec = (object['spec'] ?? {}) as { type?: string; clusterIP?: string; externalName?: string; ports?: readonly Port[] }
  const portText = ({ port, nodePort, protocol }: Port) => `${port}${nodePort === undefined ? '' : `:${nodePort}`}/${protocol ?? 'TCP'}`
  return {
    uid: object.metadata.uid,
    namespace: object.metadata.namespace ?? '',
    name: object.metadata.name,
    type: spec.type ?? 'ClusterIP',
    clusterIp: spec.clusterIP ?? spec.externalName ?? '–',
    ports: (spec.ports ?? []).map(portText).join(', ') || '–',
    createdAt: String(object.metadata['creationTimestamp'] ?? ''),
  }
}
