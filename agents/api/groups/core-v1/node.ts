/**
 * Node.
 *
 *   ND1  Capacity without allocatable: allocatable is the capacity.
 *   ND3  podCIDR is the old form of podCIDRs, and wins where they differ.
 *   ND4  configSource was taken away with what it configured; upstream no longer keeps it.
 *   ND2  podCIDRs and providerID do not change once set; taints are unique by key and effect.
 */
import { defineKind } from '../../define-kind.ts'
import { duplicate, forbidden, invalid, notSupported, required, type FieldError } from '../../field-error.ts'
import { ageCell } from '../../printing.ts'
import { nodes } from '../../resources.ts'
import { semanticallyEqual } from '../../schema/clone.ts'
import { isCidr } from '../../validation/addresses.ts'
import { isLabelValue, isQualifiedName } from '../../validation/names.ts'
import type { Node, Taint } from './types.ts'

const rolePrefix = 'node-role.kubernetes.io/'

export const node = defineKind<Node>(nodes, {
  printer: 'printNode',
  setDefaults({ spec, status }) {
    if ((spec.podCIDR ?? '') !== '' && spec.podCIDR !== spec.podCIDRs?.[0]) spec.podCIDRs = [spec.podCIDR!] // ND3
    if (status.allocatable === undefined && status.capacity !== undefined) status.allocatable = { ...status.capacity }
  },
  prepareForCreate: ({ spec }) => { delete spec.configSource }, // ND4
  prepareForUpdate(object, old) { if (old.spec.configSource === undefined) delete object.spec.configSource },
  keepsStatusOnCreate: true, // a kubelet registers itself with its status
  validate: ({ spec }) => [...validateTaints(spec.taints ?? []), ...validatePodCidrs(spec.podCIDRs ?? [])],
  validateUpdate(object, old) {
    const errors: FieldError[] = []
    if ((old.spec.podCIDRs?.length ?? 0) > 0 && !semanticallyEqual(object.spec.podCIDRs, old.spec.podCIDRs)) errors.push(forbidden('spec.podCIDRs', 'node updates may not change podCIDR except from "" to valid'))
    if ((old.spec.providerID ?? '') !== '' && old.spec.providerID !== object.spec.providerID) errors.push(forbidden('spec.providerID', 'node updates may not change providerID except from "" to valid'))
    return errors
  },
  warnings: nodeWarnings,
  selectableFields: { 'spec.unschedulable': object => String(object.spec.unschedulable ?? false) },
  cells({ metadata, spec, status }, now) {
    const ready = status.conditions?.find(condition => condition.type === 'Ready')
    const state = ready === undefined ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady'
    const info = status.nodeInfo
    const text = (value: string | undefined) => ((value ?? '') === '' ? '<unknown>' : value!)
    return [
      metadata.name, spec.unschedulable === true ? `${state},SchedulingDisabled` : state, rolesOf(metadata.labels), ageCell(metadata.creationTimestamp, now),
      info?.kubeletVersion ?? '', addressOf(status, 'InternalIP'), addressOf(status, 'ExternalIP'), text(info?.osImage), text(info?.kernelVersion), text(info?.containerRuntimeVersion),
    ]
  },
})

function rolesOf(labels: Record<string, string> | undefined): string {
  const roles = new Set<string>()
  for (const [key, value] of Object.entries(labels ?? {})) {
    if (key.startsWith(rolePrefix) && key.length > rolePrefix.length) roles.add(key.slice(rolePrefix.length))
    else if (key === 'kubernetes.io/role' && value !== '') roles.add(value)
  }
  return roles.size === 0 ? '<none>' : [...roles].sort().join(',')
}

function addressOf(status: Node['status'], type: string): string {
  return status.addresses?.find(address => address.type === type)?.address ?? '<none>'
}

/** At most one a family. */
function validatePodCidrs(cidrs: readonly string[]): FieldError[] {
  const errors = cidrs.flatMap((cidr, index) => (isCidr(cidr) ? [] : [invalid(`spec.podCIDRs[${index}]`, cidr, 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)')]))
  if (cidrs.length < 2 || errors.length > 0) return errors
  const areTwoFamilies = cidrs.length === 2 && cidrs[0]!.includes(':') !== cidrs[1]!.includes(':')
  return areTwoFamilies ? errors : [invalid('spec.podCIDRs', cidrs, 'may specify no more than one CIDR for each IP family')]
}

function nodeWarnings({ spec }: Node): string[] {
  return (spec.externalID ?? '') === '' ? [] : ['spec.externalID: this field is deprecated, and is unused by Kubernetes']
}

function validateTaints(taints: readonly Taint[]): FieldError[] {
  const seen = new Set<string>()
  return taints.flatMap((taint, index) => {
    const path = `metadata.taints[${index}]`
    const errors = [
      ...isQualifiedName(taint.key).map(text => invalid(`${path}.key`, taint.key, text)),
      ...isLabelValue(taint.value ?? '').map(text => invalid(`${path}.value`, taint.value, text)),
    ]
    if (taint.effect === '') errors.push(required(`${path}.effect`))
    else if (!['NoSchedule', 'PreferNoSchedule', 'NoExecute'].includes(taint.effect)) errors.push(notSupported(`${path}.effect`, taint.effect, ['NoSchedule', 'PreferNoSchedule', 'NoExecute']))
    const key = `${taint.key}:${taint.effect}`
    if (seen.has(key)) errors.push({ ...duplicate(path, taint), message: `Duplicate value: ${JSON.stringify(taint)}: taints must be unique by key and effect pair` })
    seen.add(key)
    return errors
  })
}
