/** Every kind that is served, listed explicitly, in discovery order. */
import { defineKind } from './define-kind.ts'
import type { Kind } from './kind.ts'
import type { KubernetesObject, ResourceType } from './kubernetes-object.ts'
import { allResources } from './resources.ts'

const special: readonly Kind[] = []

const specialByKey = new Map(special.map(kind => [keyOf(kind.type), kind]))

/** A kind without behaviour of its own has the rules that all share. */
export const kinds: readonly Kind[] = allResources.map(type => specialByKey.get(keyOf(type)) ?? defineKind(type))

const byResource = new Map<string, Kind>()
const byGvk = new Map<string, Kind>()
for (const kind of kinds) {
  byResource.set(`${kind.type.group}/${kind.type.version}/${kind.type.resource}`, kind)
  byGvk.set(`${kind.type.group}/${kind.type.version}/${kind.type.kind}`, kind)
  byResource.set(`${kind.type.group}//${kind.type.resource}`, kind) // the last version is the preferred one
}

/** Without a version, the group's preferred one. */
export function kindOf(group: string, resource: string, version = ''): Kind | undefined {
  return byResource.get(`${group}/${version}/${resource}`)
}

export function kindByGvk(group: string, version: string, kind: string): Kind | undefined {
  return byGvk.get(`${group}/${version}/${kind}`)
}

function keyOf(type: ResourceType<KubernetesObject>): string {
  return `${type.group}/${type.version}/${type.resource}`
}
