/**
 * Rules of a pod's spec. Upstream: pkg/apis/core/validation ValidatePodSpec.
 *
 *   PS1  There is at least one container; names are DNS labels and unique over all containers.
 *   PS2  Every volumeMount names a volume, every mountPath is used once.
 *   PS3  Probes fit their container: init containers without restartPolicy Always have none; success is 1 for liveness
 *        and startup.
 *   PS4  With hostNetwork the host port of a container port is its container port.
 */
import { duplicate, forbidden, invalid, notFound, notSupported, required, tooLong, type FieldError } from '../../field-error.ts'
import { validateLabels, validateLabelSelector } from '../../validation/metadata.ts'
import { isDns1123Label, isDns1123Subdomain, isEnvVarName, isLabelValue, isPortName, isQualifiedName } from '../../validation/names.ts'
import { inRange } from '../../validation/numbers.ts'
import { validateInitRestart, validateResizePolicy, validateRestart, validateVolumeDevices } from './container-details-validation.ts'
import { validateDnsConfig, validateHostAliases, validateOptionalChoices, validateReadinessGates, validateResourceClaims } from './pod-network-validation.ts'
import { validateAppArmorProfile, validateHostProcess, validatePodSecurityContext, validateSeccompProfile, validateWindowsOptions } from './pod-security-validation.ts'
import { validateHandler, validateProbe } from './probe-validation.ts'
import { validatePodResources, validateResources } from './resource-requirements-validation.ts'
import { validateTopologySpread } from './topology-spread-validation.ts'
import { validateVolumes } from './volume-validation.ts'
import type { Affinity, Container, ContainerPort, EnvVar, NodeSelectorTerm, PodAffinityTerm, PodSpec, Toleration, VolumeMount } from './types.ts'

type AnyContainer = Omit<Container, 'name'> & { name: string }

export function validatePodSpec(spec: PodSpec, path: string): FieldError[] {
  const volumes = validateVolumes(spec.volumes ?? [], `${path}.volumes`)
  const names = new Set<string>()
  const context: ContainerContext = { volumes: volumes.names, names, hostNetwork: spec.hostNetwork === true, graceSeconds: spec.terminationGracePeriodSeconds ?? 30, restartPolicy: spec.restartPolicy }
  return [
    ...volumes.errors,
    ...validateResourceClaims(spec.resourceClaims ?? [], `${path}.resourceClaims`),
    ...((spec.containers ?? []).length === 0 ? [required(`${path}.containers`)] : []),
    ...(spec.containers ?? []).flatMap((container, index) => validateContainer(container, `${path}.containers[${index}]`, context, 'regular')),
    ...(spec.initContainers ?? []).flatMap((container, index) => validateContainer(container, `${path}.initContainers[${index}]`, context, 'init')),
    ...(spec.ephemeralContainers ?? []).flatMap((container, index) => [
      ...validateContainer(container, `${path}.ephemeralContainers[${index}]`, context, 'ephemeral'),
      ...(container.targetContainerName !== undefined && !(spec.containers ?? []).some(each => each.name === container.targetContainerName)
        ? [notFound(`${path}.ephemeralContainers[${index}].targetContainerName`, container.targetContainerName)]
        : []),
    ]),
    ...validateHostPortConflicts(spec, path),
    ...validatePodResources(spec, `${path}.resources`),
    ...validateChoices(spec, path),
    ...validateLabels(spec.nodeSelector, `${path}.nodeSelector`),
    ...validatePodSecurityContext(spec, `${path}.securityContext`),
    ...validateAffinity(spec.affinity, `${path}.affinity`),
    ...validateDnsConfig(spec.dnsConfig, spec.dnsPolicy, `${path}.dnsConfig`),
    ...validateReadinessGates(spec.readinessGates ?? [], `${path}.readinessGates`),
    ...validateGates(spec, path),
    ...validateTopologySpread(spec.topologySpreadConstraints ?? [], `${path}.topologySpreadConstraints`),
    ...validateHostProcess(spec, path),
    ...validateNames(spec, path),
    ...validateTolerations(spec.tolerations ?? [], `${path}.tolerations`),
    ...validateHostAliases(spec.hostAliases ?? [], `${path}.hostAliases`),
    ...validatePriorityClassName(spec, path),
    ...validateOptionalChoices(spec, path),
  ]
}

