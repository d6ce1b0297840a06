/** The checks of level restricted. Upstream: pod-security-admission/policy/check_*.go. */
import { listAt, numberAt, textAt } from '../../registry/kube-object.ts'
import type { Fields } from '../../registry/kube-object.ts'
import { procMount, seccompSetters } from './baseline.ts'
import { containersText, plural, quoted, security, settersText, sorted, unlessOwnUsers, unlessWindows } from './check.ts'
import type { Check, VersionedCheck } from './check.ts'

const allowedVolumes = ['configMap', 'csi', 'downwardAPI', 'emptyDir', 'ephemeral', 'image', 'persistentVolumeClaim', 'projected', 'secret']
const otherVolumes = ['hostPath', 'gcePersistentDisk', 'awsElasticBlockStore', 'gitRepo', 'nfs', 'iscsi', 'glusterfs', 'rbd', 'flexVolume', 'cinder', 'cephfs', 'flocker', 'fc', 'azureFile', 'vsphereVolume', 'quobyte', 'azureDisk', 'photonPersistentDisk', 'portworxVolume', 'scaleIO', 'storageos']

const allowPrivilegeEscalation: Check = ({ containers }) => {
  const bad = containers.filter(container => security(container, 'allowPrivilegeEscalation') !== false)
  return bad.length === 0 ? undefined : { reason: 'allowPrivilegeEscalation != false', detail: `${containersText(bad)} must set securityContext.allowPrivilegeEscalation=false` }
}

const capabilities: Check = ({ containers }) => {
  const list = (container: Fields, name: string) => listAt(container, 'securityContext', 'capabilities', name) as string[]
  const keeping = containers.filter(container => !list(container, 'drop').includes('ALL'))
  const addedBy = (container: Fields) => list(container, 'add').filter(name => name !== 'NET_BIND_SERVICE')
  const adding = containers.filter(container => addedBy(container).length > 0)
  const details = [
    ...(keeping.length > 0 ? [`${containersText(keeping)} must set securityContext.capabilities.drop=["ALL"]`] : []),
    ...(adding.length > 0 ? [`${containersText(adding)} must not include ${quoted(sorted(adding.flatMap(addedBy)))} in securityContext.capabilities.add`] : []),
  ]
  return details.length === 0 ? undefined : { reason: 'unrestricted capabilities', detail: details.join('; ') }
}

const volumes: Check = ({ spec }) => {
  const has = (volume: Fields) => (type: string) => (volume[type] ?? undefined) !== undefined
  const bad = (listAt(spec, 'volumes') as Fields[]).filter(volume => !allowedVolumes.some(has(volume)))
  if (bad.length === 0) return undefined
  const types = sorted(bad.map(volume => otherVolumes.find(has(volume)) ?? 'unknown'))
  return { reason: 'restricted volume types', detail: `${plural('volume', 'volumes', bad.length)} ${quoted(bad.map(volume => textAt(volume, 'name')))} ${plural('uses', 'use', bad.length)} ${plural('restricted volume type', 'restricted volume types', types.length)} ${quoted(types)}` }
}

const runAsNonRoot: Check = ({ spec, containers }) => {
  const reason = 'runAsNonRoot != true'
  const pod = security(spec, 'runAsNonRoot')
  const setters = settersText(pod === false, containers.filter(container => security(container, 'runAsNonRoot') === false))
  if (setters !== '') return { reason, detail: `${setters} must not set securityContext.runAsNonRoot=false` }
  const silent = pod === true ? [] : containers.filter(container => (security(container, 'runAsNonRoot') ?? undefined) === undefined)
  return silent.length === 0 ? undefined : { reason, detail: `pod or ${containersText(silent)} must set securityContext.runAsNonRoot=true` }
}

const runAsUser: Check = ({ spec, containers }) => {
  const isRoot = (of: Fields) => numberAt(of, 'securityContext', 'runAsUser') === 0
  const setters = settersText(isRoot(spec), containers.filter(isRoot))
  return setters === '' ? undefined : { reason: 'runAsUser=0', detail: `${setters} must not set runAsUser=0` }
}

const seccomp: Check = pod => {
  const failing = seccompSetters(pod)
  if (failing !== undefined) return failing
  const isSet = (of: Fields) => (security(of, 'seccompProfile') ?? undefined) !== undefined
  const silent = isSet(pod.spec) ? [] : pod.containers.filter(container => !isSet(container))
  return silent.length === 0 ? undefined : { reason: 'seccompProfile', detail: `pod or ${containersText(silent)} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"` }
}

export const restrictedChecks: readonly VersionedCheck[] = [
  { id: 'allowPrivilegeEscalation', versions: [{ from: 8, check: allowPrivilegeEscalation }, { from: 25, check: unlessWindows(allowPrivilegeEscalation) }] },
  { id: 'capabilities_restricted', overrides: ['capabilities_baseline'], versions: [{ from: 22, check: capabilities }, { from: 25, check: unlessWindows(capabilities) }] },
  { id: 'procMount_restricted', overrides: ['procMount'], versions: [{ from: 35, check: procMount }] },
  { id: 'restrictedVolumes', overrides: ['hostPathVolumes'], versions: [{ from: 0, check: volumes }] },
  { id: 'runAsNonRoot', versions: [{ from: 0, check: runAsNonRoot }, { from: 35, check: unlessOwnUsers(runAsNonRoot) }] },
  { id: 'runAsUser', versions: [{ from: 23, check: runAsUser }, { from: 35, check: unlessOwnUsers(runAsUser) }] },
  { id: 'seccompProfile_restricted', overrides: ['seccompProfile_baseline'], versions: [{ from: 19, check: seccomp }, { from: 25, check: unlessWindows(seccomp) }] },
]
