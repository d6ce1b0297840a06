/** The checks of level baseline. Upstream: pod-security-admission/policy/check_*.go. */
import { fieldAt, listAt, numberAt, textAt } from '../../registry/kube-object.ts'
import type { Fields } from '../../registry/kube-object.ts'
import { containersText, plural, quoted, security, settersText, sorted, unlessOwnUsers } from './check.ts'
import type { Check, VersionedCheck } from './check.ts'

const appArmorAnnotation = 'container.apparmor.security.beta.kubernetes.io/'
const seccompPod = 'seccomp.security.alpha.kubernetes.io/pod'
const seccompContainer = 'container.seccomp.security.alpha.kubernetes.io/'
const capabilities = new Set(['AUDIT_WRITE', 'CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'FSETID', 'KILL', 'MKNOD', 'NET_BIND_SERVICE', 'SETFCAP', 'SETGID', 'SETPCAP', 'SETUID', 'SYS_CHROOT'])
const sysctls0 = ['kernel.shm_rmid_forced', 'net.ipv4.ip_local_port_range', 'net.ipv4.tcp_syncookies', 'net.ipv4.ping_group_range', 'net.ipv4.ip_unprivileged_port_start']
const sysctls27 = [...sysctls0, 'net.ipv4.ip_local_reserved_ports']
const sysctls29 = [...sysctls27, 'net.ipv4.tcp_keepalive_time', 'net.ipv4.tcp_fin_timeout', 'net.ipv4.tcp_keepalive_intvl', 'net.ipv4.tcp_keepalive_probes']
const sysctls32 = [...sysctls29, 'net.ipv4.tcp_rmem', 'net.ipv4.tcp_wmem']
const seLinuxTypes0 = ['', 'container_t', 'container_init_t', 'container_kvm_t']

export function isSoundProfile(type: string): boolean {
  return type === 'RuntimeDefault' || type === 'Localhost'
}

const appArmorProfile: Check = ({ annotations, spec, containers }) => {
  const typeOf = (of: Fields) => (security(of, 'appArmorProfile') === undefined ? 'RuntimeDefault' : textAt(of, 'securityContext', 'appArmorProfile', 'type'))
  const isPod = !isSoundProfile(typeOf(spec))
  const bad = containers.filter(container => !isSoundProfile(typeOf(container)))
  const values = sorted([...(isPod ? [typeOf(spec)] : []), ...bad.map(typeOf)])
  const wrong = Object.entries(annotations).filter(([key, value]) => key.startsWith(appArmorAnnotation) && value !== '' && value !== 'runtime/default' && !value.startsWith('localhost/')).map(([key, value]) => `${key}=${JSON.stringify(value)}`).sort()
  const setters = [settersText(isPod, bad), ...(wrong.length > 0 ? [plural('annotation', 'annotations', wrong.length)] : [])].filter(text => text !== '').join(' and ')
  if (setters === '') return undefined
  const all = [...values, ...wrong]
  return { reason: plural('forbidden AppArmor profile', 'forbidden AppArmor profiles', all.length), detail: `${setters} must not set AppArmor profile type to ${quoted(all)}` }
}

const capabilitiesBaseline: Check = ({ containers }) => {
  const addedBy = (container: Fields) => (listAt(container, 'securityContext', 'capabilities', 'add') as string[]).filter(name => !capabilities.has(name))
  const bad = containers.filter(container => addedBy(container).length > 0)
  return bad.length === 0 ? undefined : { reason: 'non-default capabilities', detail: `${containersText(bad)} must not include ${quoted(sorted(bad.flatMap(addedBy)))} in securityContext.capabilities.add` }
}

const hostNamespaces: Check = ({ spec }) => {
  const used = ['hostNetwork', 'hostPID', 'hostIPC'].filter(field => spec[field] === true)
  return used.length === 0 ? undefined : { reason: 'host namespaces', detail: used.map(field => `${field}=true`).join(', ') }
}

const hostPathVolumes: Check = ({ spec }) => {
  const bad = (listAt(spec, 'volumes') as Fields[]).filter(volume => (volume['hostPath'] ?? undefined) !== undefined).map(volume => textAt(volume, 'name'))
  return bad.length === 0 ? undefined : { reason: 'hostPath volumes', detail: `${plural('volume', 'volumes', bad.length)} ${quoted(bad)}` }
}

const hostPorts: Check = ({ containers }) => {
  const portsOf = (container: Fields) => listAt(container, 'ports').map(port => numberAt(port, 'hostPort') ?? 0).filter(port => port !== 0).map(String)
  const bad = containers.filter(container => portsOf(container).length > 0)
  const ports = sorted(bad.flatMap(portsOf))
  return bad.length === 0 ? undefined : { reason: 'hostPort', detail: `${containersText(bad)} ${plural('uses', 'use', bad.length)} ${plural('hostPort', 'hostPorts', ports.length)} ${ports.join(', ')}` }
}

const hostProbes: Check = ({ containers }) => {
  const handlers = (container: Fields) => [...['livenessProbe', 'readinessProbe', 'startupProbe'].map(probe => container[probe]), fieldAt(container, 'lifecycle', 'postStart'), fieldAt(container, 'lifecycle', 'preStop')]
  const hostsOf = (container: Fields) => handlers(container).flatMap(handler => [textAt(handler, 'httpGet', 'host'), textAt(handler, 'tcpSocket', 'host')]).filter(host => host !== '')
  const bad = containers.filter(container => hostsOf(container).length > 0)
  if (bad.length === 0) return undefined
  const names = sorted(bad.map(container => textAt(container, 'name')))
  const hosts = sorted(bad.flatMap(hostsOf))
  return { reason: 'probe or lifecycle host', detail: `${plural('container', 'containers', names.length)} ${quoted(names)} ${plural('uses', 'use', names.length)} ${plural('probe or lifecycle host', 'probe or lifecycle hosts', hosts.length)} ${quoted(hosts)}` }
}

const privilegedContainers: Check = ({ containers }) => {
  const bad = containers.filter(container => security(container, 'privileged') === true)
  return bad.length === 0 ? undefined : { reason: 'privileged', detail: `${containersText(bad)} must not set securityContext.privileged=true` }
}

export const procMount: Check = ({ containers }) => {
  const typeOf = (container: Fields) => textAt(container, 'securityContext', 'procMount')
  const bad = containers.filter(container => !['', 'Default'].includes(typeOf(container)))
  return bad.length === 0 ? undefined : { reason: 'procMount', detail: `${containersText(bad)} must not set securityContext.procMount to ${quoted(sorted(bad.map(typeOf)))}` }
}

const seccompAnnotations: Check = ({ annotations, containers }) => {
  const keys = [seccompPod, ...containers.map(container => seccompContainer + textAt(container, 'name'))]
  const bad = sorted(keys.filter(key => annotations[key] !== undefined && !['runtime/default', 'docker/default'].includes(annotations[key]) && !annotations[key].startsWith('localhost/')).map(key => `${key}=${JSON.stringify(annotations[key])}`))
  return bad.length === 0 ? undefined : { reason: 'seccompProfile', detail: `forbidden ${plural('annotation', 'annotations', bad.length)} ${bad.join(', ')}` }
}

/** Who sets a seccomp profile that nobody may set. */
export const seccompSetters: Check = ({ spec, containers }) => {
  const isBad = (of: Fields) => (security(of, 'seccompProfile') ?? undefined) !== undefined && !isSoundProfile(textAt(of, 'securityContext', 'seccompProfile', 'type'))
  const isPod = isBad(spec)
  const bad = containers.filter(isBad)
  if (!isPod && bad.length === 0) return undefined
  const values = sorted([...(isPod ? [spec] : []), ...bad].map(of => textAt(of, 'securityContext', 'seccompProfile', 'type')))
  return { reason: 'seccompProfile', detail: `${settersText(isPod, bad)} must not set securityContext.seccompProfile.type to ${quoted(values)}` }
}

function seLinuxOptions(allowed: readonly string[]): Check {
  return ({ spec, containers }) => {
    const optionsOf = (of: Fields) => security(of, 'seLinuxOptions')
    const isBad = (of: Fields) => optionsOf(of) !== undefined && (!allowed.includes(textAt(optionsOf(of), 'type')) || textAt(optionsOf(of), 'user') !== '' || textAt(optionsOf(of), 'role') !== '')
    const isPod = isBad(spec)
    const bad = containers.filter(isBad)
    if (!isPod && bad.length === 0) return undefined
    const all = [...(isPod ? [spec] : []), ...bad].map(optionsOf)
    const types = sorted(all.map(options => textAt(options, 'type')).filter(type => !allowed.includes(type)))
    const said = [
      ...(types.length > 0 ? [`${plural('type', 'types', types.length)} ${quoted(types)}`] : []),
      ...(all.some(options => textAt(options, 'user') !== '') ? ['user may not be set'] : []),
      ...(all.some(options => textAt(options, 'role') !== '') ? ['role may not be set'] : []),
    ]
    return { reason: 'seLinuxOptions', detail: `${settersText(isPod, bad)} set forbidden securityContext.seLinuxOptions: ${said.join('; ')}` }
  }
}

function sysctls(allowed: readonly string[]): Check {
  return ({ spec }) => {
    const bad = listAt(spec, 'securityContext', 'sysctls').map(sysctl => textAt(sysctl, 'name')).filter(name => !allowed.includes(name))
    return bad.length === 0 ? undefined : { reason: 'forbidden sysctls', detail: bad.join(', ') }
  }
}

const windowsHostProcess: Check = ({ spec, containers }) => {
  const isBad = (of: Fields) => security(of, 'windowsOptions', 'hostProcess') === true
  const setters = settersText(isBad(spec), containers.filter(isBad))
  return setters === '' ? undefined : { reason: 'hostProcess', detail: `${setters} must not set securityContext.windowsOptions.hostProcess=true` }
}

export const baselineChecks: readonly VersionedCheck[] = [
  { id: 'appArmorProfile', versions: [{ from: 0, check: appArmorProfile }] },
  { id: 'capabilities_baseline', versions: [{ from: 0, check: capabilitiesBaseline }] },
  { id: 'hostNamespaces', versions: [{ from: 0, check: hostNamespaces }] },
  { id: 'hostPathVolumes', versions: [{ from: 0, check: hostPathVolumes }] },
  { id: 'hostPorts', versions: [{ from: 0, check: hostPorts }] },
  { id: 'hostProbesAndHostLifecycle', versions: [{ from: 34, check: hostProbes }] },
  { id: 'privileged', versions: [{ from: 0, check: privilegedContainers }] },
  { id: 'procMount', versions: [{ from: 0, check: procMount }, { from: 35, check: unlessOwnUsers(procMount) }] },
  { id: 'seLinuxOptions', versions: [{ from: 0, check: seLinuxOptions(seLinuxTypes0) }, { from: 31, check: seLinuxOptions([...seLinuxTypes0, 'container_engine_t']) }] },
  { id: 'seccompProfile_baseline', versions: [{ from: 0, check: seccompAnnotations }, { from: 19, check: seccompSetters }] },
  { id: 'sysctls', versions: [{ from: 0, check: sysctls(sysctls0) }, { from: 27, check: sysctls(sysctls27) }, { from: 29, check: sysctls(sysctls29) }, { from: 32, check: sysctls(sysctls32) }] },
  { id: 'windowsHostProcess', versions: [{ from: 0, check: windowsHostProcess }] },
]
