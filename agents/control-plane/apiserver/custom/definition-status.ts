/**
 * What the status of a definition should say next. Pure; definition-controller.ts writes it.
 * Upstream: apiextensions-apiserver/pkg/controller/{status,establish,nonstructuralschema,apiapproval}.
 *
 *   DS1  Names belong to the first definition of the group that asked for them; a later one keeps waiting with NamesAccepted
 *        False and why. What it may have it gets; kind and list kind are one pool, plural, singular and short names another.
 *   DS2  Established follows in a write of its own, when the names are accepted: by then they are served. Once True it stays.
 *   DS3  NonStructuralSchema is there only when something violates the rules; the approval condition only for community groups.
 */
import { approvalOf, isCommunityGroup } from '../../../api/groups/apiextensions-v1/api-approval.ts'
import type { CustomResourceDefinition, CustomResourceDefinitionCondition, CustomResourceDefinitionNames, CustomResourceDefinitionStatus } from '../../../api/groups/apiextensions-v1/types.ts'
import { invalid, type FieldError } from '../../../api/field-error.ts'
import { identical } from '../../../api/schema/clone.ts'
import { aggregateText } from '../../../api/structural/compile-schema.ts'
import { isStructural, structuralErrors, unsupportedPart } from '../../../api/structural/structurality.ts'
import { conditionOf, isTrue, withCondition } from './definition.ts'

type Condition = Omit<CustomResourceDefinitionCondition, 'lastTransitionTime'>

/** The next step, or undefined when nothing is to be said. */
export function nextStatus(definition: CustomResourceDefinition, others: readonly CustomResourceDefinition[], time: string): CustomResourceDefinitionStatus | undefined {
  const named = withNames(definition, others, time)
  if (named !== undefined) return named
  if (!isTrue(definition, 'Established') && isTrue(definition, 'NamesAccepted')) { // DS2
    return withConditions(definition, time, { type: 'Established', status: 'True', reason: 'InitialNamesAccepted', message: 'the initial names have been accepted' })
  }
  return withStructurality(definition, time) ?? withApproval(definition, time)
}

/** DS1 */
function withNames(definition: CustomResourceDefinition, others: readonly CustomResourceDefinition[], time: string): CustomResourceDefinitionStatus | undefined {
  const asked = definition.spec.names
  const accepted = definition.status.acceptedNames ?? { plural: '', kind: '' }
  if (identical(plain(asked), plain(accepted)) && isTrue(definition, 'NamesAccepted')) return undefined
  const { names, condition } = acceptNames(asked, accepted, others)
  const old = conditionOf(definition, 'NamesAccepted')
  if (identical(plain(names), plain(accepted)) && old !== undefined && old.status === condition.status && old.reason === condition.reason && old.message === condition.message) return undefined
  return { ...withConditions(definition, time, condition, establishedBefore(definition, condition)), acceptedNames: names }
}

function acceptNames(asked: CustomResourceDefinitionNames, accepted: CustomResourceDefinitionNames, others: readonly CustomResourceDefinition[]): { names: CustomResourceDefinitionNames; condition: Condition } {
  const taken = others.flatMap(({ status }) => (status.acceptedNames === undefined ? [] : [status.acceptedNames]))
  const resources = new Set([...taken, accepted].flatMap(names => [names.plural, names.singular ?? '', ...(names.shortNames ?? [])]))
  const kinds = new Set([...taken, accepted].flatMap(names => [names.kind, names.listKind ?? '']))
  const names: CustomResourceDefinitionNames = { ...accepted }
  let condition: Condition = { type: 'NamesAccepted', status: 'True', reason: 'NoConflicts', message: 'no conflicts found' }
  const refuse = (reason: string, message: string) => {
    condition = { type: 'NamesAccepted', status: 'False', reason, message }
  }
  const isFree = (name: string, own: string, pool: ReadonlySet<string>) => name === own || !pool.has(name)
  const inUse = (name: string) => `${JSON.stringify(name)} is already in use`
  for (const [field, pool, reason] of [['plural', resources, 'PluralConflict'], ['singular', resources, 'SingularConflict']] as const) {
    const name = asked[field] ?? ''
    if (isFree(name, accepted[field] ?? '', pool)) names[field] = name
    else refuse(reason, inUse(name))
  }
  const clashes = (asked.shortNames ?? []).filter(name => accepted.shortNames?.includes(name) !== true && resources.has(name)).map(inUse)
  if (clashes.length > 0) refuse('ShortNamesConflict', clashes.length === 1 ? clashes[0]! : `[${clashes.join(', ')}]`)
  else setOrDrop(names, 'shortNames', asked.shortNames)
  for (const [field, reason] of [['kind', 'KindConflict'], ['listKind', 'ListKindConflict']] as const) {
    const name = asked[field] ?? ''
    if (isFree(name, accepted[field] ?? '', kinds)) names[field] = name
    else refuse(reason, inUse(name))
  }
  setOrDrop(names, 'categories', asked.categories)
  return { names, condition }
}

