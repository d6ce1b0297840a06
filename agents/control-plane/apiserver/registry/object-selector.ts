/**
 * Label and field selectors of one request, ready to be asked about cached objects.
 *
 *   OS1  metadata.name everywhere, metadata.namespace for namespaced resources, else what the kind names; other fields are a 400.
 *   OS2  Matching needs no decoded object: labels and selectable fields are kept beside the bytes.
 *   OS3  An equality on metadata.name (and a namespace) is looked up, not searched.
 */
import type { Selector } from '../../../api/selectors/label-selector.ts'
import { matches, parseLabelSelector } from '../../../api/selectors/label-selector.ts'
import { parseFieldSelector } from '../../../api/selectors/field-selector.ts'
import { badRequest } from '../http/api-error.ts'
import type { CachedObject } from '../watch-cache/resource-cache.ts'
import { complete, nameOfKey, namespaceOfKey, servedObject } from './served-resource.ts'
import type { ServedResource } from './served-resource.ts'

type FieldReader = (cached: CachedObject) => string

interface FieldTerm {
  readonly read: FieldReader
  readonly equals: boolean
  readonly value: string
}

export interface ObjectSelector {
  readonly isEverything: boolean
  /** Set when only one name can match. */
  readonly onlyName: string | undefined
  matches(cached: CachedObject): boolean
}

export const everything: ObjectSelector = { isEverything: true, onlyName: undefined, matches: () => true }

export function readObjectSelector(resource: ServedResource, labelText: string, fieldText: string): ObjectSelector {
  if (labelText === '' && fieldText === '') return everything
  const labels = labelText === '' ? undefined : readLabels(labelText)
  const requirements = fieldText === '' ? [] : readFields(fieldText)
  const terms = requirements.map(({ path, operator, value }): FieldTerm => ({ read: fieldReader(resource, path), equals: operator === '=', value }))
  const named = requirements.find(({ path, operator }) => path === 'metadata.name' && operator === '=')
  return {
    isEverything: labels === undefined && terms.length === 0,
    onlyName: named?.value,
    matches: cached => terms.every(term => (term.read(cached) === term.value) === term.equals) && (labels === undefined || matches(labels, cached.labels)),
  }
}

function readLabels(text: string): Selector {
  try {
    return parseLabelSelector(text)
  } catch (error) {
    throw badRequest(error instanceof Error ? error.message : String(error))
  }
}

function readFields(text: string) {
  try {
    return parseFieldSelector(text)
  } catch (error) {
    throw badRequest(error instanceof Error ? error.message : String(error))
  }
}

function fieldReader(resource: ServedResource, path: string): FieldReader {
  if (path === 'metadata.name') return cached => nameOfKey(cached.key)
  if (path === 'metadata.namespace' && resource.namespaced) return cached => namespaceOfKey(cached.key)
  const ofKind = Object.hasOwn(resource.rules.selectableFields, path) ? resource.rules.selectableFields[path] : undefined
  if (ofKind === undefined) throw badRequest(unknownFieldText(resource, path)) // OS1
  const index = (resource.custom?.fieldPaths ?? resource.cache.spec.fieldPaths).indexOf(path)
  if (resource.view === undefined && index >= 0) return cached => cached.fields[index]!
  return cached => ofKind(complete(servedObject(resource, cached)))
}

function unknownFieldText(resource: ServedResource, path: string): string {
  if (resource.isCustom || Object.keys(resource.rules.selectableFields).length > 0) return `field label not supported: ${path}`
  return `"${path}" is not a known field selector: only "metadata.name"${resource.namespaced ? ', "metadata.namespace"' : ''}`
}
