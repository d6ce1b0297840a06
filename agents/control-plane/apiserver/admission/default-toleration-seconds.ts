/** A pod stays five minutes on a node that is not ready or cannot be reached, unless it says otherwise. */
import type { AdmissionPlugin } from './admission.ts'
import { isPodWrite, podSpecOf } from './pod-fields.ts'
import type { Toleration } from './pod-fields.ts'

const taints = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable']
const seconds = 300

export function defaultTolerationSeconds(): AdmissionPlugin {
  return {
    name: 'DefaultTolerationSeconds',
    concerns: request => isPodWrite(request, 'CREATE', 'UPDATE'),
    admit(request) {
      const spec = podSpecOf(request.object!)
      const has = (key: string) => (spec.tolerations ?? []).some(toleration => covers(toleration, key))
      const added = taints.filter(key => !has(key)).map((key): Toleration => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: seconds }))
      if (added.length > 0) spec.tolerations = [...(spec.tolerations ?? []), ...added]
    },
  }
}

function covers(toleration: Toleration, key: string): boolean {
  const keyFits = (toleration.key ?? '') === key || (toleration.key ?? '') === ''
  return keyFits && (toleration.effect === 'NoExecute' || (toleration.effect ?? '') === '')
}
