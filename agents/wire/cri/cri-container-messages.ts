/** CRI v1: messages about containers, their statistics, and the runtime itself. */
import { linuxContainerResources, namespaceOption, podSandboxConfig, seLinuxOption, securityProfile } from './cri-sandbox-messages.ts'
import { bool, bytes, message, text, type MessageOf } from '../grpc/message-codec.ts'
import { choice, integer, integers, list, one, textMap, texts, wrapped } from '../grpc/plain-fields.ts'

const containerState = ['CONTAINER_CREATED', 'CONTAINER_RUNNING', 'CONTAINER_EXITED', 'CONTAINER_UNKNOWN'] as const

export const imageSpec = message({ image: text(1), annotations: textMap(2), userSpecifiedImage: text(18) })
export const mount = message({
  containerPath: text(1),
  hostPath: text(2),
  readonly: bool(3),
  selinuxRelabel: bool(4),
  propagation: choice(5, ['PROPAGATION_PRIVATE', 'PROPAGATION_HOST_TO_CONTAINER', 'PROPAGATION_BIDIRECTIONAL']),
})
export const capability = message({ addCapabilities: texts(1), dropCapabilities: texts(2) })
export const linuxContainerSecurityContext = message({
  capabilities: one(1, capability),
  privileged: bool(2),
  namespaceOptions: one(3, namespaceOption),
  selinuxOptions: one(4, seLinuxOption),
  runAsUser: wrapped(5),
  runAsUsername: text(6),
  readonlyRootfs: bool(7),
  supplementalGroups: integers(8),
  noNewPrivs: bool(11),
  runAsGroup: wrapped(12),
  maskedPaths: texts(13),
  readonlyPaths: texts(14),
  seccomp: one(15, securityProfile),
  apparmor: one(16, securityProfile),
})
export const containerMetadata = message({ name: text(1), attempt: integer(2) })
export const containerConfig = message({
  metadata: one(1, containerMetadata),
  image: one(2, imageSpec),
  command: texts(3),
  args: texts(4),
  workingDir: text(5),
  envs: list(6, message({ key: text(1), value: text(2) })),
  mounts: list(7, mount),
  devices: list(8, message({ containerPath: text(1), hostPath: text(2), permissions: text(3) })),
  labels: textMap(9),
  annotations: textMap(10),
  logPath: text(11),
  stdin: bool(12),
  stdinOnce: bool(13),
  tty: bool(14),
  linux: one(15, message({ resources: one(1, linuxContainerResources), securityContext: one(2, linuxContainerSecurityContext) })),
})
export const container = message({
  id: text(1),
  podSandboxId: text(2),
  metadata: one(3, containerMetadata),
  image: one(4, imageSpec),
  imageRef: text(5),
  state: choice(6, containerState),
  createdAt: integer(7),
  labels: textMap(8),
  annotations: textMap(9),
  imageId: text(10),
})
export const containerStatus = message({
  id: text(1),
  metadata: one(2, containerMetadata),
  state: choice(3, containerState),
  createdAt: integer(4),
  startedAt: integer(5),
  finishedAt: integer(6),
  exitCode: integer(7),
  image: one(8, imageSpec),
  imageRef: text(9),
  reason: text(10),
  message: text(11),
  labels: textMap(12),
  annotations: textMap(13),
  mounts: list(14, mount),
  logPath: text(15),
  imageId: text(17),
})
const containerFilter = message({ id: text(1), state: one(2, message({ state: choice(1, containerState) })), podSandboxId: text(3), labelSelector: textMap(4) })

export const createContainerRequest = message({ podSandboxId: text(1), config: one(2, containerConfig), sandboxConfig: one(3, podSandboxConfig) })
export const containerIdMessage = message({ containerId: text(1) })
export const stopContainerRequest = message({ containerId: text(1), timeout: integer(2) })
export const listContainersRequest = message({ filter: one(1, containerFilter) })
export const listContainersResponse = message({ containers: list(1, container) })
export const containerStatusRequest = message({ containerId: text(1), verbose: bool(2) })
export const containerStatusResponse = message({ status: one(1, containerStatus), info: textMap(2) })
export const execSyncRequest = message({ containerId: text(1), cmd: texts(2), timeout: integer(3) })
export const execSyncResponse = message({ stdout: bytes(1), stderr: bytes(2), exitCode: integer(3) })
export const execRequest = message({ containerId: text(1), cmd: texts(2), tty: bool(3), stdin: bool(4), stdout: bool(5), stderr: bool(6) })
export const attachRequest = message({ containerId: text(1), stdin: bool(2), tty: bool(3), stdout: bool(4), stderr: bool(5) })

const cpuUsage = message({ timestamp: integer(1), usageCoreNanoSeconds: wrapped(2), usageNanoCores: wrapped(3) })
const memoryUsage = message({ timestamp: integer(1), workingSetBytes: wrapped(2), availableBytes: wrapped(3), usageBytes: wrapped(4), rssBytes: wrapped(5), pageFaults: wrapped(6), majorPageFaults: wrapped(7) })
export const filesystemUsage = message({ timestamp: integer(1), fsId: one(2, message({ mountpoint: text(1) })), usedBytes: wrapped(3), inodesUsed: wrapped(4) })
export const containerStats = message({
  attributes: one(1, message({ id: text(1), metadata: one(2, containerMetadata), labels: textMap(3), annotations: textMap(4) })),
  cpu: one(2, cpuUsage),
  memory: one(3, memoryUsage),
  writableLayer: one(4, filesystemUsage),
})
export const listContainerStatsRequest = message({ filter: one(1, message({ id: text(1), podSandboxId: text(2), labelSelector: textMap(3) })) })
export const listContainerStatsResponse = message({ stats: list(1, containerStats) })

export const versionRequest = message({ version: text(1) })
export const versionResponse = message({ version: text(1), runtimeName: text(2), runtimeVersion: text(3), runtimeApiVersion: text(4) })
export const statusRequest = message({ verbose: bool(1) })
export const statusResponse = message({
  status: one(1, message({ conditions: list(1, message({ type: text(1), status: bool(2), reason: text(3), message: text(4) })) })),
  info: textMap(2),
})

export type Mount = MessageOf<typeof mount>
export type ContainerConfig = MessageOf<typeof containerConfig>
export type CriContainer = MessageOf<typeof container>
export type CriContainerStatus = MessageOf<typeof containerStatus>
export type ContainerStats = MessageOf<typeof containerStats>
export type RuntimeStatus = MessageOf<typeof statusResponse>
