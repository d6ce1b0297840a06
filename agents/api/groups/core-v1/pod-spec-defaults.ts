/**
 * Defaults of a pod's spec, shared by Pods and every template of one. Upstream: pkg/apis/core/v1/defaults.go.
 *
 *   PF1  imagePullPolicy, of containers and of image volumes, is Always for an untagged image or :latest, else IfNotPresent.
 *   PF2  A limit without a request becomes the request, in a Pod only: a template keeps what was written.
 *   PF3  With hostNetwork, a container port without hostPort takes its own number.
 *   PF4  Probes: scheme HTTP, timeout 1, period 10, success 1, failure 3.
 *   PF5  lifecycle.stopSignal and schedulingGroup are left out without a word: ContainerStopSignals and GenericWorkload are alpha
 *        and off by default in 1.36.
 *   PF6  A pod's grace period is at least a second where a negative one was asked for; a template keeps what was written.
 */
import type {
  Container, EphemeralContainer, PodSpec, PodTemplateSpec, Probe, ProjectedVolumeSource, ResourceRequirements, Volume,
} from './types.ts'

type AnyContainer = Container | EphemeralContainer

export function setPodSpecDefaults(spec: PodSpec): void {
  spec.dnsPolicy ??= 'ClusterFirst'
  spec.restartPolicy ??= 'Always'
  spec.securityContext ??= {}
  spec.terminationGracePeriodSeconds ??= 30
  spec.schedulerName ??= 'default-scheduler'
  delete spec.schedulingGroup // PF5
  if (spec.hostNetwork === true) spec.containers.concat(spec.initContainers ?? []).forEach(setHostPorts)
  // Both spellings are kept equal.
  if (spec.serviceAccountName !== undefined) spec.serviceAccount = spec.serviceAccountName
  else if (spec.serviceAccount !== undefined) spec.serviceAccountName = spec.serviceAccount
  spec.volumes?.forEach(setVolumeDefaults)
  for (const container of allContainers(spec)) setContainerDefaults(container)
}

export function setPodTemplateDefaults(template: PodTemplateSpec | undefined): void {
  if (template?.metadata?.managedFields?.length === 0) delete template.metadata.managedFields
  if (template?.spec !== undefined) setPodSpecDefaults(template.spec)
}

/** What a Pod gets beyond its template, after the shared defaults (PF2). */
export function setPodOnlyDefaults(spec: PodSpec): void {
  spec.enableServiceLinks ??= true
  if (spec.terminationGracePeriodSeconds! < 0) spec.terminationGracePeriodSeconds = 1 // PF6
  for (const container of [...(spec.initContainers ?? []), ...spec.containers]) copyLimitsToRequests(container.resources)
  setPodLevelRequests(spec)
}

function setPodLevelRequests(spec: PodSpec): void {
  const limits = spec.resources?.limits
  if (spec.resources === undefined || limits === undefined) return
  const asked = new Set([...spec.containers, ...(spec.initContainers ?? [])].flatMap(each => Object.keys(each.resources?.requests ?? {})))
  copyMissing(spec.resources, Object.entries(limits).filter(([name]) => !asked.has(name)))
}

function copyLimitsToRequests(resources: ResourceRequirements | undefined): void {
  if (resources?.limits === undefined) return
  copyMissing(resources, Object.entries(resources.limits))
}

function copyMissing(resources: Pick<ResourceRequirements, 'requests'>, limits: readonly (readonly [string, string])[]): void {
  const missing = limits.filter(([name]) => resources.requests === undefined || !Object.hasOwn(resources.requests, name))
  if (missing.length > 0) resources.requests = { ...resources.requests, ...Object.fromEntries(missing) }
}

export function* allContainers(spec: PodSpec): Generator<AnyContainer> {
  yield* spec.initContainers ?? []
  yield* spec.containers ?? []
  yield* spec.ephemeralContainers ?? []
}

function setHostPorts(container: Container): void {
  for (const port of container.ports ?? []) if (port.hostPort === undefined) port.hostPort = port.containerPort
}

function setContainerDefaults(container: AnyContainer): void {
  container.terminationMessagePath ??= '/dev/termination-log'
  container.terminationMessagePolicy ??= 'File'
  container.imagePullPolicy ??= pullPolicyOf(container.image ?? '')
  container.resources ??= {}
  for (const port of container.ports ?? []) port.protocol ??= 'TCP'
  for (const variable of container.env ?? []) {
    const from = variable.valueFrom
    if (from?.fieldRef !== undefined) from.fieldRef.apiVersion ??= 'v1'
    if (from?.resourceFieldRef !== undefined) from.resourceFieldRef.divisor ??= '0'
    if (from?.fileKeyRef !== undefined) from.fileKeyRef.optional ??= false
  }
  setProbeDefaults(container.livenessProbe)
  setProbeDefaults(container.readinessProbe)
  setProbeDefaults(container.startupProbe)
  setHttpDefaults(container.lifecycle?.postStart)
  setHttpDefaults(container.lifecycle?.preStop)
  leaveOutStopSignal(container)
}

