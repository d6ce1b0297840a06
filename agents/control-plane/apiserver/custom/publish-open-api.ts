/**
 * OpenAPI of custom resources: paths and schemas of every version that discovery shows.
 *
 *   PO1  A definition's kind is named by its group turned round: com.example.v1.Foo.
 *   PO2  Custom resources know no protobuf, no strategic merge, and no old watch paths.
 */
import type { CustomResourceDefinition, CustomResourceDefinitionVersion } from '../../../api/groups/apiextensions-v1/types.ts'
import { describeField } from '../../../api/openapi/descriptions.ts'
import type { ApiDescriptions } from '../../../api/openapi/descriptions.ts'
import { resourcePaths, statusType } from '../../../api/openapi/operations.ts'
import type { PathOperations, ResourceTypes } from '../../../api/openapi/operations.ts'
import type { Parameters } from '../../../api/openapi/parameters.ts'
import { schemaReference } from '../../../api/openapi/schemas.ts'
import type { Dialect, Schema } from '../../../api/openapi/schemas.ts'
import type { ResourceRow } from '../../../api/schema/definition.ts'
import { definitionFor } from '../../../api/schema/definitions.ts'
import { publishedSchema } from '../../../api/structural/published-schema.ts'
import type { ObjectWords } from '../../../api/structural/published-schema.ts'

export interface PublishedVersion {
  readonly definition: CustomResourceDefinition
  readonly version: CustomResourceDefinitionVersion
  readonly row: ResourceRow
}

export interface PublishedDocuments {
  readonly paths: readonly PathOperations[]
  readonly schemas: Readonly<Record<string, Schema>>
}

const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1.'
const pod = 'io.k8s.api.core.v1.Pod'
const plainTypes = ['application/json', 'application/yaml']
const patchTypes = ['application/json-patch+json', 'application/merge-patch+json', 'application/apply-patch+yaml']

export function publishedDocuments(versions: readonly PublishedVersion[], dialect: Dialect, descriptions: ApiDescriptions, parameters: Parameters): PublishedDocuments {
  const words = wordsOf(descriptions)
  return {
    paths: versions.flatMap(each => pathsOf(each, parameters)),
    schemas: Object.fromEntries(versions.flatMap(each => schemasOf(each, dialect, words, descriptions))),
  }
}

/** PO1 */
function modelName({ spec }: CustomResourceDefinition, version: string, kind: string): string {
  return `${spec.group.split('.').reverse().join('.')}.${version}.${kind}`
}

function wordsOf(descriptions: ApiDescriptions): ObjectWords {
  const word = (field: 'apiVersion' | 'kind' | 'metadata') => {
    const text = describeField(descriptions, pod, field)
    return text === undefined ? {} : { [field]: text }
  }
  return { ...word('apiVersion'), ...word('kind'), ...word('metadata') }
}

function listKindOf({ spec }: CustomResourceDefinition): string {
  return (spec.names.listKind ?? '') === '' ? `${spec.names.kind}List` : spec.names.listKind!
}

/** PO2 */
function pathsOf({ definition, version, row }: PublishedVersion, parameters: Parameters): PathOperations[] {
  const object = modelName(definition, version.name, definition.spec.names.kind)
  const types: ResourceTypes = {
    object,
    list: modelName(definition, version.name, listKindOf(definition)),
    deleted: statusType,
    of: kind => definitionFor(kind.group, kind.version, kind.kind) ?? object,
  }
  const shown = { ...row, verbs: row.verbs.filter(verb => verb !== 'watch') }
  return resourcePaths(shown, types, parameters).map(path => asCustom(path, row, parameters))
}

/** Upstream describes them a little differently from its own kinds: scale is the object's, and collections are deleted by the options of a list. */
function asCustom(path: PathOperations, { group, version, kind }: ResourceRow, parameters: Parameters): PathOperations {
  const ofVersion = parameters.list.filter(({ name }) => name === 'resourceVersion')
  return {
    ...path,
    shared: path.path.endsWith('/scale') ? path.shared.map(parameter => (parameter.in === 'path' && parameter.name === 'name' ? parameters.nameOf(kind) : parameter)) : path.shared,
    operations: path.operations.map(operation => {
      const { body, ...rest } = operation
      const isCollection = operation.action === 'deletecollection'
      return {
        ...rest,
        ...(body === undefined || isCollection ? {} : { body }),
        ...(isCollection ? { parameters: parameters.list } : operation.action === 'get' ? { parameters: [...operation.parameters, ...ofVersion] } : {}),
        answers: operation.action === 'patch' ? operation.answers.filter(({ status }) => status === 200) : operation.answers,
        produces: operation.produces.filter(type => !type.includes('protobuf')),
        consumes: body?.isPatch === true ? patchTypes : plainTypes,
        kind: { group, version, kind },
      }
    }),
  }
}

function schemasOf({ definition, version }: PublishedVersion, dialect: Dialect, words: ObjectWords, descriptions: ApiDescriptions): [string, Schema][] {
  const { spec } = definition
  const { kind, plural } = spec.names
  const listKind = listKindOf(definition)
  const object = modelName(definition, version.name, kind)
  const of = { group: spec.group, version: version.name, kind }
  const selectable = (version.selectableFields ?? []).map(({ jsonPath }) => ({ fieldPath: jsonPath.replace(/^\./, '') }))
  const extension = selectable.length === 0 ? {} : { 'x-kubernetes-selectable-fields': selectable }
  const listWords = describeField(descriptions, `${meta}PartialObjectMetadataList`, 'metadata') ?? describeField(descriptions, 'io.k8s.api.core.v1.PodList', 'metadata')
  const listMeta = schemaReference(`${meta}ListMeta`, dialect)
  const described = (description: string | undefined) => (description === undefined ? {} : { description })
  const list: Schema = {
    description: `${listKind} is a list of ${kind}`,
    properties: {
      apiVersion: { ...described(words.apiVersion), type: 'string' },
      items: { description: `List of ${plural}. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md`, items: schemaReference(object, dialect), type: 'array' },
      kind: { ...described(words.kind), type: 'string' },
      metadata: dialect === 'v2' || listWords === undefined ? { ...listMeta, ...described(listWords) } : { allOf: [listMeta], ...described(listWords) },
    },
    required: ['items'],
    type: 'object',
    'x-kubernetes-group-version-kind': [{ group: spec.group, kind: listKind, version: version.name }],
    ...extension,
  }
  return [
    [object, { ...publishedSchema(version.schema?.openAPIV3Schema, of, dialect, words, spec.preserveUnknownFields === true), ...extension }],
    [modelName(definition, version.name, listKind), list],
  ]
}
