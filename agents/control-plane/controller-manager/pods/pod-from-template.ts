import type { Pod, PodTemplateSpec } from '../../../api/groups/core-v1/types.ts'
import type { OwnerReference } from '../../../api/groups/meta-v1/types.ts'
import type { Draft } from '../../../api/resources.ts'

const longestName = 63

/** A Pod to be created for its controller. Its name is generated from the owner's, unless one is given. */
export function podFromTemplate(template: PodTemplateSpec, owner: OwnerReference, namespace: string, name?: string): Draft<Pod> {
  const { labels, annotations, finalizers } = template.metadata ?? {}
  return {
    metadata: {
      namespace,
      ...(name === undefined ? { generateName: `${owner.name}-`.length > longestName - 5 ? owner.name.slice(0, longestName - 5) : `${owner.name}-` } : { name }),
      ...(labels === undefined ? {} : { labels: { ...labels } }),
      ...(annotations === undefined ? {} : { annotations: { ...annotations } }),
      ...(finalizers === undefined ? {} : { finalizers: [...finalizers] }),
      ownerReferences: [owner],
    },
    spec: structuredClone(template.spec!),
  }
}
