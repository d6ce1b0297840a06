/** Every fault, and how it is tried. */
import type { FaultRows } from './fault-row.ts'
import { cloudRouteRows } from './rows/cloud-routes.ts'
import { controlLoopRows } from './rows/control-loops.ts'
import { nodeRows } from './rows/nodes.ts'
import { objectRows } from './rows/objects.ts'
import { podRows } from './rows/pods.ts'
import { storeAndApiRows } from './rows/store-and-api.ts'
import { virtualMachineRows } from './rows/virtual-machines.ts'

/** On namespace machines. */
export const namespaceRows: FaultRows = { ...storeAndApiRows, ...controlLoopRows, ...objectRows, ...podRows, ...nodeRows }

/** On namespace machines whose pods are reached over routes of the cloud. */
export const hostGatewayRows: FaultRows = cloudRouteRows

/** On virtual machines: what needs a switch, a kernel or a disk of one's own. */
export const qemuRows: FaultRows = virtualMachineRows

/** Rows for the whole run alone: many wait for a node to become NotReady, for a machine to start, or for a check of the kubelet's every half minute. */
export const slowRows: ReadonlySet<string> = new Set([
  'api-watch-cut',
  'cloud-instance-gone',
  'component-kill',
  'component-pause',
  'control-link-cut',
  'control-link-slow',
  'dns-no-answer',
  'dns-not-found',
  'dns-server-failure',
  'dns-slow',
  'dns-stale',
  'dns-wrong-address',
  'kube-proxy-endpoints-stale',
  'machine-pause',
  'machine-power-off',
  'machine-reset',
  'node-agent-stop',
  'node-cordoned',
  'node-cpu-load',
  'node-dns-block',
  'node-io-load',
  'node-memory-load',
  'node-mtu-black-hole',
  'node-overlay-block',
  'node-packet-loss',
  'node-port-block',
  'node-tainted',
  'overlay-frozen',
  'pod-container-kill',
  'pod-delete',
  'pod-finalizer-deadlock',
  'pod-pause',
  'runtime-events-lost',
  'service-port-wrong',
  'storage-provisioner-outage',
  'store-lease-keepalive-lost',
  'volume-attach-fails',
  'volume-detach-stuck',
  'webhook-slow',
])
