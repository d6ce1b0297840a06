/** The plugins that act on the cluster and therefore need the whole handle. */
import type { PluginArgs } from '../framework/plugin-args.ts'
import type { PluginHandle } from '../framework/plugin-handle.ts'
import type { Plugin } from '../framework/plugin.ts'
import { newDefaultBinder } from '../plugins/default-binder.ts'
import { newDefaultPreemption } from '../plugins/default-preemption.ts'

export const actingPlugins = {
  DefaultPreemption: (args, handle) => newDefaultPreemption(args.DefaultPreemption, handle),
  DefaultBinder: (_, handle) => newDefaultBinder(handle),
} as const satisfies Readonly<Record<string, (args: PluginArgs, handle: PluginHandle) => Plugin>>

export type ActingPluginName = keyof typeof actingPlugins
