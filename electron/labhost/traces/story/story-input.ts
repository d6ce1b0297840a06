import type { AuditRecord } from '../audit-records.ts'
import type { KnownSpan } from '../span-store.ts'

/** One version of one object, as the API server can still be asked for it. */
export interface VersionRef {
  /** "deployments.apps/default/web" */
  readonly object: string
  /** "/apis/apps/v1/namespaces/default/deployments" */
  readonly collection: string
  readonly name: string
  readonly revision: number
}

export type PlainContent = Readonly<Record<string, unknown>> & {
  readonly metadata?: { readonly uid?: string; readonly ownerReferences?: readonly { readonly uid: string }[] }
}

export interface StoryInput {
  readonly lab: string
  readonly root: { readonly group: string; readonly resource: string; readonly namespace: string | null; readonly name: string }
  readonly spans: readonly KnownSpan[]
  readonly audit: readonly AuditRecord[]
  /** By `versionKey`; null: there was no such object at that revision, undefined: not asked yet, 'forgotten': compacted. */
  readonly contents: ReadonlyMap<string, PlainContent | null | 'forgotten'>
  readonly silent: readonly { readonly component: string; readonly reason: string }[]
}

export function versionKey({ object, revision }: Pick<VersionRef, 'object' | 'revision'>): string {
  return `${object}@${revision}`
}

export function objectId({ group, resource, namespace, name }: { readonly group: string; readonly resource: string; readonly namespace: string | null | undefined; readonly name: string }): string {
  return [group === '' ? resource : `${resource}.${group}`, ...(namespace === null || namespace === undefined ? [] : [namespace]), name].join('/')
}
