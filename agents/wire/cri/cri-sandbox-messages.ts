/**
 * CRI v1 (package runtime.v1): messages about pod sandboxes, and those shared with containers.
 *
 * Field numbers are those of k8s.io/cri-api; only the fields this kubelet sends or reads are declared.
 */
import { bool, message, text, type MessageOf } from '../grpc/message-codec.ts'
import { choice, integer, integers, list, one, textMap, texts, wrapped } from '../grpc/plain-fields.ts'

const namespaceModes = ['POD', 'CONTAINER', 'NODE', 'TARGET'] as const
export type NamespaceMode = (typeof namespaceModes)[number]

export const dnsConfig = message({ servers: texts(1), searches: texts(2), options: texts(3) })
export const portMapping = message({ protocol: choice(1, ['TCP', 'UDP', 'SCTP']), containerPort: integer(2), hostPort: integer(3), hostIp: text(4) })
export const namespaceOption = message({ network: choice(1, namespaceModes), pid: choice(2, namespaceModes), ipc: choice(3, namespaceModes), targetId: text(4) })
export const securityProfile = message({ profileType: choice(1, ['RuntimeDefault', 'Unconfined', 'Localhost']), localhostRef: text(2) })
export const seLinuxOption = message({ user: text(1), role: text(2), type: text(3), level: text(4) })
export const linuxContainerResources = message({
  cpuPeriod: integer(1),
  cpuQuota: integer(2),
  cpuShares: integer(3),
  memoryLimitInBytes: integer(4),
  oomScoreAdj: integer(5),
  cpusetCpus: text(6),
  cpusetMems: text(7),
  unified: textMap(9),
  memorySwapLimitInBytes: integer(10),
})
export const linuxSandboxSecurityContext = message({
  namespaceOptions: one(1, namespaceOption),
  selinuxOptions: one(2, seLinuxOption),
  runAsUser: wrapped(3),
  readonlyRootfs: bool(4),
  supplementalGroups: integers(5),
  privileged: bool(6),
  runAsGroup: wrapped(8),
  seccomp: one(9, securityProfile),
  apparmor: one(10, securityProfile),
})
export const linuxPodSandboxConfig = message({
  cgroupParent: text(1),
  securityContext: one(2, linuxSandboxSecurityContext),
  sysctls: textMap(3),
  overhead: one(4, linuxContainerResources),
  resources: one(5, linuxContainerResources),
})
export const podSandboxMetadata = message({ name: text(1), uid: text(2), namespace: text(3), attempt: integer(4) })
export const podSandboxConfig = message({
  metadata: one(1, podSandboxMetadata),
  hostname: text(2),
  logDirectory: text(3),
  dnsConfig: one(4, dnsConfig),
  portMappings: list(5, portMapping),
  labels: textMap(6),
  annotations: textMap(7),
  linux: one(8, linuxPodSandboxConfig),
})
export const podSandboxNetworkStatus = message({ ip: text(1), additionalIps: list(2, message({ ip: text(1) })) })
const sandboxState = ['SANDBOX_READY', 'SANDBOX_NOTREADY'] as const
export const podSandboxStatus = message({
  id: text(1),
  metadata: one(2, podSandboxMetadata),
  state: choice(3, sandboxState),
  createdAt: integer(4),
  network: one(5, podSandboxNetworkStatus),
  linux: one(6, message({ namespaces: one(1, message({ options: one(2, namespaceOption) })) })),
  labels: textMap(7),
  annotations: textMap(8),
  runtimeHandler: text(9),
})
export const podSandbox = message({
  id: text(1),
  metadata: one(2, podSandboxMetadata),
  state: choice(3, sandboxState),
  createdAt: integer(4),
  labels: textMap(5),
  annotations: textMap(6),
  runtimeHandler: text(7),
})
export const podSandboxFilter = message({ id: text(1), state: one(2, message({ state: choice(1, sandboxState) })), labelSelector: textMap(3) })

export const runPodSandboxRequest = message({ config: one(1, podSandboxConfig), runtimeHandler: text(2) })
export const podSandboxIdMessage = message({ podSandboxId: text(1) })
export const podSandboxStatusRequest = message({ podSandboxId: text(1), verbose: bool(2) })
export const podSandboxStatusResponse = message({ status: one(1, podSandboxStatus), info: textMap(2) })
export const listPodSandboxRequest = message({ filter: one(1, podSandboxFilter) })
export const listPodSandboxResponse = message({ items: list(1, podSandbox) })
export const portForwardRequest = message({ podSandboxId: text(1), port: integers(2) })
export const streamingUrlResponse = message({ url: text(1) })
export const emptyMessage = message({})

export type DnsConfig = MessageOf<typeof dnsConfig>
export type PortMapping = MessageOf<typeof portMapping>
export type NamespaceOption = MessageOf<typeof namespaceOption>
export type LinuxContainerResources = MessageOf<typeof linuxContainerResources>
export type PodSandboxConfig = MessageOf<typeof podSandboxConfig>
export type PodSandboxStatus = MessageOf<typeof podSandboxStatus>
export type PodSandbox = MessageOf<typeof podSandbox>
