/** What a component can ask of the API server. Every failed answer is thrown as a StatusError. */
import type { Draft, KubernetesObject, ResourceType } from '../api/resources.ts'
import type { ObjectKey } from './object-key.ts'
import type { TransportReply, TransportRequest } from './transport.ts'

export interface ListOptions {
  readonly namespace?: string
  /** Ask for kind, apiVersion and metadata only. A server that cannot do that sends all. */
  readonly metadataOnly?: boolean
  readonly labelSelector?: string
  readonly fieldSelector?: string
  readonly limit?: number
  readonly continue?: string
  readonly resourceVersion?: string
  readonly resourceVersionMatch?: 'Exact' | 'NotOlderThan'
}

export interface WatchOptions {
  readonly namespace?: string
  /** Ask for kind, apiVersion and metadata only. A server that cannot do that sends all. */
  readonly metadataOnly?: boolean
  readonly labelSelector?: string
  readonly fieldSelector?: string
  readonly resourceVersion?: string
  readonly resourceVersionMatch?: 'NotOlderThan'
  readonly allowWatchBookmarks?: boolean
  readonly sendInitialEvents?: boolean
  readonly timeoutSeconds?: number
}

export interface ListResult<T> {
  readonly items: T[]
  readonly resourceVersion: string
  readonly continue?: string
}

export type WatchEventType = 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'

/** A BOOKMARK's object has only its kind, apiVersion and metadata. */
export interface WatchEvent<T> {
  readonly type: WatchEventType
  readonly object: T
}

export interface WriteOptions {
  /** For create, when the object does not say. */
  readonly namespace?: string
  readonly fieldManager?: string
  readonly fieldValidation?: 'Ignore' | 'Warn' | 'Strict'
  readonly dryRun?: boolean
  readonly subresource?: string
}

export interface PatchOptions extends WriteOptions {
  readonly patchType: 'merge' | 'strategic' | 'json' | 'apply'
  readonly force?: boolean
}

export interface DeleteOptions {
  readonly gracePeriodSeconds?: number
  readonly propagationPolicy?: 'Foreground' | 'Background' | 'Orphan'
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string }
  readonly dryRun?: boolean
}

export interface Client {
  get<T extends KubernetesObject>(type: ResourceType<T>, key: ObjectKey, signal?: AbortSignal): Promise<T>
  list<T extends KubernetesObject>(type: ResourceType<T>, options?: ListOptions, signal?: AbortSignal): Promise<ListResult<T>>
  /** Ends when the server ends the watch. An ERROR event is thrown. */
  watch<T extends KubernetesObject>(type: ResourceType<T>, options: WatchOptions, signal: AbortSignal): AsyncIterable<WatchEvent<T>>
  create<T extends KubernetesObject>(type: ResourceType<T>, object: Draft<T>, options?: WriteOptions, signal?: AbortSignal): Promise<T>
  update<T extends KubernetesObject>(type: ResourceType<T>, object: T, options?: WriteOptions, signal?: AbortSignal): Promise<T>
  patch<T extends KubernetesObject>(type: ResourceType<T>, key: ObjectKey, patch: unknown, options: PatchOptions, signal?: AbortSignal): Promise<T>
  delete(type: ResourceType, key: ObjectKey, options?: DeleteOptions, signal?: AbortSignal): Promise<void>
  deleteCollection(type: ResourceType, options: ListOptions & DeleteOptions, signal?: AbortSignal): Promise<void>
  /** POST to a subresource: binding, eviction, token. */
  createSubresource<B, R>(type: ResourceType, key: ObjectKey, subresource: string, body: B, signal?: AbortSignal): Promise<R>
  /** Any path at all; any status is an answer. */
  raw(request: TransportRequest): Promise<TransportReply>
}

export { createClient } from './rest-client.ts'
export type { ClientOptions } from './rest-client.ts'
