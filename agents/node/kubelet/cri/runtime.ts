/** The container runtime as the kubelet uses it: one method a CRI call, with the time limit that suits it. */
import type { ContainerConfig, ContainerStats, CriContainer, CriContainerStatus } from '../../../wire/cri/cri-container-messages.ts'
import type { PodSandbox, PodSandboxConfig, PodSandboxStatus } from '../../../wire/cri/cri-sandbox-messages.ts'
import { imageService, runtimeService, type CriImage } from '../../../wire/cri/cri-services.ts'
import type { Sparse } from '../../../wire/grpc/message-codec.ts'
import { criLabel } from './cri-names.ts'
import type { RemoteCalls } from './remote-calls.ts'

export interface ExecAnswer {
  readonly stdout: Uint8Array
  readonly stderr: Uint8Array
  readonly exitCode: number
}

export interface ImageAuth {
  readonly username?: string
  readonly password?: string
  readonly auth?: string
  readonly serverAddress?: string
  readonly identityToken?: string
}

export interface Runtime {
  version(): Promise<{ readonly runtimeName: string; readonly runtimeVersion: string }>
  /** Conditions RuntimeReady and NetworkReady. */
  conditions(): Promise<readonly { readonly type: string; readonly status: boolean; readonly reason: string; readonly message: string }[]>
  listSandboxes(podUid?: string): Promise<readonly PodSandbox[]>
  sandboxStatus(sandboxId: string): Promise<PodSandboxStatus | undefined>
  runSandbox(config: Sparse<PodSandboxConfig>, runtimeHandler: string, signal?: AbortSignal): Promise<string>
  stopSandbox(sandboxId: string): Promise<void>
  removeSandbox(sandboxId: string): Promise<void>
  listContainers(podUid?: string): Promise<readonly CriContainer[]>
  containerStatus(containerId: string): Promise<CriContainerStatus | undefined>
  createContainer(sandboxId: string, config: Sparse<ContainerConfig>, sandboxConfig: Sparse<PodSandboxConfig>): Promise<string>
  startContainer(containerId: string): Promise<void>
  stopContainer(containerId: string, timeoutSeconds: number): Promise<void>
  removeContainer(containerId: string): Promise<void>
  reopenLog(containerId: string): Promise<void>
  /** Throws a GrpcError with code DeadlineExceeded when the command outlives timeoutSeconds. */
  execSync(containerId: string, command: readonly string[], timeoutSeconds: number): Promise<ExecAnswer>
  execUrl(request: { containerId: string; command: readonly string[]; tty: boolean; stdin: boolean; stdout: boolean; stderr: boolean }): Promise<string>
  attachUrl(request: { containerId: string; tty: boolean; stdin: boolean; stdout: boolean; stderr: boolean }): Promise<string>
  portForwardUrl(sandboxId: string, ports: readonly number[]): Promise<string>
  containerStats(): Promise<readonly ContainerStats[]>
  listImages(): Promise<readonly CriImage[]>
  image(reference: string): Promise<CriImage | undefined>
  pullImage(reference: string, auth: ImageAuth | undefined, sandboxConfig: Sparse<PodSandboxConfig> | undefined, signal?: AbortSignal): Promise<string>
  removeImage(imageId: string): Promise<void>
  imageFsInfo(): Promise<{ readonly mountpoint: string; readonly usedBytes: number; readonly inodesUsed: number } | undefined>
}

const pullTimeoutMs = 30 * 60_000

export function createCriRuntime(calls: RemoteCalls): Runtime {
  const rt = runtimeService
  return {
    version: () => calls.call(rt.version, { version: '0.1.0' }),
    async conditions() {
      const { status } = await calls.call(rt.status, {}, { timeoutMs: 30_000 })
      return status?.conditions ?? []
    },
    async listSandboxes(podUid) {
      return (await calls.call(rt.listPodSandbox, podUid === undefined ? {} : { filter: { labelSelector: { [criLabel.podUid]: podUid } } })).items
    },
    async sandboxStatus(podSandboxId) {
      return (await calls.call(rt.podSandboxStatus, { podSandboxId })).status
    },
    async runSandbox(config, runtimeHandler, signal) {
      return (await calls.call(rt.runPodSandbox, { config, runtimeHandler }, { timeoutMs: 240_000, ...(signal === undefined ? {} : { signal }) })).podSandboxId
    },
    async stopSandbox(podSandboxId) {
      await calls.call(rt.stopPodSandbox, { podSandboxId })
    },
    async removeSandbox(podSandboxId) {
      await calls.call(rt.removePodSandbox, { podSandboxId })
    },
    async listContainers(podUid) {
      return (await calls.call(rt.listContainers, podUid === undefined ? {} : { filter: { labelSelector: { [criLabel.podUid]: podUid } } })).containers
    },
    async containerStatus(containerId) {
      return (await calls.call(rt.containerStatus, { containerId })).status
    },
    async createContainer(podSandboxId, config, sandboxConfig) {
      return (await calls.call(rt.createContainer, { podSandboxId, config, sandboxConfig })).containerId
    },
    async startContainer(containerId) {
      await calls.call(rt.startContainer, { containerId })
    },
    async stopContainer(containerId, timeoutSeconds) {
      await calls.call(rt.stopContainer, { containerId, timeout: timeoutSeconds }, { timeoutMs: timeoutSeconds * 1_000 + 120_000 })
    },
    async removeContainer(containerId) {
      await calls.call(rt.removeContainer, { containerId })
    },
    async reopenLog(containerId) {
      await calls.call(rt.reopenContainerLog, { containerId })
    },
    execSync: (containerId, command, timeoutSeconds) =>
      calls.call(rt.execSync, { containerId, cmd: command, timeout: timeoutSeconds }, { timeoutMs: timeoutSeconds === 0 ? 0 : timeoutSeconds * 1_000 + 30_000 }),
    async execUrl({ command, ...request }) {
      return (await calls.call(rt.exec, { ...request, cmd: command })).url
    },
    async attachUrl(request) {
      return (await calls.call(rt.attach, request)).url
    },
    async portForwardUrl(podSandboxId, port) {
      return (await calls.call(rt.portForward, { podSandboxId, port })).url
    },
    async containerStats() {
      return (await calls.call(rt.listContainerStats, {})).stats
    },
    async listImages() {
      return (await calls.call(imageService.listImages, {})).images
    },
    async image(reference) {
      return (await calls.call(imageService.imageStatus, { image: { image: reference } })).image
    },
    async pullImage(reference, auth, sandboxConfig, signal) {
      const request = { image: { image: reference }, auth, sandboxConfig }
      return (await calls.call(imageService.pullImage, request, { timeoutMs: pullTimeoutMs, ...(signal === undefined ? {} : { signal }) })).imageRef
    },
    async removeImage(imageId) {
      await calls.call(imageService.removeImage, { image: { image: imageId } })
    },
    async imageFsInfo() {
      const usage = (await calls.call(imageService.imageFsInfo, {})).imageFilesystems[0]
      return usage === undefined ? undefined : { mountpoint: usage.fsId?.mountpoint ?? '', usedBytes: usage.usedBytes ?? 0, inodesUsed: usage.inodesUsed ?? 0 }
    },
  }
}
