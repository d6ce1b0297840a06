/** Makes the choices of a drill among the pods and nodes there are: by chance, but the same for the same seed and the same lab. */
import { type Random, pick } from '../../../../agents/base/random.ts'
import type { Choice } from '../drill.ts'

export interface PodSeen {
  readonly metadata: { readonly name: string; readonly namespace: string; readonly labels?: Readonly<Record<string, string>>; readonly deletionTimestamp?: string }
  readonly spec: { readonly nodeName?: string }
  readonly status?: { readonly phase?: string; readonly conditions?: readonly { readonly type: string; readonly status: string }[] }
}

/** undefined: there is nothing to choose from yet. */
export function choose(choice: Choice, pods: readonly PodSeen[], nodes: readonly string[], random: Random): string | undefined {
  const ready = pods.filter(isReady)
  if (choice.from === 'pod') return pick(random, ready.filter(pod => hasLabels(pod, choice.selector) && (choice.on === null || pod.spec.nodeName === choice.on)).map(({ metadata }) => metadata.name).toSorted())
  const hosts = new Set(choice.running === null ? nodes : ready.filter(pod => hasLabels(pod, choice.running!)).map(({ spec }) => spec.nodeName))
  return pick(random, nodes.filter(node => hosts.has(node) && !choice.not.includes(node)).toSorted())
}

export function isReady({ metadata, status }: PodSeen): boolean {
  return metadata.deletionTimestamp === undefined && status?.phase === 'Running' && (status.conditions ?? []).some(({ type, status }) => type === 'Ready' && status === 'True')
}

/** `a=b,c=d` */
export function hasLabels({ metadata }: { readonly metadata: { readonly labels?: Readonly<Record<string, string>> } }, selector: string): boolean {
  return selector.split(',').every(term => {
    const [label = '', value = ''] = term.split('=')
    return metadata.labels?.[label.trim()] === value.trim()
  })
}
