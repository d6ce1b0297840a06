/** Texts that upstream's API server warns of when a pod (or a template of one) is written. pkg/api/pod/warnings.go. */
import type { Pod, PodSpec } from './types.ts'

export function podWarnings(pod: Pod): string[] {
  return podSpecWarnings(pod.spec, 'spec')
}

export function podSpecWarnings(spec: PodSpec | undefined, path: string): string[] {
  if (spec === undefined) return []
  const warnings: string[] = []
  for (const [list, containers] of [['containers', spec.containers], ['initContainers', spec.initContainers]] as const) {
    for (const [index, container] of (containers ?? []).entries()) {
      const at = `${path}.${list}[${index}]`
      const seen = new Map<string, number>()
      for (const [envIndex, variable] of (container.env ?? []).entries()) {
        const first = seen.get(variable.name)
        if (first !== undefined) warnings.push(`${at}.env[${envIndex}]: hides previous definition of "${variable.name}", which may be dropped when using apply`)
        seen.set(variable.name, envIndex)
      }
      warnings.push(...portWarnings(container.ports ?? [], at))
    }
  }
  if (spec.terminationGracePeriodSeconds !== undefined && spec.terminationGracePeriodSeconds < 0) {
    warnings.push(`${path}.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1`)
  }
  return warnings
}

function portWarnings(ports: readonly { containerPort: number; protocol?: string; hostPort?: number; hostIP?: string }[], at: string): string[] {
  return ports.flatMap((port, index) => {
    const twin = ports.findIndex(other => other.containerPort === port.containerPort && other.protocol === port.protocol && other.hostPort === port.hostPort && other.hostIP === port.hostIP)
    return twin < index ? [`${at}.ports[${index}]: duplicate port definition with ${at}.ports[${twin}]`] : []
  })
}
