/** A CustomResourceDefinition as the custom room reads it: conditions, versions, names. */
import { identical } from '../../../api/schema/clone.ts'
import { compareVersions } from '../discovery/discovery.ts'
import type { CustomResourceDefinition, CustomResourceDefinitionCondition, CustomResourceDefinitionVersion } from '../../../api/groups/apiextensions-v1/types.ts'

export type ConditionType = 'NamesAccepted' | 'Established' | 'NonStructuralSchema' | 'Terminating' | 'KubernetesAPIApprovalPolicyConformant'

export const definitionsResource = { group: 'apiextensions.k8s.io', resource: 'customresourcedefinitions' } as const
export const cleanupFinalizer = 'customresourcecleanup.apiextensions.k8s.io'

export function conditionOf({ status }: CustomResourceDefinition, type: ConditionType): CustomResourceDefinitionCondition | undefined {
  return status.conditions?.find(condition => condition.type === type)
}

export function isTrue(definition: CustomResourceDefinition, type: ConditionType): boolean {
  return conditionOf(definition, type)?.status === 'True'
}

/** Requests are answered from the moment the names are accepted; discovery waits until it is established. */
export function isServed(definition: CustomResourceDefinition): boolean {
  return isTrue(definition, 'NamesAccepted') || isTrue(definition, 'Established')
}

export function storedVersion({ spec }: CustomResourceDefinition): CustomResourceDefinitionVersion {
  return spec.versions.find(version => version.storage) ?? spec.versions[0]!
}

/**
 * The definition with the very spec that is known of it, if it is the same. What has been found out about a spec is kept with
 * it, and one of a megabyte is compared and looked through for much longer than it takes to see that its generation is the same.
 */
export function withKnownSpec(definition: CustomResourceDefinition, known: CustomResourceDefinition | undefined): CustomResourceDefinition {
  if (known === undefined || known.metadata.uid !== definition.metadata.uid) return definition
  const { generation } = definition.metadata
  const isSame = (generation !== undefined && generation === known.metadata.generation) || identical(known.spec, definition.spec) // being deleted is a generation too
  return isSame ? { ...definition, spec: known.spec } : definition
}

/** The text of the Warning that a deprecated version answers with. */
export function deprecationOf(version: CustomResourceDefinitionVersion, { spec }: CustomResourceDefinition): string | undefined {
  if (version.deprecated !== true) return undefined
  if (version.deprecationWarning !== undefined) return version.deprecationWarning
  const [better] = spec.versions.filter(other => other.served && other.deprecated !== true && compareVersions(other.name, version.name) < 0).map(other => other.name).sort(compareVersions)
  const text = `${spec.group}/${version.name} ${spec.names.kind} is deprecated`
  return better === undefined ? text : `${text}; use ${spec.group}/${better} ${spec.names.kind}`
}

/** The conditions with one set; its time moves only when its status does. */
export function withCondition(conditions: readonly CustomResourceDefinitionCondition[], next: Omit<CustomResourceDefinitionCondition, 'lastTransitionTime'>, time: string): CustomResourceDefinitionCondition[] {
  const old = conditions.find(condition => condition.type === next.type)
  const isSame = old !== undefined && old.status === next.status && old.lastTransitionTime !== undefined
  const made = { ...next, lastTransitionTime: isSame ? old.lastTransitionTime! : time }
  return old === undefined ? [...conditions, made] : conditions.map(condition => (condition === old ? made : condition))
}
