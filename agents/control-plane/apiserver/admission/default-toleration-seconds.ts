/** A pod stays so long (five minutes unless the command line says otherwise) on a node that is not ready or cannot be reached, unless it says otherwise. */
import type { AdmissionPlugin } from './admission.ts'
import { isPodWrite, podSpecOf } from './pod-fields.ts'
import type { Toleration } from './pod-fields.ts'

export interface DefaultSeconds {
  readonly notReady: number
  readonly unreachable: number
}

export function defaultTolerationSeconds({ notReady, unreachable }: DefaultSeconds): AdmissionPlugin {
  const seconds: Readonly<Record<string, number>> = { 'node.kubernetes.io/not-ready': notReady, 'node.kubernetes.io/unreachable': unreachable }
  return {
    name: 'DefaultTolerationSeconds',
    concerns: request => isPodWrite(request, 'CREATE', 'UPDATE'),
    admit(request) {
      const spec = podSpecOf(request.object!)
      const has = (key: string) => (spec.tolerations ?? []).some(toleration => covers(toleration, key))
      const added = Object.keys(seconds).filter(key => !has(key)).map((key): Toleration => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: seconds[key]! }))
      if (added.length > 0) spec.tolerations = [...(spec.tolerations ?? []), ...added]
    },
  }
}

function covers(toleration: Toleration, key: string): boolean {
  const keyFits = (toleration.key ?? '') === key || (toleration.key ?? '') === ''
  return keyFits && (toleration.effect === 'NoExecute' || (toleration.effect ?? '') === '')
}
