/**
 * PodSecurity: the Pod Security Standards that a namespace asks for by its labels. Upstream: pod-security-admission/admission.
 *
 *   PS-1  enforce refuses pods; audit and warn are about pods and about the templates of workloads. Who is refused is not
 *         warned as well.
 *   PS-2  Exempt users, namespaces and runtime classes are let through, with a note for the audit log.
 *   PS-3  An update counts when it changes an image, the number of containers, or adds an ephemeral container.
 *   PS-4  A namespace must be labelled properly; one that becomes stricter warns of the pods that would not be let in now.
 */
import { forbidden, invalid } from '../../http/api-error.ts'
import { fieldAt, isFields, listAt, textAt } from '../../registry/kube-object.ts'
import type { Fields, KubeObject } from '../../registry/kube-object.ts'
import { sameValue } from '../../registry/object-equality.ts'
import { shownName } from '../admission.ts'
import type { AdmissionPlugin, AdmissionRequest, ObjectReader } from '../admission.ts'
import { examine } from './check.ts'
import type { Examined, Failing } from './check.ts'
import type { PodSecurityConfiguration } from './configuration.ts'
import { evaluatePod, failingText } from './evaluate.ts'
import { namespaceWarnings } from './namespace-warnings.ts'
import { compareLevels, isPrivileged, isSameLevelVersion, labelPrefix, levelVersionText, policyOf } from './policy.ts'
import type { LevelVersion, ReadPolicy } from './policy.ts'

const templates: Readonly<Record<string, readonly string[]>> = {
  '/replicationcontrollers': ['spec', 'template'], '/podtemplates': ['template'],
  'apps/deployments': ['spec', 'template'], 'apps/replicasets': ['spec', 'template'], 'apps/daemonsets': ['spec', 'template'], 'apps/statefulsets': ['spec', 'template'],
  'batch/jobs': ['spec', 'template'], 'batch/cronjobs': ['spec', 'jobTemplate', 'spec', 'template'],
}
const ignoredPodSubresources = new Set(['exec', 'attach', 'binding', 'eviction', 'log', 'portforward', 'proxy', 'status'])

export function podSecurity(reader: ObjectReader, { defaults, exempt }: PodSecurityConfiguration): AdmissionPlugin {
  const policyIn = async (name: string): Promise<ReadPolicy> => {
    const of = { group: '', resource: 'namespaces' }
    const namespace = reader.get(of, '', name) ?? (await reader.getFresh(of, '', name))
    return policyOf(namespace?.metadata.labels, defaults)
  }

  async function validateWorkload(request: AdmissionRequest, isPod: boolean): Promise<void> {
    if (isExempt('namespace', exempt.namespaces, request.namespace, request) || isExempt('user', exempt.usernames, request.user.name, request)) return // PS-2
    const read = await policyIn(request.namespace)
    const { policy } = read
    if (read.errors.length === 0 && (isPod ? isPrivileged(policy) : policy.warn.level === 'privileged' && policy.audit.level === 'privileged')) {
      if (isPod) annotate(request, 'enforce-policy', 'privileged:latest')
      return
    }
    const template = isPod ? request.object : fieldAt(request.object, ...templates[`${request.group}/${request.resource}`]!)
    if (!isFields(template) || !isFields(template['spec'])) return
    if (isPod && request.operation === 'UPDATE' && !isSignificant(template['spec'], request.oldObject?.['spec'])) return // PS-3
    if (isExempt('runtimeClass', exempt.runtimeClasses, textAt(template, 'spec', 'runtimeClassName'), request)) return
    judge(request, examine(fieldAt(template, 'metadata', 'annotations') as Record<string, string> | undefined, template['spec']), read, isPod)
  }

  function validateNamespace(request: AdmissionRequest): void {
    const namespace = request.object!
    const now = policyOf(namespace.metadata.labels, defaults)
    const was = request.oldObject === undefined ? undefined : policyOf(request.oldObject.metadata.labels, defaults)
    if (now.errors.length > 0 && (was === undefined || was.errors.length === 0 || !sameValue(now.errors, was.errors))) throw invalid({ group: '', kind: 'Namespace' }, shownName(request), now.errors) // PS-4
    const { enforce } = now.policy
    if (was !== undefined) {
      const before = was.policy.enforce
      if (isSameLevelVersion(enforce, before) || enforce.level === 'privileged' || (enforce.minor === before.minor && compareLevels(enforce.level, before.level) < 1)) return
    }
    const name = namespace.metadata.name ?? ''
    if (exempt.namespaces.includes(name)) {
      const warning = exemptWarning(namespace, now, defaults)
      if (warning !== undefined) request.warn(warning)
    } else if (was !== undefined) {
      const pods = reader.list({ group: '', resource: 'pods' }, name).filter(pod => !exempt.runtimeClasses.includes(textAt(pod, 'spec', 'runtimeClassName')))
      for (const warning of namespaceWarnings(name, pods, enforce)) request.warn(warning)
    }
  }

  return {
    name: 'PodSecurity',
    concerns: ({ operation, group, resource, subresource }) => {
      if (operation !== 'CREATE' && operation !== 'UPDATE') return false
      if (group === '' && resource === 'pods') return !ignoredPodSubresources.has(subresource)
      return subresource === '' && ((group === '' && resource === 'namespaces') || templates[`${group}/${resource}`] !== undefined)
    },
    validate(request) {
      if (request.group === '' && request.resource === 'namespaces') {
        validateNamespace(request)
        return
      }
      return validateWorkload(request, request.group === '' && request.resource === 'pods')
    },
  }
}

