/** A kind in one word, as kubectl takes it: pods, deployments.apps. */
import type { ResourceAddress } from '../../electron/contract/resources.ts'

export function kindId({ group, resource }: Pick<ResourceAddress, 'group' | 'resource'>): string {
  return group === '' ? resource : `${resource}.${group}`
}
