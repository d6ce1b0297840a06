/**
 * A pod's priority is a number looked up from its class when it is made, and never changes.
 * Upstream: plugin/pkg/admission/priority.
 *
 *   PR1  No class named: the one global default, else 0. A class that does not exist is a 403.
 *   PR2  Names starting with "system-" are kept for the two built-in classes; values above one thousand million too.
 *   PR3  Only one class may be the global default.
 *   PR4  preemptionPolicy comes from the class too; what the pod says must agree.
 */
import { forbidden } from '../http/api-error.ts'
import { numberAt, textAt } from '../registry/kube-object.ts'
import type { KubeObject } from '../registry/kube-object.ts'
import { shownName } from './admission.ts'
import type { AdmissionPlugin, AdmissionRequest, ObjectReader } from './admission.ts'
import { isPodWrite, podSpecOf } from './pod-fields.ts'

const classes = { group: 'scheduling.k8s.io', resource: 'priorityclasses' }
const builtIn: Readonly<Record<string, number>> = { 'system-node-critical': 2_000_001_000, 'system-cluster-critical': 2_000_000_000 }
const highestUserPriority = 1_000_000_000

export function priority(reader: ObjectReader): AdmissionPlugin {
  return {
    name: 'Priority',
    concerns: request => isPodWrite(request, 'CREATE', 'UPDATE') || (request.resource === 'priorityclasses' && request.operation !== 'DELETE' && request.operation !== 'CONNECT'),
    async admit(request) {
      if (request.resource !== 'pods') return
      if (request.operation === 'UPDATE') keepPriority(request.object!, request.oldObject!)
      else await setPriority(reader, request)
    },
    validate(request) {
      if (request.resource === 'priorityclasses') checkClass(reader, request)
    },
  }
}

async function setPriority(reader: ObjectReader, request: AdmissionRequest): Promise<void> {
  const spec = podSpecOf(request.object!)
  const name = spec.priorityClassName ?? ''
  const found = name === '' ? globalDefault(reader) : (reader.get(classes, '', name) ?? (await reader.getFresh(classes, '', name)))
  if (found === undefined && name !== '' && builtIn[name] === undefined) throw forbidden(request, shownName(request), `no PriorityClass with name ${name} was found`) // PR1
  if (found !== undefined && name === '') spec.priorityClassName = found.metadata.name!
  const value = found === undefined ? (builtIn[name] ?? 0) : (numberAt(found, 'value') ?? 0)
  if (spec.priority !== undefined && spec.priority !== value) {
    throw forbidden(request, shownName(request), `the integer value of priority (${spec.priority}) must not be provided in pod spec; priority admission controller computed ${value} from the given PriorityClass name`)
  }
  spec.priority = value
  const policy = textAt(found, 'preemptionPolicy') === '' ? 'PreemptLowerPriority' : textAt(found, 'preemptionPolicy')
  if (spec.preemptionPolicy !== undefined && spec.preemptionPolicy !== policy) { // PR4
    throw forbidden(request, shownName(request), `the string value of PreemptionPolicy (${spec.preemptionPolicy}) must not be provided in pod spec; priority admission controller computed ${policy} from the given PriorityClass name`)
  }
  spec.preemptionPolicy = policy
}

function keepPriority(next: KubeObject, old: KubeObject): void {
  const spec = podSpecOf(next)
  const was = podSpecOf(old)
  if (spec.priority === undefined && was.priority !== undefined) spec.priority = was.priority
  if (spec.preemptionPolicy === undefined && was.preemptionPolicy !== undefined) spec.preemptionPolicy = was.preemptionPolicy
}

function globalDefault(reader: ObjectReader): KubeObject | undefined {
  const defaults = reader.list(classes).filter(candidate => candidate['globalDefault'] === true)
  return defaults.sort((a, b) => (numberAt(a, 'value') ?? 0) - (numberAt(b, 'value') ?? 0))[0]
}

function checkClass(reader: ObjectReader, request: AdmissionRequest): void {
  const made = request.object!
  const name = made.metadata.name ?? ''
  if (made['globalDefault'] === true) {
    const other = globalDefault(reader)
    if (other !== undefined && other.metadata.name !== name) throw forbidden(request, name, `PriorityClass ${other.metadata.name!} is already marked as default. Only one default can exist`) // PR3
  }
  const value = numberAt(made, 'value') ?? 0
  if (request.operation === 'CREATE' && value > highestUserPriority && builtIn[name] !== value) { // PR2
    throw forbidden(request, name, `maximum allowed value of a user defined priority is ${highestUserPriority}`)
  }
}
