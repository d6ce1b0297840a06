/**
 * The closed sets of strings that upstream marks as enumerations, by the package of the Go type and its name.
 *
 * Sets that are open to extension (condition types, reasons, resource names) are not here on purpose.
 */
import { keyUsages } from '../groups/certificates-v1/certificate-signing-request.ts'

type Enumerations = Readonly<Record<string, readonly string[]>>

const stopSignals: readonly string[] = [
  ...numbered('SIGRTMAX-', 14), ...numbered('SIGRTMIN+', 15),
  'SIGABRT', 'SIGALRM', 'SIGBUS', 'SIGCHLD', 'SIGCLD', 'SIGCONT', 'SIGFPE', 'SIGHUP', 'SIGILL', 'SIGINT', 'SIGIO', 'SIGIOT', 'SIGKILL', 'SIGPIPE', 'SIGPOLL', 'SIGPROF', 'SIGPWR', 'SIGQUIT',
  'SIGRTMAX', 'SIGRTMIN', 'SIGSEGV', 'SIGSTKFLT', 'SIGSTOP', 'SIGSYS', 'SIGTERM', 'SIGTRAP', 'SIGTSTP', 'SIGTTIN', 'SIGTTOU', 'SIGURG', 'SIGUSR1', 'SIGUSR2', 'SIGVTALRM', 'SIGWINCH', 'SIGXCPU', 'SIGXFSZ',
].sort()

