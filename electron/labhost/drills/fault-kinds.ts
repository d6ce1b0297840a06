/** Every fault there is, as it is listed. */
import type { Fault } from './fault.ts'
import { componentKill } from './faults/component-kill.ts'
import { componentPause } from './faults/component-pause.ts'
import { controlLinkCut } from './faults/control-link-cut.ts'
import { deploymentImageMissing } from './faults/deployment-image-missing.ts'
import { deploymentScaledToZero } from './faults/deployment-scaled-to-zero.ts'
import { linkBlock } from './faults/link-block.ts'
import { linkCorrupt } from './faults/link-corrupt.ts'
import { linkDelay } from './faults/link-delay.ts'
import { linkDown } from './faults/link-down.ts'
import { linkDuplicate } from './faults/link-duplicate.ts'
import { linkFlap } from './faults/link-flap.ts'
import { linkLoss } from './faults/link-loss.ts'
import { linkLossBursts } from './faults/link-loss-bursts.ts'
import { linkLossEvery } from './faults/link-loss-every.ts'
import { linkMtuBlackHole } from './faults/link-mtu-black-hole.ts'
import { linkRate } from './faults/link-rate.ts'
import { linkReorder } from './faults/link-reorder.ts'
import { machinePause } from './faults/machine-pause.ts'
import { machinePowerOff } from './faults/machine-power-off.ts'
import { machineReset } from './faults/machine-reset.ts'
import { namespaceQuota } from './faults/namespace-quota.ts'
import { nodeAgentStop } from './faults/node-agent-stop.ts'
import { nodeClockOffset } from './faults/node-clock-offset.ts'
import { nodeCordoned } from './faults/node-cordoned.ts'
import { nodeCpuLoad } from './faults/node-cpu-load.ts'
import { nodeDiskFull } from './faults/node-disk-full.ts'
import { nodeDnsBlock } from './faults/node-dns-block.ts'
import { nodeIoLoad } from './faults/node-io-load.ts'
import { nodeIsolated } from './faults/node-isolated.ts'
import { nodeMemoryLoad } from './faults/node-memory-load.ts'
import { nodeMtuBlackHole } from './faults/node-mtu-black-hole.ts'
import { nodeOverlayBlock } from './faults/node-overlay-block.ts'
import { nodePacketLoss } from './faults/node-packet-loss.ts'
import { nodePortBlock } from './faults/node-port-block.ts'
import { nodeTainted } from './faults/node-tainted.ts'
import { podContainerKill } from './faults/pod-container-kill.ts'
import { podDelete } from './faults/pod-delete.ts'
import { podPause } from './faults/pod-pause.ts'
import { servicePortWrong } from './faults/service-port-wrong.ts'
import { serviceSelectorWrong } from './faults/service-selector-wrong.ts'

export const faults: readonly Fault[] = [
  componentKill,
  componentPause,
  controlLinkCut,
  deploymentImageMissing,
  deploymentScaledToZero,
  linkBlock,
  linkCorrupt,
  linkDelay,
  linkDown,
  linkDuplicate,
  linkFlap,
  linkLoss,
  linkLossBursts,
  linkLossEvery,
  linkMtuBlackHole,
  linkRate,
  linkReorder,
  machinePause,
  machinePowerOff,
  machineReset,
  namespaceQuota,
  nodeAgentStop,
  nodeClockOffset,
  nodeCordoned,
  nodeCpuLoad,
  nodeDiskFull,
  nodeDnsBlock,
  nodeIoLoad,
  nodeIsolated,
  nodeMemoryLoad,
  nodeMtuBlackHole,
  nodeOverlayBlock,
  nodePacketLoss,
  nodePortBlock,
  nodeTainted,
  podContainerKill,
  podDelete,
  podPause,
  servicePortWrong,
  serviceSelectorWrong,
] as readonly Fault[]
