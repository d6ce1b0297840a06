/**
 * What may change in the pod template of a job that is suspended, so that whoever queues jobs can say where and how large
 * they shall run before they do. Pure. Upstream: validatePodTemplateUpdate, validatePodResourceUpdatesOnly.
 *
 *   SJ1  Only a job that is suspended, whose controller has seen that (condition Suspended) and that has no active pods.
 *   SJ2  Node affinity, node selector, tolerations, scheduling gates, labels and annotations, and the resources of containers
 *        that keep name and place; everything else stays.
 */
import { immutable } from '../../validation/metadata.ts'
import type { FieldError } from '../../field-error.ts'
import { semanticallyEqual } from '../../schema/clone.ts'
import type { Affinity, Container, PodSpec, PodTemplateSpec } from '../core-v1/types.ts'
import type { Job } from './types.ts'

export function validateTemplateUpdate({ spec: { template } }: Job, old: Job): FieldError[] {
  const before = old.spec.template
  if (!mayChange(old)) return immutable(template, before, 'spec.template', semanticallyEqual)
  if (template.spec === undefined || before.spec === undefined) return []
  return immutable(template.spec, withAllowedChanges(before.spec, template), 'spec.template.spec', semanticallyEqual) // SJ2
}

/** SJ1 */
function mayChange({ spec, status }: Job): boolean {
  return spec.suspend === true && (status.active ?? 0) === 0 && status.conditions?.some(condition => condition.type === 'Suspended' && condition.status === 'True') === true
}

function withAllowedChanges(before: PodSpec, { spec }: PodTemplateSpec): PodSpec {
  const now = spec!
  return without({
    ...before,
    affinity: affinityWith(before.affinity, now.affinity), nodeSelector: now.nodeSelector, tolerations: now.tolerations, schedulingGates: now.schedulingGates,
    containers: withResources(before.containers, now.containers)!, initContainers: withResources(before.initContainers, now.initContainers),
  })
}

/** Only node affinity is free; that of pods stays. */
function affinityWith(before: Affinity | undefined, now: Affinity | undefined): Affinity | undefined {
  const { nodeAffinity: _nodeAffinity, ...rest } = before ?? {}
  const changed = { ...rest, ...(now?.nodeAffinity === undefined ? {} : { nodeAffinity: now.nodeAffinity }) }
  return now === undefined && Object.keys(changed).length === 0 ? undefined : changed
}

function withResources(before: readonly Container[] | undefined, now: readonly Container[] | undefined): Container[] | undefined {
  if (before === undefined || before.length !== now?.length) return before?.slice()
  return before.map((container, index) => (container.name === now[index]!.name ? without({ ...container, resources: now[index]!.resources }) : container))
}

/** Fields that are not there are not compared as if they were. */
function without<T extends object>(value: { [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as T
}
