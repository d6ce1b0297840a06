/**
 * What is said to somebody who makes a namespace stricter: which of its pods would not be let in any more.
 *
 *   PS-W1  One pod of each controller is looked at before the others of that controller; 3,000 pods at most.
 *   PS-W2  Pods that fail alike share one line, under the name that comes first.
 */
import { isFields } from '../../registry/kube-object.ts'
import type { KubeObject } from '../../registry/kube-object.ts'
import { examine } from './check.ts'
import { evaluatePod } from './evaluate.ts'
import { levelVersionText } from './policy.ts'
import type { LevelVersion } from './policy.ts'

const maxPods = 3_000

export function namespaceWarnings(namespace: string, pods: readonly KubeObject[], enforce: LevelVersion): string[] {
  const ordered = firstOfEachController(pods)
  const checked = ordered.slice(0, maxPods)
  const alike = new Map<string, string[]>()
  for (const pod of checked) {
    const spec = pod['spec']
    if (!isFields(spec)) continue
    const failing = evaluatePod(examine(pod.metadata.annotations, spec), enforce)
    if (failing.length === 0) continue
    const reasons = failing.map(({ reason }) => reason).join(', ')
    alike.set(reasons, [...(alike.get(reasons) ?? []), pod.metadata.name!])
  }
  const warnings = checked.length < ordered.length ? [`new PodSecurity enforce level only checked against the first ${checked.length} of ${ordered.length} existing pods`] : []
  if (alike.size > 0) warnings.push(`existing pods in namespace "${namespace}" violate the new PodSecurity enforce level "${levelVersionText(enforce)}"`)
  return [...warnings, ...[...alike].map(([reasons, names]) => `${namesText(names.sort())}: ${reasons}`).sort()] // PS-W2
}

function namesText([first, ...others]: readonly string[]): string {
  if (others.length === 0) return first!
  return `${first!} (and ${others.length} other ${others.length === 1 ? 'pod' : 'pods'})`
}

/** PS-W1 */
function firstOfEachController(pods: readonly KubeObject[]): KubeObject[] {
  const seen = new Set<string>()
  const later: KubeObject[] = []
  const first = pods.filter(pod => {
    const controller = pod.metadata.ownerReferences?.find(owner => owner.controller === true)?.uid
    if (controller === undefined) return true
    if (seen.has(controller)) {
      later.push(pod)
      return false
    }
    seen.add(controller)
    return true
  })
  return [...first, ...later]
}