/** PS-1 */
function judge(request: AdmissionRequest, pod: Examined, { policy, errors }: ReadPolicy, isPod: boolean): void {
  if (errors.length > 0) annotate(request, 'error', `Failed to parse policy: ${errors.map(error => `${error.path}: ${error.message}`).join(', ')}`)
  const seen = new Map<string, readonly Failing[]>()
  const failingAt = (at: LevelVersion): readonly Failing[] => {
    const key = levelVersionText(at)
    const failing = seen.get(key) ?? evaluatePod(pod, at)
    seen.set(key, failing)
    return failing
  }
  const textAtLevel = (at: LevelVersion) => `PodSecurity "${levelVersionText(at)}": ${failingText(failingAt(at))}`
  if (isPod) annotate(request, 'enforce-policy', levelVersionText(policy.enforce))
  const isRefused = isPod && failingAt(policy.enforce).length > 0
  if (failingAt(policy.audit).length > 0) annotate(request, 'audit-violations', `would violate ${textAtLevel(policy.audit)}`)
  if (isRefused) throw forbidden(request, shownName(request), `violates ${textAtLevel(policy.enforce)}`)
  if (failingAt(policy.warn).length > 0) request.warn(`would violate ${textAtLevel(policy.warn)}`)
}

function isExempt(what: string, exempt: readonly string[], name: string, request: AdmissionRequest): boolean {
  if (name === '' || !exempt.includes(name)) return false
  annotate(request, 'exempt', what)
  return true
}

function annotate(request: AdmissionRequest, key: string, value: string): void {
  request.notes.annotate(labelPrefix + key, value)
}

function isSignificant(spec: Fields, old: unknown): boolean {
  for (const list of ['containers', 'initContainers']) {
    const now = listAt(spec, list)
    const was = listAt(old, list)
    if (now.length !== was.length || now.some((container, index) => textAt(container, 'image') !== textAt(was[index], 'image'))) return true
  }
  const known = new Map(listAt(old, 'ephemeralContainers').map(container => [textAt(container, 'name'), textAt(container, 'image')]))
  return listAt(spec, 'ephemeralContainers').some(container => known.get(textAt(container, 'name')) !== textAt(container, 'image'))
}

function exemptWarning(namespace: KubeObject, { policy }: ReadPolicy, defaults: ReadPolicy['policy']): string | undefined {
  const modes = ['enforce', 'audit', 'warn'] as const
  const isSame = modes.every(mode => isSameLevelVersion(policy[mode], defaults[mode]) || (policy[mode].level === 'privileged' && defaults[mode].level === 'privileged'))
  if (isPrivileged(policy) || isSame) return undefined
  const labels = namespace.metadata.labels ?? {}
  const set = modes.filter(mode => policy[mode].level !== 'privileged' && (labels[`${labelPrefix}${mode}`] !== undefined || labels[`${labelPrefix}${mode}-version`] !== undefined))
  return `namespace "${namespace.metadata.name ?? ''}" is exempt from Pod Security, and the policy (${set.map(mode => `${mode}=${levelVersionText(policy[mode])}`).join(', ')}) will be ignored`
}
