import type { ResourceClaim } from '../../../api/groups/resource-v1/types.ts'

/** As messages of upstream name a claim. */
export function claimName({ metadata }: ResourceClaim): string {
  return `${metadata.namespace}/${metadata.name}`
}
