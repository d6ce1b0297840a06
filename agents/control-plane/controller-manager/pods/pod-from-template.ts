import type { Pod, PodTemplateSpec } from '../../../api/groups/core-v1/types.ts'
import type { OwnerReference } from '../../../api/groups/meta-v1/types.ts'
import type { Draft } from '../../../api/resources.ts'

const longestName = 63

/** A Pod to be created for its controller. Its name is generated from the owner's, or from another text, unless one is given. */
export function podFromTemplate(template: PodTemplateSpec, owner: OwnerReference, namespace: string, { name, generateName = namePrefix(owner.name) }: { readonly name?: string; readonly generateName?: string } = {}): Draft<Pod> {
  const { labels, annotations, finalizers } = template.metadata ?? {}
  return {
    metadata: {
      namespace,
      generateName,
      ...(name === undefined ? {} : { name }),
      ...(labels === undefined ? {} : { labels: { ...labels } }),
      ...(annotations === undefined ? {} : { annotations: { ...annotations } }),
      ...(finalizers === undefined ? {} : { finalizers: [...finalizers] }),
      ownerReferences: [owner],
    },
    spec: structuredClone(template.spec!),
  }
}

function namePrefix(owner: string): string {
  return owner.length >= longestName - 5 ? owner.slice(0, longestName - 5) : `${owner}-`
}
