/**
 * CustomResourceDefinition: what the server fills in, keeps and refuses. Its status is the business of the apiserver's custom room.
 *
 *   CD1  The name is <plural>.<group>; exactly one version is stored; scope is Cluster or Namespaced.
 *   CD2  names.singular and listKind follow from kind; conversion is None unless said.
 *   CD3  A version that becomes the stored one is added to status.storedVersions; only a client takes one away.
 *   CD4  Formats that mean nothing are let through with a warning, when they are new.
 */
import { defineKind } from '../../define-kind.ts'
import { customResourceDefinitions } from '../../resources.ts'
import { isUnrecognizedFormat } from '../../structural/formats.ts'
import { someSchema } from '../../structural/schema.ts'
import { validateDefinition, validateDefinitionStatus, validateDefinitionUpdate } from './validate-definition.ts'
import type { CustomResourceDefinition } from './types.ts'

export const customResourceDefinition = defineKind<CustomResourceDefinition>(customResourceDefinitions, {
  hasGeneration: true,
  statusKeeps: [], // a write of the status changes metadata too, upstream's issue 137681
  allowsUnconditionalUpdate: false,
  nameRuleFor: ({ spec }) => name => name === `${spec.names.plural}.${spec.group}` ? [] : ['must be spec.names.plural+"."+spec.group'],
  allowsAnyFinalizer: true,
  setDefaults({ spec, status }) { // CD2
    const { names } = spec
    if ((names.singular ?? '') === '') names.singular = names.kind.toLowerCase()
    if ((names.listKind ?? '') === '' && names.kind !== '') names.listKind = `${names.kind}List`
    spec.conversion ??= { strategy: 'None' }
    const service = spec.conversion.webhook?.clientConfig?.service
    if (service !== undefined) service.port ??= 443
    if ((status.storedVersions ?? []).length === 0) status.storedVersions = (spec.versions ?? []).filter(version => version.storage).map(version => version.name).slice(0, 1)
  },
  prepareForCreate(object) {
    object.status.storedVersions = []
    noteStoredVersion(object)
  },
  prepareForUpdate: noteStoredVersion,
  validate: validateDefinition,
  validateUpdate: validateDefinitionUpdate,
  validateUpdateIsComplete: true,
  validateStatusUpdate: object => validateDefinitionStatus(object),
  warnings: object => unrecognizedFormats(object).map(format => `unrecognized format ${JSON.stringify(format)}`),
})

/** CD3 */
function noteStoredVersion(object: CustomResourceDefinition): void {
  const stored = (object.spec.versions ?? []).find(version => version.storage)?.name
  const known = object.status.storedVersions ?? []
  if (stored !== undefined && !known.includes(stored)) object.status.storedVersions = [...known, stored]
}

/** CD4 */
function unrecognizedFormats({ spec }: CustomResourceDefinition): string[] {
  const formats: string[] = []
  for (const version of spec.versions ?? []) {
    someSchema(version.schema?.openAPIV3Schema, schema => {
      if (isUnrecognizedFormat(schema)) formats.push(schema.format!)
      return false
    })
  }
  return [...new Set(formats)]
}
