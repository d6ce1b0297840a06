/**
 * Admission: what may still be changed in a write, and whether it may happen at all, after the caller has been authorized.
 *
 *   AD1  Every plugin's mutating half runs before any validating half, both in the order of the list.
 *   AD2  A plugin refuses by throwing an ApiError; its name and verdict go on the request's record.
 *   AD3  Plugins read other objects only through the caches handed to them.
 */
import type { GroupResource } from '../http/api-error.ts'
import type { UserInfo } from '../access/user-info.ts'
import type { KubeObject } from '../registry/kube-object.ts'

export type Operation = 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT'

export interface AdmissionRequest {
  readonly operation: Operation
  readonly group: string
  readonly version: string
  readonly resource: string
  readonly subresource: string
  readonly kind: { readonly group: string; readonly version: string; readonly kind: string }
  readonly namespace: string
  readonly name: string
  /** Absent for deletions. Plugins change it in place while admitting. */
  readonly object: KubeObject | undefined
  readonly oldObject: KubeObject | undefined
  readonly options: Readonly<Record<string, unknown>>
  readonly user: UserInfo
  readonly dryRun: boolean
  readonly signal: AbortSignal
  warn(text: string): void
}

/** What plugins may look at. */
export interface ObjectReader {
  get(of: GroupResource, namespace: string, name: string): KubeObject | undefined
  list(of: GroupResource, namespace?: string): readonly KubeObject[]
  /** As the store has it now, for what the cache may not have yet. */
  getFresh(of: GroupResource, namespace: string, name: string): Promise<KubeObject | undefined>
}

export interface AdmissionPlugin {
  readonly name: string
  /** Cheap test by resource and operation, asked before anything else. */
  concerns(request: AdmissionRequest): boolean
  admit?(request: AdmissionRequest): void | Promise<void>
  validate?(request: AdmissionRequest): void | Promise<void>
}

export interface AdmissionChain {
  admit(request: AdmissionRequest): Promise<void>
  validate(request: AdmissionRequest): Promise<void>
  readonly names: readonly string[]
}

export function createAdmissionChain(plugins: readonly AdmissionPlugin[]): AdmissionChain {
  return {
    names: plugins.map(plugin => plugin.name),
    async admit(request) {
      for (const plugin of plugins) if (plugin.admit !== undefined && plugin.concerns(request)) await plugin.admit(request)
    },
    async validate(request) {
      for (const plugin of plugins) if (plugin.validate !== undefined && plugin.concerns(request)) await plugin.validate(request)
    },
  }
}

export const admitEverything: AdmissionChain = createAdmissionChain([])
