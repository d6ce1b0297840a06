/**
 * Pod Security Standards, by the namespace's labels pod-security.kubernetes.io/{enforce,audit,warn}.
 * Upstream: k8s.io/pod-security-admission.
 *
 *   PS-1  enforce refuses pods; warn warns about pods and about the templates of workloads; privileged allows everything.
 *   PS-2  A refusal names the level and version, and every check that failed with its detail.
 *   PS-3  Restricted holds whatever baseline holds. Updates that change neither spec nor relevant annotations are not checked again.
 */
import { forbidden } from '../http/api-error.ts'
import { fieldAt, isFields, listAt, numberAt, textAt } from '../registry/kube-object.ts'
import type { Fields, KubeObject } from '../registry/kube-object.ts'
import { sameValue } from '../registry/object-equality.ts'
import { shownName } from './admission.ts'
import type { AdmissionPlugin, ObjectReader } from './admission.ts'
import { isMirrorPod } from './pod-fields.ts'

type Level = 'privileged' | 'baseline' | 'restricted'

/** undefined when the check passes, else what fails and how. */
type Check = (spec: Fields, containers: readonly Fields[]) => { readonly reason: string; readonly detail: string } | undefined

const labelPrefix = 'pod-security.kubernetes.io/'
const templates = new Set(['deployments', 'replicasets', 'daemonsets', 'statefulsets', 'jobs', 'cronjobs', 'replicationcontrollers', 'podtemplates'])
const baselineCapabilities = new Set(['AUDIT_WRITE', 'CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'FSETID', 'KILL', 'MKNOD', 'NET_BIND_SERVICE', 'SETFCAP', 'SETGID', 'SETPCAP', 'SETUID', 'SYS_CHROOT'])
const safeSysctls = new Set(['kernel.shm_rmid_forced', 'net.ipv4.ip_local_port_range', 'net.ipv4.ip_unprivileged_port_start', 'net.ipv4.tcp_syncookies', 'net.ipv4.ping_group_range', 'net.ipv4.ip_local_reserved_ports', 'net.ipv4.tcp_keepalive_time', 'net.ipv4.tcp_fin_timeout', 'net.ipv4.tcp_keepalive_intvl', 'net.ipv4.tcp_keepalive_probes', 'net.ipv4.tcp_rmem', 'net.ipv4.tcp_wmem'])
const restrictedVolumes = new Set(['configMap', 'csi', 'downwardAPI', 'emptyDir', 'ephemeral', 'image', 'persistentVolumeClaim', 'projected', 'secret'])

export function podSecurity(reader: ObjectReader): AdmissionPlugin {
  return {
    name: 'PodSecurity',
    concerns: request => (request.operation === 'CREATE' || request.operation === 'UPDATE') && request.namespace !== '' && (request.subresource === '' || request.subresource === 'ephemeralcontainers') && ((request.group === '' && request.resource === 'pods') || templates.has(request.resource)),
    validate(request) {
      const labels = reader.get({ group: '', resource: 'namespaces' }, '', request.namespace)?.metadata.labels ?? {}
      const isPod = request.resource === 'pods'
      if (isPod && isMirrorPod(request.object!)) return
      if (request.oldObject !== undefined && sameValue(request.oldObject['spec'], request.object!['spec'])) return // PS-3
      const spec = podSpecIn(request.object!, request.resource)
      if (spec === undefined) return
      for (const mode of ['enforce', 'warn'] as const) {
        const level = levelOf(labels[`${labelPrefix}${mode}`])
        const failures = failuresOf(spec, level)
        if (failures.length === 0) continue
        const text = `PodSecurity "${level}:${labels[`${labelPrefix}${mode}-version`] ?? 'latest'}": ${failures.join(', ')}` // PS-2
        if (mode === 'warn') request.warn(`would violate ${text}`)
        else if (isPod) throw forbidden(request, shownName(request), `violates ${text}`)
      }
    },
  }
}

function levelOf(text: string | undefined): Level {
  return text === 'baseline' || text === 'restricted' ? text : 'privileged'
}

function podSpecIn(object: KubeObject, resource: string): Fields | undefined {
  const path = resource === 'pods' ? ['spec'] : resource === 'cronjobs' ? ['spec', 'jobTemplate', 'spec', 'template', 'spec'] : resource === 'podtemplates' ? ['template', 'spec'] : ['spec', 'template', 'spec']
  const spec = fieldAt(object, ...path)
  return isFields(spec) ? spec : undefined
}

function failuresOf(spec: Fields, level: Level): string[] {
  if (level === 'privileged') return []
  const containers = ['initContainers', 'containers', 'ephemeralContainers'].flatMap(list => listAt(spec, list) as Fields[])
  const checks = level === 'baseline' ? baseline : [...baseline.filter(check => !replacedByRestricted.has(check)), ...restricted]
  return checks.flatMap(check => {
    const failed = check(spec, containers)
    return failed === undefined ? [] : [`${failed.reason} (${failed.detail})`]
  })
}

const names = (containers: readonly Fields[]) => {
  const quoted = containers.map(container => JSON.stringify(textAt(container, 'name'))).join(', ')
  return containers.length === 1 ? `container ${quoted}` : `containers ${quoted}`
}

const hostNamespaces: Check = spec => {
  const used = ['hostNetwork', 'hostPID', 'hostIPC'].filter(field => spec[field] === true)
  return used.length === 0 ? undefined : { reason: 'host namespaces', detail: used.map(field => `${field}=true`).join(', ') }
}

const privileged: Check = (_spec, containers) => {
  const bad = containers.filter(container => fieldAt(container, 'securityContext', 'privileged') === true)
  return bad.length === 0 ? undefined : { reason: 'privileged', detail: `${names(bad)} must not set securityContext.privileged=true` }
}

const baselineAdds: Check = (_spec, containers) => {
  const bad = containers.filter(container => (listAt(container, 'securityContext', 'capabilities', 'add') as string[]).some(name => !baselineCapabilities.has(name)))
  const added = [...new Set(bad.flatMap(container => (listAt(container, 'securityContext', 'capabilities', 'add') as string[]).filter(name => !baselineCapabilities.has(name))))]
  return bad.length === 0 ? undefined : { reason: 'non-default capabilities', detail: `${names(bad)} must not include ${added.map(name => JSON.stringify(name)).join(', ')} in securityContext.capabilities.add` }
}

const hostPaths: Check = spec => {
  const bad = (listAt(spec, 'volumes') as Fields[]).filter(volume => volume['hostPath'] !== undefined)
  return bad.length === 0 ? undefined : { reason: 'hostPath volumes', detail: `${bad.length === 1 ? 'volume' : 'volumes'} ${bad.map(volume => JSON.stringify(textAt(volume, 'name'))).join(', ')}` }
}

const hostPorts: Check = (_spec, containers) => {
  const portsOf = (container: Fields) => listAt(container, 'ports').map(port => numberAt(port, 'hostPort') ?? 0).filter(port => port !== 0)
  const bad = containers.filter(container => portsOf(container).length > 0)
  return bad.length === 0 ? undefined : { reason: 'hostPort', detail: `${names(bad)} ${bad.length === 1 ? 'uses' : 'use'} hostPort${bad.flatMap(portsOf).length === 1 ? '' : 's'} ${bad.flatMap(portsOf).join(', ')}` }
}

const procMounts: Check = (_spec, containers) => {
  const bad = containers.filter(container => !['', 'Default'].includes(textAt(container, 'securityContext', 'procMount')))
  return bad.length === 0 ? undefined : { reason: 'procMount', detail: `${names(bad)} must not set securityContext.procMount to ${bad.map(container => JSON.stringify(textAt(container, 'securityContext', 'procMount'))).join(', ')}` }
}

const baselineSeccomp: Check = (spec, containers) => {
  const bad = containers.filter(container => textAt(container, 'securityContext', 'seccompProfile', 'type') === 'Unconfined')
  const pod = textAt(spec, 'securityContext', 'seccompProfile', 'type') === 'Unconfined'
  if (bad.length === 0 && !pod) return undefined
  return { reason: 'seccompProfile', detail: `${[...(pod ? ['pod'] : []), ...(bad.length > 0 ? [names(bad)] : [])].join(' and ')} must not set securityContext.seccompProfile.type to "Unconfined"` }
}

const sysctls: Check = spec => {
  const bad = listAt(spec, 'securityContext', 'sysctls').map(sysctl => textAt(sysctl, 'name')).filter(name => !safeSysctls.has(name))
  return bad.length === 0 ? undefined : { reason: 'forbidden sysctls', detail: bad.join(', ') }
}

const volumeTypes: Check = spec => {
  const typeOf = (volume: Fields) => Object.keys(volume).find(key => key !== 'name') ?? 'emptyDir'
  const bad = (listAt(spec, 'volumes') as Fields[]).filter(volume => !restrictedVolumes.has(typeOf(volume)))
  return bad.length === 0 ? undefined : { reason: 'restricted volume types', detail: `${bad.length === 1 ? 'volume' : 'volumes'} ${bad.map(volume => JSON.stringify(textAt(volume, 'name'))).join(', ')} ${bad.length === 1 ? 'uses' : 'use'} restricted volume type${bad.length === 1 ? '' : 's'} ${[...new Set(bad.map(typeOf))].map(type => JSON.stringify(type)).join(', ')}` }
}

const escalation: Check = (_spec, containers) => {
  const bad = containers.filter(container => fieldAt(container, 'securityContext', 'allowPrivilegeEscalation') !== false)
  return bad.length === 0 ? undefined : { reason: 'allowPrivilegeEscalation != false', detail: `${names(bad)} must set securityContext.allowPrivilegeEscalation=false` }
}

const dropsAll: Check = (_spec, containers) => {
  const bad = containers.filter(container => !(listAt(container, 'securityContext', 'capabilities', 'drop') as string[]).includes('ALL'))
  if (bad.length > 0) return { reason: 'unrestricted capabilities', detail: `${names(bad)} must set securityContext.capabilities.drop=["ALL"]` }
  const adds = containers.filter(container => (listAt(container, 'securityContext', 'capabilities', 'add') as string[]).some(name => name !== 'NET_BIND_SERVICE'))
  return adds.length === 0 ? undefined : { reason: 'unrestricted capabilities', detail: `${names(adds)} must not include anything but "NET_BIND_SERVICE" in securityContext.capabilities.add` }
}

const nonRoot: Check = (spec, containers) => {
  const pod = fieldAt(spec, 'securityContext', 'runAsNonRoot')
  const bad = containers.filter(container => (fieldAt(container, 'securityContext', 'runAsNonRoot') ?? pod) !== true)
  if (bad.length === 0) return undefined
  const explicit = bad.filter(container => fieldAt(container, 'securityContext', 'runAsNonRoot') === false)
  if (explicit.length > 0) return { reason: 'runAsNonRoot != true', detail: `${names(explicit)} must not set securityContext.runAsNonRoot=false` }
  return { reason: 'runAsNonRoot != true', detail: `pod or ${names(bad)} must set securityContext.runAsNonRoot=true` }
}

const nonRootUser: Check = (spec, containers) => {
  const pod = numberAt(spec, 'securityContext', 'runAsUser') === 0
  const bad = containers.filter(container => numberAt(container, 'securityContext', 'runAsUser') === 0)
  if (!pod && bad.length === 0) return undefined
  return { reason: 'runAsUser=0', detail: `${[...(pod ? ['pod'] : []), ...(bad.length > 0 ? [names(bad)] : [])].join(' and ')} must not set runAsUser=0` }
}

const seccomp: Check = (spec, containers) => {
  const isGood = (type: string) => type === 'RuntimeDefault' || type === 'Localhost'
  const pod = textAt(spec, 'securityContext', 'seccompProfile', 'type')
  const bad = containers.filter(container => {
    const own = textAt(container, 'securityContext', 'seccompProfile', 'type')
    return own === '' ? !isGood(pod) : !isGood(own)
  })
  return bad.length === 0 ? undefined : { reason: 'seccompProfile', detail: `pod or ${names(bad)} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"` }
}

const baseline: readonly Check[] = [hostNamespaces, privileged, baselineAdds, hostPaths, hostPorts, procMounts, baselineSeccomp, sysctls]
const restricted: readonly Check[] = [escalation, dropsAll, volumeTypes, nonRoot, nonRootUser, seccomp]
const replacedByRestricted: ReadonlySet<Check> = new Set([baselineAdds, baselineSeccomp])
