/**
 * What a plugin says of a pod on a node. Nothing means success by being absent.
 *
 * A rejection is *curable* when evicting pods from that node could change it (upstream's Unschedulable), and not
 * when no eviction helps (UnschedulableAndUnresolvable): preemption looks only at curable nodes.
 */
export type Verdict = Fits | Rejected

export interface Fits {
  readonly fits: true
}

export interface Rejected {
  readonly fits: false
  readonly reasons: readonly string[]
  readonly curable: boolean
}

export const fits: Fits = { fits: true }

export function rejected(reasons: string | readonly string[], curable: boolean): Rejected {
  return { fits: false, reasons: typeof reasons === 'string' ? [reasons] : reasons, curable }
}

/** A plugin's answer to `prepare` for a pod that is none of its business: it is not asked about any node. */
export const notInterested = Symbol('not interested')
export type NotInterested = typeof notInterested
