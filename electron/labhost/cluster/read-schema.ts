/** The OpenAPI v3 schemas of one kind: its own, and every schema that it refers to. */
import type { ApiClient } from './api-client.ts'

interface Document {
  readonly components?: { readonly schemas?: Readonly<Record<string, unknown>> }
}

interface KindSchema {
  readonly root: string
  readonly schemas: Readonly<Record<string, unknown>>
}

export async function readSchema(client: ApiClient, group: string, version: string, kind: string): Promise<KindSchema> {
  const document = (await client.get(`/openapi/v3/${group === '' ? 'api' : `apis/${encodeURIComponent(group)}`}/${encodeURIComponent(version)}`)) as Document
  return schemaOf(document, group, version, kind)
}

/** An empty root where the document does not describe the kind. */
export function schemaOf(document: Document, group: string, version: string, kind: string): KindSchema {
  const all = document.components?.schemas ?? {}
  const root = Object.keys(all).find(name => describes(all[name], group, version, kind))
  if (root === undefined) return { root: '', schemas: {} }
  const found = new Map<string, unknown>()
  const take = (name: string): void => {
    if (found.has(name) || all[name] === undefined) return
    found.set(name, all[name])
    for (const [, next] of JSON.stringify(all[name]).matchAll(/"#\/components\/schemas\/([^"]+)"/g)) take(next!)
  }
  take(root)
  return { root, schemas: Object.fromEntries(found) }
}

function describes(schema: unknown, group: string, version: string, kind: string): boolean {
  const named = (schema as { readonly 'x-kubernetes-group-version-kind'?: unknown } | null)?.['x-kubernetes-group-version-kind']
  return Array.isArray(named) && (named as readonly { group: string; version: string; kind: string }[]).some(one => one.group === group && one.version === version && one.kind === kind)
}