function numbered(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}${index + 1}`)
}

const core: Enumerations = {
  AppArmorProfileType: ['Localhost', 'RuntimeDefault', 'Unconfined'],
  AzureDataDiskCachingMode: ['None', 'ReadOnly', 'ReadWrite'],
  AzureDataDiskKind: ['Dedicated', 'Managed', 'Shared'],
  ClaimResourceStatus: ['ControllerResizeInProgress', 'ControllerResizeInfeasible', 'NodeResizeInProgress', 'NodeResizeInfeasible', 'NodeResizePending'],
  DNSPolicy: ['ClusterFirst', 'ClusterFirstWithHostNet', 'Default', 'None'],
  HostPathType: ['', 'BlockDevice', 'CharDevice', 'Directory', 'DirectoryOrCreate', 'File', 'FileOrCreate', 'Socket'],
  IPFamily: ['', 'IPv4', 'IPv6'],
  IPFamilyPolicy: ['PreferDualStack', 'RequireDualStack', 'SingleStack'],
  MountPropagationMode: ['Bidirectional', 'HostToContainer', 'None'],
  NamespacePhase: ['Active', 'Terminating'],
  NodeInclusionPolicy: ['Honor', 'Ignore'],
  NodePhase: ['Pending', 'Running', 'Terminated'],
  NodeSelectorOperator: ['DoesNotExist', 'Exists', 'Gt', 'In', 'Lt', 'NotIn'],
  PersistentVolumeAccessMode: ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'],
  PersistentVolumeClaimModifyVolumeStatus: ['InProgress', 'Infeasible', 'Pending'],
  PersistentVolumeClaimPhase: ['Bound', 'Lost', 'Pending'],
  PersistentVolumeMode: ['Block', 'Filesystem'],
  PersistentVolumePhase: ['Available', 'Bound', 'Failed', 'Pending', 'Released'],
  PersistentVolumeReclaimPolicy: ['Delete', 'Recycle', 'Retain'],
  PodFSGroupChangePolicy: ['Always', 'OnRootMismatch'],
  PodPhase: ['Failed', 'Pending', 'Running', 'Succeeded', 'Unknown'],
  PodQOSClass: ['BestEffort', 'Burstable', 'Guaranteed'],
  PreemptionPolicy: ['Never', 'PreemptLowerPriority'],
  ProcMountType: ['Default', 'Unmasked'],
  Protocol: ['SCTP', 'TCP', 'UDP'],
  PullPolicy: ['Always', 'IfNotPresent', 'Never'],
  ResourceQuotaScope: ['BestEffort', 'CrossNamespacePodAffinity', 'NotBestEffort', 'NotTerminating', 'PriorityClass', 'Terminating', 'VolumeAttributesClass'],
  RestartPolicy: ['Always', 'Never', 'OnFailure'],
  ScopeSelectorOperator: ['DoesNotExist', 'Exists', 'In', 'NotIn'],
  SeccompProfileType: ['Localhost', 'RuntimeDefault', 'Unconfined'],
  ServiceAffinity: ['ClientIP', 'None'],
  ServiceExternalTrafficPolicy: ['Cluster', 'Local'],
  ServiceInternalTrafficPolicy: ['Cluster', 'Local'],
  ServiceType: ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'],
  Signal: stopSignals,
  SupplementalGroupsPolicy: ['Merge', 'Strict'],
  TaintEffect: ['NoExecute', 'NoSchedule', 'PreferNoSchedule'],
  TerminationMessagePolicy: ['FallbackToLogsOnError', 'File'],
  TolerationOperator: ['Equal', 'Exists', 'Gt', 'Lt'],
  URIScheme: ['HTTP', 'HTTPS'],
  UnsatisfiableConstraintAction: ['DoNotSchedule', 'ScheduleAnyway'],
}

const byPackage: Readonly<Record<string, Enumerations>> = {
  'io.k8s.api.core.v1': core,
  'io.k8s.api.admissionregistration.v1': {
    FailurePolicyType: ['Fail', 'Ignore'],
    MatchPolicyType: ['Equivalent', 'Exact'],
    OperationType: ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE'],
    PatchType: ['ApplyConfiguration', 'JSONPatch'],
    ReinvocationPolicyType: ['IfNeeded', 'Never'],
    ScopeType: ['*', 'Cluster', 'Namespaced'],
    SideEffectClass: ['None', 'NoneOnDryRun', 'Some', 'Unknown'],
    ValidationAction: ['Audit', 'Deny', 'Warn'],
  },
  'io.k8s.api.apps.v1': {
    DaemonSetUpdateStrategyType: ['OnDelete', 'RollingUpdate'],
    DeploymentStrategyType: ['Recreate', 'RollingUpdate'],
    PodManagementPolicyType: ['OrderedReady', 'Parallel'],
    StatefulSetUpdateStrategyType: ['OnDelete', 'RollingUpdate'],
  },
  'io.k8s.api.batch.v1': {
    CompletionMode: ['Indexed', 'NonIndexed'],
    ConcurrencyPolicy: ['Allow', 'Forbid', 'Replace'],
    PodFailurePolicyAction: ['Count', 'FailIndex', 'FailJob', 'Ignore'],
    PodFailurePolicyOnExitCodesOperator: ['In', 'NotIn'],
    PodReplacementPolicy: ['Failed', 'TerminatingOrFailed'],
  },
  'io.k8s.api.certificates.v1': {
    KeyUsage: keyUsages,
  },
  'io.k8s.api.discovery.v1': {
    AddressType: ['FQDN', 'IPv4', 'IPv6'],
  },
  'io.k8s.api.networking.v1': {
    PathType: ['Exact', 'ImplementationSpecific', 'Prefix'],
    PolicyType: ['Egress', 'Ingress'],
  },
  'io.k8s.api.policy.v1': {
    UnhealthyPodEvictionPolicyType: ['AlwaysAllow', 'IfHealthyBudget'],
  },
  'io.k8s.api.resource.v1': {
    AllocationConfigSource: ['FromClaim', 'FromClass'],
    DeviceAllocationMode: ['All', 'ExactCount'],
    DeviceTaintEffect: ['NoExecute', 'NoSchedule', 'None'],
    DeviceTolerationOperator: ['Equal', 'Exists'],
  },
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1': {
    FieldValueErrorReason: ['FieldValueDuplicate', 'FieldValueForbidden', 'FieldValueInvalid', 'FieldValueRequired'],
  },
  'io.k8s.api.storage.v1': {
    VolumeBindingMode: ['Immediate', 'WaitForFirstConsumer'],
  },
}

/** Values of a Go type as a definition's field names it ("v1.PullPolicy"); core's types are used by every package. */
export function enumerationOf(definition: string, goType: string): readonly string[] | undefined {
  const dot = goType.lastIndexOf('.')
  if (dot < 0) return undefined
  const type = goType.slice(dot + 1)
  const own = byPackage[definition.slice(0, definition.lastIndexOf('.'))]
  if (own !== undefined && Object.hasOwn(own, type)) return own[type]
  return Object.hasOwn(core, type) ? core[type] : undefined
}