/** PF5; a lifecycle that says nothing else goes with it. */
function leaveOutStopSignal(container: AnyContainer): void {
  if (container.lifecycle?.stopSignal === undefined) return
  delete container.lifecycle.stopSignal
  if (Object.keys(container.lifecycle).length === 0) delete container.lifecycle
}

/** [domain[:port]/]path[:tag][@digest], of lower case but for the domain and the tag. */
const imageName = /^([a-zA-Z0-9.-]+(:\d+)?\/)?[a-z0-9]+(([._]|__|-+)[a-z0-9]+)*(\/[a-z0-9]+(([._]|__|-+)[a-z0-9]+)*)*(:\w[\w.-]{0,127})?(@.+)?$/

/** PF1 */
function pullPolicyOf(image: string): string {
  if (!imageName.test(image)) return 'IfNotPresent' // no name, no tag
  const withoutDigest = image.split('@')[0]!
  const hasDigest = withoutDigest !== image
  const tag = /:([\w][\w.-]*)$/.exec(withoutDigest.slice(withoutDigest.lastIndexOf('/') + 1))?.[1]
  return (tag === undefined && !hasDigest) || tag === 'latest' ? 'Always' : 'IfNotPresent'
}

function setHttpDefaults(handler: { httpGet?: { scheme?: string; path?: string } } | undefined): void {
  if (handler?.httpGet !== undefined) {
    handler.httpGet.path ??= '/'
    handler.httpGet.scheme ??= 'HTTP'
  }
}

function setProbeDefaults(probe: Probe | undefined): void {
  if (probe === undefined) return
  probe.timeoutSeconds ??= 1
  probe.periodSeconds ??= 10
  probe.successThreshold ??= 1
  probe.failureThreshold ??= 3
  setHttpDefaults(probe)
  const grpc = probe.grpc as { service?: string | null } | undefined
  if (grpc !== undefined) grpc.service ??= ''
}

/** The sources a volume may name; one without any is an emptyDir. */
export const volumeSources = [
  'emptyDir', 'hostPath', 'configMap', 'secret', 'projected', 'downwardAPI', 'persistentVolumeClaim', 'ephemeral', 'csi', 'nfs', 'image',
  'iscsi', 'fc', 'rbd', 'cephfs', 'cinder', 'glusterfs', 'flexVolume', 'flocker', 'gitRepo', 'gcePersistentDisk', 'awsElasticBlockStore',
  'azureDisk', 'azureFile', 'quobyte', 'vsphereVolume', 'photonPersistentDisk', 'portworxVolume', 'scaleIO', 'storageos',
] as const satisfies readonly (keyof Volume)[]

function setVolumeDefaults(volume: Volume): void {
  if (!volumeSources.some(source => volume[source] !== undefined)) volume.emptyDir = {}
  if (volume.secret !== undefined) volume.secret.defaultMode ??= 420
  if (volume.configMap !== undefined) volume.configMap.defaultMode ??= 420
  if (volume.downwardAPI !== undefined) {
    volume.downwardAPI.defaultMode ??= 420
    volume.downwardAPI.items?.forEach(setDownwardItemDefaults)
  }
  if (volume.projected !== undefined) setProjectedDefaults(volume.projected)
  if (volume.hostPath !== undefined) volume.hostPath.type ??= ''
  if (volume.image !== undefined) volume.image.pullPolicy ??= pullPolicyOf(volume.image.reference ?? '')
  const claim = volume.ephemeral?.volumeClaimTemplate
  if (claim !== undefined) claim.spec.volumeMode ??= 'Filesystem'
  setOldVolumeDefaults(volume)
}

function setOldVolumeDefaults(volume: Volume): void {
  if (volume.iscsi !== undefined) volume.iscsi.iscsiInterface ??= 'default'
  if (volume.rbd !== undefined) {
    volume.rbd.pool ??= 'rbd'
    volume.rbd.user ??= 'admin'
    volume.rbd.keyring ??= '/etc/ceph/keyring'
  }
  if (volume.azureDisk !== undefined) {
    volume.azureDisk.cachingMode ??= 'ReadWrite'
    volume.azureDisk.kind ??= 'Shared'
    volume.azureDisk.fsType ??= 'ext4'
    volume.azureDisk.readOnly ??= false
  }
  if (volume.scaleIO !== undefined) {
    volume.scaleIO.storageMode ??= 'ThinProvisioned'
    volume.scaleIO.fsType ??= 'xfs'
  }
}

function setProjectedDefaults(projected: ProjectedVolumeSource): void {
  projected.defaultMode ??= 420
  for (const source of projected.sources ?? []) {
    if (source.serviceAccountToken !== undefined) source.serviceAccountToken.expirationSeconds ??= 3600
    source.downwardAPI?.items?.forEach(setDownwardItemDefaults)
  }
}

function setDownwardItemDefaults(item: { fieldRef?: { apiVersion?: string }; resourceFieldRef?: { divisor?: string } }): void {
  if (item.fieldRef !== undefined) item.fieldRef.apiVersion ??= 'v1'
  if (item.resourceFieldRef !== undefined) item.resourceFieldRef.divisor ??= '0'
}