interface ContainerContext {
  readonly volumes: ReadonlySet<string>
  readonly names: Set<string>
  readonly hostNetwork: boolean
  readonly graceSeconds: number
  /** Of the pod. */
  readonly restartPolicy: string | undefined
}

type Role = 'regular' | 'init' | 'ephemeral'

function validateContainer(container: AnyContainer, path: string, context: ContainerContext, role: Role): FieldError[] {
  const errors: FieldError[] = []
  if (container.name === '') errors.push(required(`${path}.name`))
  else errors.push(...isDns1123Label(container.name).map(text => invalid(`${path}.name`, container.name, text)))
  if (context.names.has(container.name) && container.name !== '') errors.push(duplicate(`${path}.name`, container.name))
  context.names.add(container.name)
  const image = container.image ?? ''
  if (image === '') {
    errors.push(required(`${path}.image`))
  } else if (image !== image.trim()) {
    errors.push(invalid(`${path}.image`, image, 'must not have leading or trailing whitespace'))
  }
  if (!['Always', 'IfNotPresent', 'Never'].includes(container.imagePullPolicy ?? '')) errors.push(notSupported(`${path}.imagePullPolicy`, container.imagePullPolicy ?? '', ['Always', 'IfNotPresent', 'Never']))
  if (container.terminationMessagePolicy !== undefined && !['File', 'FallbackToLogsOnError'].includes(container.terminationMessagePolicy)) {
    errors.push(notSupported(`${path}.terminationMessagePolicy`, container.terminationMessagePolicy, ['File', 'FallbackToLogsOnError']))
  }
  return [
    ...errors,
    ...(role === 'ephemeral' ? [] : validateForRole(container, path, role, context.graceSeconds)),
    ...(container.ports ?? []).flatMap((port, index) => validatePort(port, `${path}.ports[${index}]`, context.hostNetwork)),
    ...validatePortNames(container.ports ?? [], `${path}.ports`),
    ...(container.env ?? []).flatMap((variable, index) => validateEnv(variable, `${path}.env[${index}]`)),
    ...validateEnvFrom(container, path),
    ...validateMounts(container.volumeMounts ?? [], `${path}.volumeMounts`, context.volumes),
    ...validateVolumeDevices(container.volumeDevices ?? [], `${path}.volumeDevices`, context.volumes),
    ...validateResources(container.resources, `${path}.resources`),
    ...validateResizePolicy(container.resizePolicy ?? [], `${path}.resizePolicy`, context.restartPolicy),
    ...validateSecurityContext(container, path),
    ...(role === 'ephemeral' ? validateForRole(container, path, role, context.graceSeconds) : []),
  ]
}

function validateForRole(container: AnyContainer, path: string, role: Role, graceSeconds: number): FieldError[] {
  const { livenessProbe, readinessProbe, startupProbe, lifecycle } = container
  if (role === 'ephemeral') {
    return (['ports', 'resources', 'resizePolicy', 'restartPolicy', 'restartPolicyRules', 'livenessProbe', 'readinessProbe', 'startupProbe', 'lifecycle'] as const)
      .filter(field => (field === 'resources' ? Object.keys(container.resources ?? {}).length > 0 : container[field] !== undefined))
      .map(field => forbidden(`${path}.${field}`, 'cannot be set for an Ephemeral Container'))
      .concat((container.volumeMounts ?? []).flatMap((mount, index) => (['subPath', 'subPathExpr'] as const)
        .filter(field => (mount[field] ?? '') !== '')
        .map(field => forbidden(`${path}.volumeMounts[${index}].${field}`, 'cannot be set for an Ephemeral Container'))))
  }
  const isSidecar = role === 'init' && container.restartPolicy === 'Always'
  if (role === 'init' && !isSidecar) {
    const errors = (['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe'] as const)
      .filter(field => container[field] !== undefined)
      .map(field => forbidden(`${path}.${field}`, 'may not be set for init containers without restartPolicy=Always'))
    return [...validateInitRestart(container, path), ...errors]
  }
  return [
    ...(isSidecar ? validateInitRestart(container, path) : []),
    ...(lifecycle?.postStart === undefined ? [] : validateHandler(lifecycle.postStart, `${path}.lifecycle.postStart`, graceSeconds)),
    ...(lifecycle?.preStop === undefined ? [] : validateHandler(lifecycle.preStop, `${path}.lifecycle.preStop`, graceSeconds)),
    ...validateProbe(livenessProbe, `${path}.livenessProbe`, true),
    ...validateProbe(readinessProbe, `${path}.readinessProbe`, false),
    ...validateProbe(startupProbe, `${path}.startupProbe`, true),
    ...(isSidecar ? [] : validateRestart(container, path)),
  ]
}

