/** Rows of docs/support.md about kube-scheduler as a process; plugins tell of themselves. */
import { absent, partial, same } from '../../base/support-row.ts'
import type { SupportRow } from '../../base/support-row.ts'

export const support: readonly SupportRow[] = [
  ...same(
    'kube-scheduler', 'extension points: PreEnqueue, QueueSort, PreFilter with node sets and imagined pods, Filter, PostFilter, PreScore, Score, Reserve, Permit, PreBind with preflight, Bind, PostBind',
    'queues: active, backoff, error backoff, unschedulable, gated; queueing hints; events during an attempt; popping from backoff when idle', 'nominated nodes and pods', 'sampling of nodes, chance among equals', 'asynchronous binding and preemption',
    'messages of conditions and events', 'KubeSchedulerConfiguration v1, read strictly with line and column; profiles, MultiPoint, weights, plugin arguments', 'several schedulers side by side', 'HTTP extenders: filter, prioritize, preempt, bind', 'metrics under upstream\'s names', 'leader election',
  ),
  ...same(
    'kube-scheduler', 'plugins: SchedulingGates, PrioritySort, NodeUnschedulable, NodeName, TaintToleration, NodeAffinity, NodePorts, NodeResourcesFit, VolumeRestrictions, NodeVolumeLimits, VolumeZone, PodTopologySpread, InterPodAffinity, DefaultPreemption, NodeResourcesBalancedAllocation, ImageLocality, DefaultBinder, NodeDeclaredFeatures, with their arguments and queueing hints',
  ),
  partial('kube-scheduler', 'VolumeBinding', 'the node affinity of cloud volumes that live on as CSI drivers is not translated; scoring by storage capacity is alpha and off by default in 1.36'),
  partial('kube-scheduler', 'DynamicResources', 'structured parameters, CEL, constraints, alternatives, administrator access, taints, shared counters, consumable capacity, extended resources behind which a class stands, binding conditions and both timeouts; kubelets have no drivers and say FailedPrepareDynamicResources'),
  partial('kube-scheduler', 'clientConnection', 'qps, burst and content types are read and checked; requests are not limited here, the API server is fair'),
  partial('kube-scheduler', 'parallelism', 'read and checked; one process decides on one thread'),
  partial('kube-scheduler', 'events', 'written as core/v1 with action and related object, not through events.k8s.io'),
  partial('kube-scheduler', 'PreBind', 'plugins run one after the other'),
  absent('kube-scheduler', 'gang scheduling and placements (PodGroup, PlacementGenerate, PlacementScore)', 'alpha and off by default in 1.36'),
  ...same('kube-scheduler', 'feature gates that are on in 1.36: DRAAdminAccess, DRAConsumableCapacity, DRADeviceBindingConditions, DRADeviceTaints, DRAExtendedResource, DRAPartitionableDevices, DRAPrioritizedList, DRAResourceClaimDeviceStatus, DRASchedulerFilterTimeout, MatchLabelKeysInPodAffinity, MatchLabelKeysInPodTopologySpread, NodeDeclaredFeatures, NodeInclusionPolicyInPodTopologySpread, NominatedNodeNameForExpectation, ClearingNominatedNodeNameAfterBinding, PodLevelResources, InPlacePodVerticalScaling, InPlacePodLevelResourcesVerticalScaling, SidecarContainers, PodSchedulingReadiness, SchedulerQueueingHints, SchedulerAsyncPreemption, SchedulerPopFromBackoffQ'),
  partial('kube-scheduler', 'OpportunisticBatching', 'verdicts and scores are kept by what plugins sign with and by node, in place of upstream\'s batches: the choice is the same as without'),
  absent('kube-scheduler', 'ComponentStatusz and ComponentFlagz (/statusz, /flagz)', 'on by default in 1.36; /configz and /debug/inspect tell of configuration and state'),
  absent('kube-scheduler', 'delegated authentication and authorization of the secure port', 'clients are known by certificate'),
]
