/** What admission needs to know about the versions that a resource is served in, and the forms of its objects. */
import type { ApplySchema } from '../../../../wire/apply/apply-schema.ts'
import type { KubeObject } from '../../registry/kube-object.ts'
import type { GroupVersionKind } from '../admission.ts'
import type { GroupVersionResource } from './resource-rules.ts'

export interface EquivalentResource extends GroupVersionResource {
  readonly kind: string
}

export interface KindResource extends GroupVersionResource {
  readonly namespaced: boolean
}

export interface ObjectForms {
  /** Other versions (or groups) under which the same objects are served. */
  equivalents(of: GroupVersionResource): readonly EquivalentResource[]
  /** The object as `to` serves it. The object itself when nothing changes. */
  convert(object: KubeObject, from: GroupVersionResource, to: GroupVersionResource): KubeObject | Promise<KubeObject>
  /** Decoded, pruned and defaulted as its kind has it; throws what decoding throws. */
  completed(object: KubeObject, kind: GroupVersionKind, resource: GroupVersionResource): KubeObject
  /** The resource of a kind; undefined while it is not served. */
  resourceOfKind(apiVersion: string, kind: string): KindResource | undefined
  /** How apply sees objects of a kind. */
  applySchema(kind: GroupVersionKind, resource: GroupVersionResource): ApplySchema
  /** Of a namespace, from the cache or, missing there, from the store; undefined when there is none. */
  namespaceLabels(name: string): Readonly<Record<string, string>> | undefined | Promise<Readonly<Record<string, string>> | undefined>
}
