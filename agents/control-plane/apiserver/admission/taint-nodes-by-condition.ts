/** A new node is tainted not-ready until the node controller has seen its conditions. */
import { isFields, listAt, textAt } from '../registry/kube-object.ts'
import type { AdmissionPlugin } from './admission.ts'

const taint = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }

export function taintNodesByCondition(): AdmissionPlugin {
  return {
    name: 'TaintNodesByCondition',
    concerns: request => request.resource === 'nodes' && request.group === '' && request.subresource === '' && request.operation === 'CREATE',
    admit(request) {
      const node = request.object!
      const spec = isFields(node['spec']) ? node['spec'] : {}
      const taints = listAt(spec, 'taints')
      const has = taints.some(known => textAt(known, 'key') === taint.key && textAt(known, 'effect') === taint.effect)
      node['spec'] = has ? spec : { ...spec, taints: [...taints, { ...taint }] }
    },
  }
}
