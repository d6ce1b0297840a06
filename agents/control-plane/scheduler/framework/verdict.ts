/**
 * What a plugin says of a pod on a node. Nothing means success by being absent.
 *
 * A rejection is *curable* when evicting pods from that node could change it (upstream's Unschedulable), and not
 * when no eviction helps (UnschedulableAndUnresolvable): preemption looks only at curable nodes. A *pending* one
 * (upstream's Pending) means that something was set going and the pod need not serve a backoff when it has come.
 * A fault is thrown, never returned.
 */
export type Verdict = Fits | Rejected

export interface Fits {
  readonly fits: true
}

export interface Rejected {
  readonly fits: false
  readonly reasons: readonly string[]
  readonly curable: boolean
  readonly pending?: true
}

export const fits: Fits = { fits: true }

export function rejected(reasons: string | readonly string[], curable: boolean): Rejected {
  return { fits: false, reasons: typeof reasons === 'string' ? [reasons] : reasons, curable }
}

export function pending(reason: string): Rejected {
  return { fits: false, reasons: [reason], curable: false, pending: true }
}

/** How often each object comes, for long lists in which most are one and the same. Equal ones may come several times. */
export function tallied<R extends Rejected>(rejections: Iterable<R>): ReadonlyMap<R, number> {
  const counts = new Map<R, number>()
  let [last, count]: [R | undefined, number] = [undefined, 0]
  for (const rejection of rejections) {
    if (rejection === last) {
      count++
      continue
    }
    if (last !== undefined) counts.set(last, (counts.get(last) ?? 0) + count)
    ;[last, count] = [rejection, 1]
  }
  if (last !== undefined) counts.set(last, (counts.get(last) ?? 0) + count)
  return counts
}

/** A plugin's answer (upstream's Skip) for a pod that is none of its business: it is not asked about any node. */
export const notInterested = Symbol('not interested')
export type NotInterested = typeof notInterested

/** PreFilter's answer for a pod that does concern the plugin: what it learnt, and the only nodes that can fit when it knows them. */
export interface Interested<S> {
  readonly state: S
  readonly nodes?: ReadonlySet<string>
}

export function interested<S>(state: S, nodes?: ReadonlySet<string>): Interested<S> {
  return nodes === undefined ? { state } : { state, nodes }
}

export function isRejected(value: unknown): value is Rejected {
  return typeof value === 'object' && value !== null && (value as { fits?: unknown }).fits === false
}
