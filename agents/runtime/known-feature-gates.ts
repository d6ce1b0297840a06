/**
 * The feature gates of Kubernetes 1.36 as its kube-apiserver tells them (metric kubernetes_feature_enabled): by stage ("" is
 * generally available), whether they are on by default, and whether that can be changed.
 */
export interface KnownGates {
  readonly stage: '' | 'ALPHA' | 'BETA' | 'DEPRECATED'
  readonly isOn: boolean
  readonly isLocked: boolean
  readonly names: readonly string[]
}

export const knownGates: readonly KnownGates[] = [
  { stage: '', isOn: true, isLocked: true, names: [
    'APIServerTracing', 'AnonymousAuthConfigurableEndpoints', 'AnyVolumeDataSource', 'AuthorizeNodeWithSelectors', 'AuthorizeWithSelectors',
    'BtreeWatchCache', 'CPUManagerPolicyOptions', 'CRDValidationRatcheting', 'CSIServiceAccountTokenSecrets', 'ConsistentListFromCache',
    'CustomResourceFieldSelectors', 'DRAAdminAccess', 'DeclarativeValidation', 'DisableAllocatorDualWrite', 'DynamicResourceAllocation',
    'ExecProbeTimeout', 'ExternalServiceAccountTokenSigner', 'ImageMaximumGCAge', 'ImageVolume', 'InOrderInformers', 'InPlacePodVerticalScaling',
    'JobBackoffLimitPerIndex', 'JobManagedBy', 'JobPodReplacementPolicy', 'JobSuccessPolicy', 'KubeletCgroupDriverFromCRI', 'KubeletFineGrainedAuthz',
    'KubeletPSI', 'KubeletPodResourcesDynamicResources', 'KubeletPodResourcesGet', 'KubeletTracing', 'LogarithmicScaleDown',
    'MatchLabelKeysInPodAffinity', 'MultiCIDRServiceAllocator', 'MutableCSINodeAllocatableCount', 'NFTablesProxyMode',
    'NodeInclusionPolicyInPodTopologySpread', 'NodeLogQuery', 'NodeSwap', 'OrderedNamespaceDeletion', 'PodLifecycleSleepAction',
    'PodLifecycleSleepActionAllowZero', 'PodObservedGenerationTracking', 'PodSchedulingReadiness', 'PreferSameTrafficDistribution', 'ProcMountType',
    'RecoverVolumeExpansionFailure', 'RecursiveReadOnlyMounts', 'RelaxedDNSSearchValidation', 'RelaxedEnvironmentVariableValidation',
    'ResilientWatchCacheInitialization', 'RetryGenerateName', 'SELinuxChangePolicy', 'SELinuxMountReadWriteOncePod', 'SchedulerQueueingHints',
    'SeparateTaintEvictionController', 'ServiceAccountTokenJTI', 'ServiceAccountTokenNodeBinding', 'ServiceAccountTokenNodeBindingValidation',
    'ServiceAccountTokenPodNodeInfo', 'SidecarContainers', 'StreamingCollectionEncodingToJSON', 'StreamingCollectionEncodingToProtobuf',
    'StructuredAuthenticationConfiguration', 'SupplementalGroupsPolicy', 'SystemdWatchdog', 'TopologyManagerPolicyOptions', 'UserNamespacesSupport',
    'VolumeAttributesClass', 'WinDSR', 'WinOverlay',
  ] },
  { stage: '', isOn: true, isLocked: false, names: [
    'AllowServiceExternalIPs', 'CustomCPUCFSQuotaPeriod', 'DRAPrioritizedList', 'InformerResourceVersion', 'MutatingAdmissionPolicy',
  ] },
  { stage: 'BETA', isOn: true, isLocked: false, names: [
    'APIResponseCompression', 'APIServerIdentity', 'AllowParsingUserUIDFromCertAuth', 'AtomicFIFO', 'AuthorizePodWebsocketUpgradeCreatePermission',
    'CPUManagerPolicyBetaOptions', 'CRDObservedGenerationTracking', 'ClearingNominatedNodeNameAfterBinding', 'ClientsAllowCARotation',
    'ClientsAllowTLSCacheGC', 'ComponentFlagz', 'ComponentStatusz', 'ConstrainedImpersonation', 'ContainerCheckpoint', 'ContainerRestartRules',
    'ContextualLogging', 'DRAConsumableCapacity', 'DRADeviceBindingConditions', 'DRADeviceTaints', 'DRAExtendedResource', 'DRAPartitionableDevices',
    'DRAResourceClaimDeviceStatus', 'DRAResourceClaimGranularStatusAuthorization', 'DRASchedulerFilterTimeout', 'DeclarativeValidationBeta',
    'DeploymentReplicaSetTerminatingReplicas', 'DetectCacheInconsistency', 'EnvFiles', 'ExtendWebSocketsToKubelet', 'GracefulNodeShutdown',
    'GracefulNodeShutdownBasedOnPodPriority', 'HPAConfigurableTolerance', 'HostnameOverride', 'InOrderInformersBatchProcess',
    'InPlacePodLevelResourcesVerticalScaling', 'InPlacePodVerticalScalingInitContainers', 'KubeletCrashLoopBackOffMax',
    'KubeletEnsureSecretPulledImages', 'KubeletSeparateDiskGC', 'KubeletServiceAccountTokenForCredentialProviders', 'ListFromCacheSnapshot',
    'LoggingBetaOptions', 'MatchLabelKeysInPodTopologySpread', 'MatchLabelKeysInPodTopologySpreadSelectorMerge',
    'MutablePodResourcesForSuspendedJobs', 'MutableSchedulingDirectivesForSuspendedJobs', 'NodeDeclaredFeatures', 'NominatedNodeNameForExpectation',
    'OpenAPIEnums', 'OpportunisticBatching', 'PLEGOnDemandRelist', 'PodDeletionCost', 'PodLevelResources', 'PodReadyToStartContainersCondition',
    'PodTopologyLabelsAdmission', 'PortForwardWebsockets', 'PreventStaticPodAPIReferences', 'RelaxedServiceNameValidation',
    'ReloadKubeletClientCAFile', 'ReloadKubeletServerCertificateFile', 'RemoteRequestHeaderUID', 'ResourceHealthStatus',
    'ResourceHealthStatusMessage', 'RestartAllContainersOnContainerExits', 'RotateKubeletServerCertificate', 'SchedulerAsyncPreemption',
    'SchedulerPopFromBackoffQ', 'ServiceAccountNodeAudienceRestriction', 'SizeBasedListCostEstimate', 'StaleControllerConsistencyDaemonSet',
    'StaleControllerConsistencyJob', 'StaleControllerConsistencyReplicaSet', 'StaleControllerConsistencyStatefulSet',
    'StatefulSetSemanticRevisionComparison', 'StorageVersionHash', 'StrictIPCIDRValidation', 'StructuredAuthenticationConfigurationEgressSelector',
    'StructuredAuthenticationConfigurationJWKSMetrics', 'TokenRequestServiceAccountUIDValidation', 'TopologyManagerPolicyBetaOptions',
    'TranslateStreamCloseWebsocketRequests', 'UnauthenticatedHTTP2DOSMitigation', 'UnknownVersionInteroperabilityProxy', 'UnlockWhileProcessingFIFO',
    'WatchCacheInitializationPostStartHook', 'WatchList', 'WatchListClient', 'WindowsGracefulNodeShutdown',
  ] },
  { stage: 'BETA', isOn: false, isLocked: false, names: [
    'AllBeta', 'ClusterTrustBundle', 'ClusterTrustBundleProjection', 'ConcurrentWatchObjectDecode', 'CoordinatedLeaderElection',
    'DRADeviceTaintRules', 'LocalStorageCapacityIsolationFSQuotaMonitoring', 'MaxUnavailableStatefulSet', 'PodCertificateRequest', 'SELinuxMount',
    'SchedulerAsyncAPICalls', 'StorageVersionMigrator',
  ] },
  { stage: 'ALPHA', isOn: false, isLocked: false, names: [
    'APIServingWithRoutine', 'AllAlpha', 'AllowUnsafeMalformedObjectDeletion', 'CBORServingAndStorage', 'CPUManagerPolicyAlphaOptions',
    'CRIListStreaming', 'CSIVolumeHealth', 'ClientsAllowCBOR', 'ClientsPreferCBOR', 'CloudControllerManagerWatchBasedRoutesReconciliation',
    'CloudControllerManagerWebhook', 'ContainerStopSignals', 'ControllerManagerReleaseLeaderElectionLockOnExit', 'CrossNamespaceVolumeDataSource',
    'DRAListTypeAttributes', 'DRANodeAllocatableResources', 'DRAResourcePoolStatus', 'DRAWorkloadResourceClaims', 'EventedPLEG', 'GangScheduling',
    'GenericWorkload', 'HPAScaleToZero', 'ImageVolumeWithDigest', 'InPlacePodVerticalScalingExclusiveCPUs',
    'InPlacePodVerticalScalingExclusiveMemory', 'KubeletInUserNamespace', 'LoggingAlphaOptions', 'ManifestBasedAdmissionControlConfig', 'MemoryQoS',
    'MutablePVNodeAffinity', 'NativeHistograms', 'PersistentVolumeClaimUnusedSinceTime', 'PodAndContainerStatsFromCRI', 'PodLevelResourceManagers',
    'PodLogsQuerySplitStreams', 'PodsAPI', 'QOSReserved', 'ReduceDefaultCrashLoopBackOffDecay', 'RuntimeClassInImageCriApi', 'ShardedListAndWatch',
    'StorageCapacityScoring', 'StorageVersionAPI', 'TaintTolerationComparisonOperators', 'TopologyAwareWorkloadScheduling',
    'TopologyManagerPolicyAlphaOptions', 'UserNamespacesHostNetworkSupport', 'VolumeLimitScaling', 'WindowsCPUAndMemoryAffinity',
    'WorkloadAwarePreemption', 'WorkloadWithJob',
  ] },
  { stage: 'DEPRECATED', isOn: false, isLocked: true, names: [
    'AllowOverwriteTerminationGracePeriodSeconds', 'GitRepoVolumeDriver', 'SeparateCacheWatchRPC',
  ] },
  { stage: 'DEPRECATED', isOn: false, isLocked: false, names: [
    'AllowDNSOnlyNodeCSR', 'AllowInsecureKubeletCertificateSigningRequests', 'ChangeContainerStatusOnKubeletRestart', 'DeclarativeValidationTakeover',
    'KMSv1', 'KubeletRegistrationGetOnExistsOnly', 'WindowsHostNetwork',
  ] },
  { stage: 'DEPRECATED', isOn: true, isLocked: false, names: [
    'DisableCPUQuotaWithExclusiveCPUs', 'KubeletPodResourcesListUseActivePods', 'ServiceCIDRStatusFieldWiping', 'StorageNamespaceIndex',
  ] },
  { stage: 'DEPRECATED', isOn: true, isLocked: true, names: [
    'AggregatedDiscoveryRemoveBetaType', 'DisableNodeKubeProxyVersion',
  ] },
]
