/**
 * PodTopologyLabels: pods carry the zone and region of their node. Upstream: plugin/pkg/admission/podtopologylabels.
 *
 *   PL1  The labels go onto the Binding, whose labels go onto the pod; a pod that is made with a node gets them at once.
 *   PL2  A node that is not known changes nothing.
 */
import { textAt } from '../registry/kube-object.ts'
import type { AdmissionPlugin, ObjectReader } from './admission.ts'

const copied = ['topology.kubernetes.io/region', 'topology.kubernetes.io/zone']

export function podTopologyLabels(reader: ObjectReader): AdmissionPlugin {
  return {
    name: 'PodTopologyLabels',
    concerns: request => request.operation === 'CREATE' && request.group === '' && request.resource === 'pods' && (request.subresource === '' || request.subresource === 'binding'),
    admit({ object, subresource }) {
      const isBinding = subresource === 'binding'
      if (isBinding && textAt(object, 'target', 'kind') !== 'Node') return
      const name = isBinding ? textAt(object, 'target', 'name') : textAt(object, 'spec', 'nodeName')
      if (name === '') return
      const labels = reader.get({ group: '', resource: 'nodes' }, '', name)?.metadata.labels ?? {} // PL2
      const found = copied.filter(key => labels[key] !== undefined).map(key => [key, labels[key]!] as const)
      if (found.length > 0) object!.metadata.labels = { ...object!.metadata.labels, ...Object.fromEntries(found) } // PL1
    },
  }
}
