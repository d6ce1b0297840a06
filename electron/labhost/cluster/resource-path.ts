import type { ResourceAddress } from '../../contract/resources.ts'

/** Path of a collection, or of one object in it. Parts are encoded, so a name can never leave its place. */
export function resourcePath(of: ResourceAddress, namespace: string | null, name?: string): string {
  const parts = [
    ...(of.group === '' ? ['api', of.version] : ['apis', of.group, of.version]),
    ...(namespace === null ? [] : ['namespaces', namespace]),
    of.resource,
    ...(name === undefined ? [] : [name]),
  ]
  return `/${parts.map(part => encodeURIComponent(part)).join('/')}`
}
