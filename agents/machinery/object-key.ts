import type { KubernetesObject } from '../api/resources.ts'

export interface ObjectKey {
  /** Absent for cluster-scoped objects. */
  readonly namespace?: string
  readonly name: string
}

/** "namespace/name", or "name". */
export function keyText(key: ObjectKey): string {
  return key.namespace === undefined || key.namespace === '' ? key.name : `${key.namespace}/${key.name}`
}

export function readKey(text: string): ObjectKey {
  const slash = text.indexOf('/')
  return slash < 0 ? { name: text } : { namespace: text.slice(0, slash), name: text.slice(slash + 1) }
}

export function keyOf(object: { readonly metadata: Pick<KubernetesObject['metadata'], 'name' | 'namespace'> }): ObjectKey {
  const { namespace, name } = object.metadata
  return namespace === undefined || namespace === '' ? { name } : { namespace, name }
}