function validatePort(port: ContainerPort, path: string, hostNetwork: boolean): FieldError[] {
  const errors: FieldError[] = []
  if (port.name !== undefined) errors.push(...isPortName(port.name).map(text => invalid(`${path}.name`, port.name, text)))
  if (port.containerPort === 0) errors.push(required(`${path}.containerPort`))
  else errors.push(...inRange(port.containerPort, 1, 65_535, `${path}.containerPort`))
  if (port.hostPort !== undefined) errors.push(...inRange(port.hostPort, 1, 65_535, `${path}.hostPort`))
  if (!['TCP', 'UDP', 'SCTP'].includes(port.protocol ?? '')) {
    errors.push((port.protocol ?? '') === '' ? required(`${path}.protocol`) : notSupported(`${path}.protocol`, port.protocol, ['SCTP', 'TCP', 'UDP']))
  }
  if (hostNetwork && port.hostPort !== port.containerPort) errors.push(invalid(`${path}.hostPort`, port.hostPort ?? 0, 'must match `containerPort` when `hostNetwork` is true')) // PS4
  return errors
}

function validatePortNames(ports: readonly ContainerPort[], path: string): FieldError[] {
  const seen = new Set<string>()
  return ports.flatMap((port, index) => {
    if (port.name === undefined) return []
    if (seen.has(port.name)) return [duplicate(`${path}[${index}].name`, port.name)]
    seen.add(port.name)
    return []
  })
}

function validateHostPortConflicts(spec: PodSpec, path: string): FieldError[] {
  const seen = new Set<string>()
  return (spec.containers ?? []).flatMap((container, index) => (container.ports ?? []).flatMap((port, portIndex) => {
    if (port.hostPort === undefined || port.hostPort === 0) return []
    const key = `${port.protocol ?? 'TCP'}/${port.hostIP ?? ''}/${port.hostPort}`
    if (seen.has(key)) return [duplicate(`${path}.containers[${index}].ports[${portIndex}].hostPort`, key)]
    seen.add(key)
    return []
  }))
}

const envFieldPaths = ['metadata.name', 'metadata.namespace', 'metadata.uid', 'spec.nodeName', 'spec.serviceAccountName', 'status.hostIP', 'status.hostIPs', 'status.podIP', 'status.podIPs']

function validateEnv(variable: EnvVar, path: string): FieldError[] {
  const errors: FieldError[] = []
  if (variable.name === '') errors.push(required(`${path}.name`))
  else errors.push(...isEnvVarName(variable.name).map(text => invalid(`${path}.name`, variable.name, text)))
  const from = variable.valueFrom
  if (from === undefined) return errors
  const at = `${path}.valueFrom`
  const sources = Object.values(from).filter(each => each !== undefined)
  if (sources.length === 0) errors.push(invalid(at, '', 'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`'))
  else if (variable.value !== undefined && variable.value !== '') errors.push(invalid(at, '', 'may not be specified when `value` is not empty'))
  else if (sources.length > 1) errors.push(invalid(at, '', 'may not have more than one field specified at a time'))
  for (const field of ['configMapKeyRef', 'secretKeyRef'] as const) {
    const ref = from[field]
    if (ref === undefined) continue
    errors.push(...isDns1123Subdomain(ref.name ?? '').map(text => invalid(`${at}.${field}.name`, ref.name ?? '', text)))
    if (ref.key === '') errors.push(required(`${at}.${field}.key`))
  }
  if (from.fieldRef !== undefined) errors.push(...validateFieldPath(from.fieldRef.fieldPath, `${at}.fieldRef`, envFieldPaths))
  return errors
}

