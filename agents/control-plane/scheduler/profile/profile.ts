/** A scheduler by name: which pods are its own, and the plugins that decide about them. */
import type { PluginSet } from '../framework/plugin-set.ts'

export interface Profile {
  readonly name: string
  readonly plugins: PluginSet
  /** 0: see nodesToFind. */
  readonly percentageOfNodesToScore: number
}
