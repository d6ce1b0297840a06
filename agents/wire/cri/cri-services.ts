/**
 * CRI v1 as two tables of remote calls, and the one containerd service beside it that reports what tasks do
 * (CRI's own GetContainerEvents is not in containerd 1.6).
 */
import * as c from './cri-container-messages.ts'
import * as s from './cri-sandbox-messages.ts'
import { bytes, message, text, type MessageCodec, type MessageOf } from '../grpc/message-codec.ts'
import { integer, list, one, textMap, texts, wrapped } from '../grpc/plain-fields.ts'

export interface RemoteCall<Q, A> {
  /** HTTP/2 path: /package.Service/Method. */
  readonly path: string
  readonly request: MessageCodec<Q>
  readonly answer: MessageCodec<A>
}

const call = <Q, A>(path: string, request: MessageCodec<Q>, answer: MessageCodec<A>): RemoteCall<Q, A> => ({ path, request, answer })
const runtime = <Q, A>(name: string, request: MessageCodec<Q>, answer: MessageCodec<A>) => call(`/runtime.v1.RuntimeService/${name}`, request, answer)
const images = <Q, A>(name: string, request: MessageCodec<Q>, answer: MessageCodec<A>) => call(`/runtime.v1.ImageService/${name}`, request, answer)

export const runtimeService = {
  version: runtime('Version', c.versionRequest, c.versionResponse),
  status: runtime('Status', c.statusRequest, c.statusResponse),
  runPodSandbox: runtime('RunPodSandbox', s.runPodSandboxRequest, s.podSandboxIdMessage),
  stopPodSandbox: runtime('StopPodSandbox', s.podSandboxIdMessage, s.emptyMessage),
  removePodSandbox: runtime('RemovePodSandbox', s.podSandboxIdMessage, s.emptyMessage),
  podSandboxStatus: runtime('PodSandboxStatus', s.podSandboxStatusRequest, s.podSandboxStatusResponse),
  listPodSandbox: runtime('ListPodSandbox', s.listPodSandboxRequest, s.listPodSandboxResponse),
  createContainer: runtime('CreateContainer', c.createContainerRequest, c.containerIdMessage),
  startContainer: runtime('StartContainer', c.containerIdMessage, s.emptyMessage),
  stopContainer: runtime('StopContainer', c.stopContainerRequest, s.emptyMessage),
  removeContainer: runtime('RemoveContainer', c.containerIdMessage, s.emptyMessage),
  listContainers: runtime('ListContainers', c.listContainersRequest, c.listContainersResponse),
  containerStatus: runtime('ContainerStatus', c.containerStatusRequest, c.containerStatusResponse),
  reopenContainerLog: runtime('ReopenContainerLog', c.containerIdMessage, s.emptyMessage),
  execSync: runtime('ExecSync', c.execSyncRequest, c.execSyncResponse),
  exec: runtime('Exec', c.execRequest, s.streamingUrlResponse),
  attach: runtime('Attach', c.attachRequest, s.streamingUrlResponse),
  portForward: runtime('PortForward', s.portForwardRequest, s.streamingUrlResponse),
  listContainerStats: runtime('ListContainerStats', c.listContainerStatsRequest, c.listContainerStatsResponse),
} as const

export const image = message({
  id: text(1),
  repoTags: texts(2),
  repoDigests: texts(3),
  size: integer(4),
  uid: wrapped(5),
  username: text(6),
  spec: one(7, c.imageSpec),
})
const authConfig = message({ username: text(1), password: text(2), auth: text(3), serverAddress: text(4), identityToken: text(5), registryToken: text(6) })
const imageRequest = message({ image: one(1, c.imageSpec) })

export const imageService = {
  listImages: images('ListImages', message({}), message({ images: list(1, image) })),
  imageStatus: images('ImageStatus', imageRequest, message({ image: one(1, image), info: textMap(2) })),
  pullImage: images('PullImage', message({ image: one(1, c.imageSpec), auth: one(2, authConfig), sandboxConfig: one(3, s.podSandboxConfig) }), message({ imageRef: text(1) })),
  removeImage: images('RemoveImage', imageRequest, s.emptyMessage),
  imageFsInfo: images('ImageFsInfo', message({}), message({ imageFilesystems: list(1, c.filesystemUsage), containerFilesystems: list(2, c.filesystemUsage) })),
} as const

export type CriImage = MessageOf<typeof image>

const timestamp = message({ seconds: integer(1), nanos: integer(2) })
export const eventEnvelope = message({ timestamp: one(1, timestamp), namespace: text(2), topic: text(3), event: one(4, message({ typeUrl: text(1), value: bytes(2) })) })
/** Every event below /tasks/ names its container in field 1. */
export const taskEvent = message({ containerId: text(1) })
/** The exit of a task, or of an exec inside it when id differs from containerId. */
export const taskExitEvent = message({ containerId: text(1), id: text(2), pid: integer(3), exitStatus: integer(4) })

/** Answers with a stream of envelopes. Filters are containerd's: `namespace==k8s.io,topic~="/tasks/"`. */
export const subscribeToEvents = call('/containerd.services.events.v1.Events/Subscribe', message({ filters: texts(1) }), eventEnvelope)
