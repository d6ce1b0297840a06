/** What every Pod Security check is made of. */
import { fieldAt, isFields, listAt, textAt } from '../../registry/kube-object.ts'
import type { Fields } from '../../registry/kube-object.ts'

export interface Examined {
  readonly annotations: Readonly<Record<string, string>>
  readonly spec: Fields
  /** Init containers first, ephemeral ones last. */
  readonly containers: readonly Fields[]
}

export interface Failing {
  readonly reason: string
  readonly detail: string
}

/** undefined when the pod passes. */
export type Check = (pod: Examined) => Failing | undefined

export interface CheckVersion {
  /** The check has this form from v1.<from> on. */
  readonly from: number
  readonly check: Check
}

export interface VersionedCheck {
  readonly id: string
  /** Of restricted checks: baseline checks that this one stands for. */
  readonly overrides?: readonly string[]
  /** Oldest first. */
  readonly versions: readonly CheckVersion[]
}

export function examine(annotations: Readonly<Record<string, string>> | undefined, spec: Fields): Examined {
  return { annotations: annotations ?? {}, spec, containers: ['initContainers', 'containers', 'ephemeralContainers'].flatMap(list => listAt(spec, list).filter(isFields)) }
}

export function quoted(items: Iterable<string>): string {
  return [...items].map(item => `"${item}"`).join(', ')
}

export function plural(one: string, many: string, count: number): string {
  return count === 1 ? one : many
}

export function sorted(items: Iterable<string>): string[] {
  return [...new Set(items)].sort()
}

export function containersText(containers: readonly Fields[]): string {
  return `${plural('container', 'containers', containers.length)} ${quoted(containers.map(container => textAt(container, 'name')))}`
}

/** "pod and containers "a", "b"": who has set something wrongly; empty when nobody has. */
export function settersText(isPod: boolean, containers: readonly Fields[]): string {
  return [...(isPod ? ['pod'] : []), ...(containers.length > 0 ? [containersText(containers)] : [])].join(' and ')
}

export function security(of: Fields, ...path: readonly string[]): unknown {
  return fieldAt(of, 'securityContext', ...path)
}

/** From v1.25 on some checks are not about Windows. */
export function unlessWindows(check: Check): Check {
  return pod => (textAt(pod.spec, 'os', 'name') === 'windows' ? undefined : check(pod))
}

/** From v1.35 on some checks are not about pods with a user namespace of their own. */
export function unlessOwnUsers(check: Check): Check {
  return pod => (pod.spec['hostUsers'] === false ? undefined : check(pod))
}
