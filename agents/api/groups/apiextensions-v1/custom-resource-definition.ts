/**
 * CustomResourceDefinition. Structural-schema checks belong to the apiserver's custom room; here is what every definition needs.
 *
 *   CD1  The name is <plural>.<group>; exactly one version is stored; scope is Cluster or Namespaced.
 *   CD2  names.singular and listKind follow from kind; conversion is None; a deleted one waits for its objects.
 */
import { allButStatus, defineKind } from '../../define-kind.ts'
import { duplicate, invalid, notSupported, required, type FieldError } from '../../field-error.ts'
import { customResourceDefinitions } from '../../resources.ts'
import { semanticallyEqual } from '../../schema/clone.ts'
import { immutable } from '../../validation/metadata.ts'
import { isDns1035Label, isDns1123Subdomain } from '../../validation/names.ts'
import type { CustomResourceDefinition, CustomResourceDefinitionSpec } from './types.ts'

export const customResourceDefinition = defineKind<CustomResourceDefinition>(customResourceDefinitions, {
  hasGeneration: true,
  statusKeeps: allButStatus,
  allowsUnconditionalUpdate: false,
  setDefaults({ spec, status }) {
    const { names } = spec
    if ((names.singular ?? '') === '') names.singular = names.kind.toLowerCase()
    if ((names.listKind ?? '') === '' && names.kind !== '') names.listKind = `${names.kind}List`
    spec.conversion ??= { strategy: 'None' }
    const service = spec.conversion.webhook?.clientConfig?.service
    if (service !== undefined) service.port ??= 443
    if ((status.storedVersions ?? []).length === 0) status.storedVersions = (spec.versions ?? []).filter(version => version.storage).map(version => version.name)
  },
  prepareForCreate(object) {
    object.status.storedVersions = (object.spec.versions ?? []).filter(version => version.storage).map(version => version.name)
  },
  prepareForUpdate(object) {
    for (const version of object.spec.versions ?? []) {
      if (version.storage && !(object.status.storedVersions ?? []).includes(version.name)) object.status.storedVersions = [...(object.status.storedVersions ?? []), version.name]
    }
  },
  validate: object => [
    ...(object.metadata.name === `${object.spec.names.plural}.${object.spec.group}` ? [] : [invalid('metadata.name', object.metadata.name, 'must be spec.names.plural+"."+spec.group')]),
    ...validateSpec(object.spec),
  ],
  validateUpdate: (object, old) => [
    ...immutable(object.spec.group, old.spec.group, 'spec.group', semanticallyEqual),
    ...immutable(object.spec.names.plural, old.spec.names.plural, 'spec.names.plural', semanticallyEqual),
    ...(old.status.conditions?.some(each => each.type === 'Established' && each.status === 'True') === true
      ? [...immutable(object.spec.scope, old.spec.scope, 'spec.scope', semanticallyEqual), ...immutable(object.spec.names.kind, old.spec.names.kind, 'spec.names.kind', semanticallyEqual)]
      : []),
  ],
})

function validateSpec(spec: CustomResourceDefinitionSpec): FieldError[] {
  const errors: FieldError[] = []
  if (spec.group === '') errors.push(required('spec.group'))
  else if (spec.group.split('.').length < 2) errors.push(invalid('spec.group', spec.group, 'should be a domain with at least one dot'))
  else errors.push(...isDns1123Subdomain(spec.group).map(text => invalid('spec.group', spec.group, text)))
  if (!['Cluster', 'Namespaced'].includes(spec.scope)) errors.push(spec.scope === '' ? required('spec.scope') : notSupported('spec.scope', spec.scope, ['Cluster', 'Namespaced']))
  if (spec.names.plural === '') errors.push(required('spec.names.plural'))
  else errors.push(...isDns1035Label(spec.names.plural).map(text => invalid('spec.names.plural', spec.names.plural, text)))
  if (spec.names.kind === '') errors.push(required('spec.names.kind'))
  else errors.push(...isDns1035Label(spec.names.kind.toLowerCase()).map(text => invalid('spec.names.kind', spec.names.kind, `may have mixed case, but should otherwise match: ${text}`)))
  const seen = new Set<string>()
  for (const [index, version] of (spec.versions ?? []).entries()) {
    const path = `spec.versions[${index}]`
    errors.push(...isDns1035Label(version.name).map(text => invalid(`${path}.name`, version.name, text)))
    if (seen.has(version.name)) errors.push(duplicate(`${path}.name`, version.name))
    seen.add(version.name)
    if (version.schema?.openAPIV3Schema === undefined) errors.push(required(`${path}.schema.openAPIV3Schema`, 'schemas are required'))
  }
  const stored = (spec.versions ?? []).filter(version => version.storage).length
  if (stored !== 1) errors.push(invalid('spec.versions', spec.versions ?? [], 'must have exactly one version marked as storage version'))
  return errors
}