function setOrDrop(names: CustomResourceDefinitionNames, field: 'shortNames' | 'categories', value: string[] | undefined): void {
  if (value === undefined) delete names[field]
  else names[field] = value
}

function establishedBefore(definition: CustomResourceDefinition, names: Condition): Condition {
  const old = conditionOf(definition, 'Established')
  if (old?.status !== 'True' && names.status === 'True') return { type: 'Established', status: 'False', reason: 'Installing', message: 'the initial names have been accepted' }
  return old ?? { type: 'Established', status: 'False', reason: 'NotAccepted', message: 'not all names are accepted' }
}

/** By spec: a definition that is looked at again has mostly kept it. */
const violations = new WeakMap<CustomResourceDefinition['spec'], FieldError[]>()

function violationsOf(spec: CustomResourceDefinition['spec']): FieldError[] {
  const known = violations.get(spec)
  if (known !== undefined) return known
  const errors = findViolations(spec)
  violations.set(spec, errors)
  return errors
}

/** DS3 */
function withStructurality(definition: CustomResourceDefinition, time: string): CustomResourceDefinitionStatus | undefined {
  const errors = violationsOf(definition.spec)
  const wanted: Condition | undefined = errors.length === 0 ? undefined : { type: 'NonStructuralSchema', status: 'True', reason: 'Violations', message: aggregateText(errors) }
  return withOrWithout(definition, 'NonStructuralSchema', wanted, time)
}

function findViolations(spec: CustomResourceDefinition['spec']): FieldError[] {
  const errors = spec.preserveUnknownFields === true ? [invalid('spec.preserveUnknownFields', true, 'must be false')] : []
  for (const [index, version] of spec.versions.entries()) {
    const schema = version.schema?.openAPIV3Schema
    if (schema === undefined || isStructural(schema)) continue
    const unsupported = unsupportedPart(schema)
    const path = `spec.versions[${index}].schema.openAPIV3Schema`
    errors.push(...(unsupported === undefined ? structuralErrors(schema, path) : [invalid(path, '', unsupported)]))
  }
  return errors
}

function withApproval(definition: CustomResourceDefinition, time: string): CustomResourceDefinitionStatus | undefined {
  if (!isCommunityGroup(definition.spec.group)) return undefined
  const { state, reason } = approvalOf(definition.metadata.annotations)
  const reasons = { approved: 'ApprovedAnnotation', bypassed: 'UnapprovedAnnotation', missing: 'MissingAnnotation', invalid: 'InvalidAnnotation' } as const
  const type = 'KubernetesAPIApprovalPolicyConformant'
  return withOrWithout(definition, type, { type, status: state === 'approved' ? 'True' : 'False', reason: reasons[state], message: reason }, time)
}

function withOrWithout(definition: CustomResourceDefinition, type: 'NonStructuralSchema' | 'KubernetesAPIApprovalPolicyConformant', wanted: Condition | undefined, time: string): CustomResourceDefinitionStatus | undefined {
  const old = conditionOf(definition, type)
  if (wanted === undefined) return old === undefined ? undefined : { ...definition.status, conditions: (definition.status.conditions ?? []).filter(condition => condition !== old) }
  if (old !== undefined && old.status === wanted.status && old.reason === wanted.reason && old.message === wanted.message) return undefined
  return withConditions(definition, time, wanted)
}

export function withConditions(definition: CustomResourceDefinition, time: string, ...conditions: readonly Condition[]): CustomResourceDefinitionStatus {
  return { ...definition.status, conditions: conditions.reduce<CustomResourceDefinitionCondition[]>((known, condition) => withCondition(known, condition, time), definition.status.conditions ?? []) }
}

/** Absent and empty lists are the same. */
function plain(names: CustomResourceDefinitionNames): object {
  const { plural, singular = '', kind, listKind = '', shortNames = [], categories = [] } = names
  return { plural, singular, kind, listKind, shortNames, categories }
}
