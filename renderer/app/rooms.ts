/** Every room, in the order of the navigation. A new room is a folder below views/ and one line here. */
import type { Room } from '../lib/room.ts'
import { apiserverRoom } from '../views/apiserver/room.ts'
import { checkpointsRoom } from '../views/checkpoints/room.ts'
import { cloudRoom } from '../views/cloud/room.ts'
import { controllersRoom } from '../views/controllers/room.ts'
import { dnsRoom } from '../views/dns/room.ts'
import { drillsRoom } from '../views/drills/room.ts'
import { etcdRoom } from '../views/etcd/room.ts'
import { faultsRoom } from '../views/faults/room.ts'
import { kubeletRoom } from '../views/kubelet/room.ts'
import { labRoom } from '../views/lab/room.ts'
import { logsRoom } from '../views/logs/room.ts'
import { machineRoom } from '../views/machine/room.ts'
import { networkRoom } from '../views/network/room.ts'
import { overlayRoom } from '../views/overlay/room.ts'
import { proxyRoom } from '../views/proxy/room.ts'
import { resourcesRoom } from '../views/resources/room.ts'
import { runtimeRoom } from '../views/runtime/room.ts'
import { schedulerRoom } from '../views/scheduler/room.ts'
import { storyRoom } from '../views/story/room.ts'

export const rooms: readonly Room[] = [
  labRoom,
  logsRoom,
  resourcesRoom,
  storyRoom,
  networkRoom,
  faultsRoom,
  drillsRoom,
  checkpointsRoom,
  apiserverRoom,
  etcdRoom,
  schedulerRoom,
  controllersRoom,
  cloudRoom,
  machineRoom,
  kubeletRoom,
  runtimeRoom,
  proxyRoom,
  overlayRoom,
  dnsRoom,
]