export function validateFieldPath(fieldPath: string, path: string, known: readonly string[]): FieldError[] {
  if (fieldPath === '') return [required(`${path}.fieldPath`)]
  if (/^metadata\.(annotations|labels)\['[^']*'\]$/.test(fieldPath) || known.includes(fieldPath)) return []
  return [invalid(`${path}.fieldPath`, fieldPath, `error converting fieldPath: field label not supported: ${fieldPath}`)]
}

function validateEnvFrom(container: AnyContainer, path: string): FieldError[] {
  return (container.envFrom ?? []).flatMap((source, index) => {
    const at = `${path}.envFrom[${index}]`
    const errors: FieldError[] = []
    if (source.prefix !== undefined) errors.push(...isEnvVarName(source.prefix).map(text => invalid(`${at}.prefix`, source.prefix, text)))
    if (source.configMapRef === undefined && source.secretRef === undefined) errors.push(invalid(`${path}.envFrom`, '', 'must specify one of: `configMapRef` or `secretRef`'))
    else if (source.configMapRef !== undefined && source.secretRef !== undefined) errors.push(invalid(`${path}.envFrom`, '', 'may not have more than one field specified at a time'))
    if (source.configMapRef !== undefined && (source.configMapRef.name ?? '') === '') errors.push(required(`${at}.configMapRef.name`))
    if (source.secretRef !== undefined && (source.secretRef.name ?? '') === '') errors.push(required(`${at}.secretRef.name`))
    return errors
  })
}

function validateMounts(mounts: readonly VolumeMount[], path: string, volumes: ReadonlySet<string>): FieldError[] {
  const seen = new Set<string>()
  return mounts.flatMap((mount, index) => {
    const at = `${path}[${index}]`
    const errors: FieldError[] = []
    if (mount.name === '') errors.push(required(`${at}.name`))
    if (!volumes.has(mount.name)) errors.push(notFound(`${at}.name`, mount.name)) // PS2
    if (mount.mountPath === '') errors.push(required(`${at}.mountPath`))
    if (seen.has(mount.mountPath)) errors.push(invalid(`${at}.mountPath`, mount.mountPath, 'must be unique'))
    seen.add(mount.mountPath)
    if (mount.subPath !== undefined) errors.push(...validateLocalPath(mount.subPath, `${path}.subPath`))
    if (mount.subPathExpr !== undefined) {
      if (mount.subPath !== undefined) errors.push(invalid(`${at}.subPathExpr`, mount.subPathExpr, 'subPathExpr and subPath are mutually exclusive'))
      errors.push(...validateLocalPath(mount.subPathExpr, `${path}.subPathExpr`))
    }
    if (mount.mountPropagation !== undefined && !['Bidirectional', 'HostToContainer', 'None'].includes(mount.mountPropagation)) errors.push(notSupported(`${path}.mountPropagation`, mount.mountPropagation, ['Bidirectional', 'HostToContainer', 'None']))
    return [...errors, ...validateRecursiveReadOnly(mount, `${path}.recursiveReadOnly`)]
  })
}

function validateRecursiveReadOnly({ recursiveReadOnly, readOnly, mountPropagation }: VolumeMount, path: string): FieldError[] {
  if (recursiveReadOnly === undefined) return []
  if (!['Disabled', 'Enabled', 'IfPossible'].includes(recursiveReadOnly)) return [notSupported(path, recursiveReadOnly, ['Disabled', 'Enabled', 'IfPossible'])]
  if (recursiveReadOnly === 'Disabled') return []
  return [
    ...(readOnly === true ? [] : [forbidden(path, 'may only be specified when readOnly is true')]),
    ...(mountPropagation === undefined || mountPropagation === 'None' ? [] : [forbidden(path, 'may only be specified when mountPropagation is None or not specified')]),
  ]
}

export function validateLocalPath(text: string, path: string): FieldError[] {
  if (text.startsWith('/')) return [invalid(path, text, 'must be a relative path')]
  return text.split('/').includes('..') ? [invalid(path, text, "must not contain '..'")] : []
}

function validateSecurityContext(container: AnyContainer, path: string): FieldError[] {
  const context = container.securityContext
  if (context === undefined) return []
  const at = `${path}.securityContext`
  const errors = [...inRange(context.runAsUser, 0, 2_147_483_647, `${at}.runAsUser`), ...inRange(context.runAsGroup, 0, 2_147_483_647, `${at}.runAsGroup`)]
  if (context.procMount !== undefined && !['Default', 'Unmasked'].includes(context.procMount)) errors.push(notSupported(`${at}.procMount`, context.procMount, ['Default', 'Unmasked']))
  errors.push(...validateSeccompProfile(context.seccompProfile, `${at}.seccompProfile`))
  if (context.allowPrivilegeEscalation === false) {
    if (context.privileged === true) errors.push(invalid(at, context, 'cannot set `allowPrivilegeEscalation` to false and `privileged` to true'))
    if (context.capabilities?.add?.includes('CAP_SYS_ADMIN') === true) errors.push(invalid(at, context, 'cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN'))
  }
  errors.push(...validateWindowsOptions(context.windowsOptions, `${at}.windowsOptions`), ...validateAppArmorProfile(context.appArmorProfile, `${at}.appArmorProfile`))
  return errors
}

function validateChoices(spec: PodSpec, path: string): FieldError[] {
  const errors: FieldError[] = []
  const choose = (value: string | undefined, allowed: readonly string[], field: string) => {
    if (value === undefined || value === '') errors.push(required(`${path}.${field}`))
    else if (!allowed.includes(value)) errors.push(notSupported(`${path}.${field}`, value, allowed))
  }
  choose(spec.restartPolicy, ['Always', 'OnFailure', 'Never'], 'restartPolicy')
  choose(spec.dnsPolicy, ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None'], 'dnsPolicy')
  if (spec.activeDeadlineSeconds !== undefined) errors.push(...inRange(spec.activeDeadlineSeconds, 1, 2_147_483_647, `${path}.activeDeadlineSeconds`))
  return errors
}

function validateNames(spec: PodSpec, path: string): FieldError[] {
  const named = (value: string | undefined, field: string, rule: (text: string) => string[]) =>
    value === undefined || value === '' ? [] : rule(value).map(text => invalid(`${path}.${field}`, value, text))
  return [
    ...named(spec.serviceAccountName, 'serviceAccountName', isDns1123Subdomain),
    ...named(spec.nodeName, 'nodeName', isDns1123Subdomain),
    ...named(spec.hostname, 'hostname', isDns1123Label),
    ...validateHostnameOverride(spec, `${path}.hostnameOverride`),
    ...named(spec.subdomain, 'subdomain', isDns1123Label),
  ]
}

function validateHostnameOverride({ hostnameOverride, setHostnameAsFQDN, hostNetwork }: PodSpec, path: string): FieldError[] {
  if (hostnameOverride === undefined) return []
  return [
    ...(setHostnameAsFQDN === true ? [forbidden(path, 'may not be specified when setHostnameAsFQDN is true')] : []),
    ...(hostNetwork === true ? [forbidden(path, 'may not be specified when hostNetwork is true')] : []),
    ...(hostnameOverride.length > 64 ? [tooLong(path, 64)] : []),
    ...isDns1123Subdomain(hostnameOverride).map(text => invalid(path, hostnameOverride, text)),
  ]
}

function validatePriorityClassName({ priorityClassName = '' }: PodSpec, path: string): FieldError[] {
  return priorityClassName === '' ? [] : isDns1123Subdomain(priorityClassName).map(text => invalid(`${path}.priorityClassName`, priorityClassName, text))
}

export function validateTolerations(tolerations: readonly Toleration[], path: string): FieldError[] {
  return tolerations.flatMap((toleration, index) => {
    const at = `${path}[${index}]`
    const errors: FieldError[] = []
    const { key = '', operator = '', value = '', effect } = toleration
    if (key !== '') errors.push(...isQualifiedName(key).map(text => invalid(`${at}.key`, key, text)))
    if (key === '' && operator !== 'Exists') errors.push(invalid(`${at}.operator`, operator, "operator must be Exists when `key` is empty, which means \"match all values and all keys\""))
    if (toleration.tolerationSeconds !== undefined && effect !== 'NoExecute') errors.push(invalid(`${at}.effect`, effect ?? '', "effect must be 'NoExecute' when `tolerationSeconds` is set"))
    if (operator === 'Exists') {
      if (value !== '') errors.push(invalid(`${at}.operator`, value, "value must be empty when `operator` is 'Exists'"))
    } else if (operator === 'Equal' || operator === '') {
      errors.push(...isLabelValue(value).map(text => invalid(`${at}.operator`, value, text)))
    } else {
      errors.push(notSupported(`${at}.operator`, operator, ['Equal', 'Exists']))
    }
    if (effect !== undefined && !['NoSchedule', 'PreferNoSchedule', 'NoExecute'].includes(effect)) errors.push(notSupported(`${at}.effect`, effect, ['NoSchedule', 'PreferNoSchedule', 'NoExecute']))
    return errors
  })
}

const nodeOperators = ['In', 'NotIn', 'Exists', 'DoesNotExist', 'Gt', 'Lt']

export function validateNodeSelectorTerm(term: NodeSelectorTerm, path: string): FieldError[] {
  return (term.matchExpressions ?? []).flatMap((expression, index) => {
    const at = `${path}.matchExpressions[${index}]`
    const count = expression.values?.length ?? 0
    const errors: FieldError[] = []
    if (!nodeOperators.includes(expression.operator)) errors.push(invalid(`${at}.operator`, expression.operator, 'not a valid selector operator'))
    else if (expression.operator === 'In' || expression.operator === 'NotIn') {
      if (count === 0) errors.push(required(`${at}.values`, "must be specified when `operator` is 'In' or 'NotIn'"))
    } else if (expression.operator === 'Gt' || expression.operator === 'Lt') {
      if (count !== 1) errors.push(required(`${at}.values`, "must be specified single value when `operator` is 'Lt' or 'Gt'"))
    } else if (count > 0) errors.push(forbidden(`${at}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"))
    return [...errors, ...isQualifiedName(expression.key).map(text => invalid(`${at}.key`, expression.key, text))]
  })
}

function validateAffinity(affinity: Affinity | undefined, path: string): FieldError[] {
  if (affinity === undefined) return []
  const node = affinity.nodeAffinity
  const requiredNode = node?.requiredDuringSchedulingIgnoredDuringExecution
  const at = `${path}.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution`
  return [
    ...(requiredNode !== undefined && (requiredNode.nodeSelectorTerms ?? []).length === 0 ? [required(`${at}.nodeSelectorTerms`, 'must have at least one node selector term')] : []),
    ...(requiredNode?.nodeSelectorTerms ?? []).flatMap((term, index) => validateNodeSelectorTerm(term, `${at}.nodeSelectorTerms[${index}]`)),
    ...(node?.preferredDuringSchedulingIgnoredDuringExecution ?? []).flatMap((term, index) => {
      const here = `${path}.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[${index}]`
      return [...(term.weight <= 0 || term.weight > 100 ? [invalid(`${here}.weight`, term.weight, 'must be in the range 1-100')] : []), ...validateNodeSelectorTerm(term.preference, `${here}.preference`)]
    }),
    ...(['podAffinity', 'podAntiAffinity'] as const).flatMap(field => [
      ...(affinity[field]?.requiredDuringSchedulingIgnoredDuringExecution ?? []).flatMap((term, index) => validateAffinityTerm(term, `${path}.${field}.requiredDuringSchedulingIgnoredDuringExecution[${index}]`)),
      ...(affinity[field]?.preferredDuringSchedulingIgnoredDuringExecution ?? []).flatMap((term, index) => {
        const here = `${path}.${field}.preferredDuringSchedulingIgnoredDuringExecution[${index}]`
        return [...(term.weight <= 0 || term.weight > 100 ? [invalid(`${here}.weight`, term.weight, 'must be in the range 1-100')] : []), ...validateAffinityTerm(term.podAffinityTerm, `${here}.podAffinityTerm`)]
      }),
    ]),
  ]
}

function validateAffinityTerm(term: PodAffinityTerm, path: string): FieldError[] {
  return [
    ...validateLabelSelector(term.labelSelector, `${path}.labelSelector`),
    ...validateLabelSelector(term.namespaceSelector, `${path}.namespaceSelector`),
    ...(term.topologyKey === '' ? [required(`${path}.topologyKey`, 'can not be empty')] : []),
    ...isQualifiedName(term.topologyKey).map(text => invalid(`${path}.topologyKey`, term.topologyKey, text)),
  ]
}

function validateGates(spec: PodSpec, path: string): FieldError[] {
  const seen = new Set<string>()
  const bound = (spec.schedulingGates ?? []).length > 0 && (spec.nodeName ?? '') !== ''
  return [...(bound ? [forbidden(`${path}.nodeName`, 'cannot be set until all schedulingGates have been cleared')] : []), ...(spec.schedulingGates ?? []).flatMap((gate, index) => {
    const at = `${path}.schedulingGates[${index}]`
    const errors = isQualifiedName(gate.name).map(text => invalid(at, gate.name, text))
    if (seen.has(gate.name)) errors.push(duplicate(at, gate.name))
    seen.add(gate.name)
    return errors
  })]
}
