/**
 * What the runtime knows about one pod: its sandboxes and the newest two containers of each name.
 *
 *   OP1  Sandboxes and containers are newest first.
 *   OP2  The pod's addresses are those of its newest sandbox, and only while that is ready.
 *   OP3  The status of an exited container never changes, so it is asked for once.
 */
import type { CriContainer, CriContainerStatus } from '../../../wire/cri/cri-container-messages.ts'
import type { PodSandbox } from '../../../wire/cri/cri-sandbox-messages.ts'
import { criAnnotation, criLabel } from './cri-names.ts'
import { isGrpcNotFound } from './remote-calls.ts'
import type { Runtime } from './runtime.ts'

export interface ObservedContainer {
  readonly id: string
  readonly sandboxId: string
  readonly name: string
  readonly state: 'created' | 'running' | 'exited' | 'unknown'
  readonly restartCount: number
  readonly hash: string
  readonly image: string
  readonly imageRef: string
  /** Milliseconds since the epoch; 0 when it has not happened. */
  readonly createdAtMs: number
  readonly startedAtMs: number
  readonly finishedAtMs: number
  readonly exitCode: number
  readonly reason: string
  readonly message: string
  readonly logPath: string
  readonly terminationMessageFile: string | undefined
  readonly terminationMessagePolicy: string
}

export interface ObservedSandbox {
  readonly id: string
  readonly attempt: number
  readonly isReady: boolean
  readonly createdAtMs: number
  readonly runtimeHandler: string
}

export interface ObservedPod {
  readonly uid: string
  readonly namespace: string
  readonly name: string
  readonly sandboxes: readonly ObservedSandbox[]
  readonly containers: readonly ObservedContainer[]
  readonly addresses: readonly string[]
}

export function newestOf(pod: ObservedPod, containerName: string): ObservedContainer | undefined {
  return pod.containers.find(container => container.name === containerName)
}

export function emptyObservation(pod: { readonly uid: string; readonly namespace: string; readonly name: string }): ObservedPod {
  return { ...pod, sandboxes: [], containers: [], addresses: [] }
}

/** Reads pods from the runtime, remembering what cannot change. */
export class PodObserver {
  readonly #runtime: Runtime
  readonly #exited = new Map<string, ObservedContainer>()
  readonly #addresses = new Map<string, readonly string[]>()

  constructor(runtime: Runtime) {
    this.#runtime = runtime
  }

  async observe(pod: { readonly uid: string; readonly namespace: string; readonly name: string }): Promise<ObservedPod> {
    const [sandboxes, containers] = await Promise.all([this.#runtime.listSandboxes(pod.uid), this.#runtime.listContainers(pod.uid)])
    const ordered = [...sandboxes].sort(newestFirst).map(observedSandbox)
    const observed = (await Promise.all(containers.map(container => this.#container(container)))).filter(container => container !== undefined)
    return {
      uid: pod.uid, namespace: pod.namespace, name: pod.name,
      sandboxes: ordered,
      containers: observed.sort((a, b) => b.createdAtMs - a.createdAtMs || b.restartCount - a.restartCount), // OP1
      addresses: await this.#addressesOf(ordered[0]),
    }
  }

  /** Forgets what is no longer in the runtime. */
  keepOnly(containerIds: ReadonlySet<string>, sandboxIds: ReadonlySet<string>): void {
    for (const id of this.#exited.keys()) if (!containerIds.has(id)) this.#exited.delete(id)
    for (const id of this.#addresses.keys()) if (!sandboxIds.has(id)) this.#addresses.delete(id)
  }

  async #container(container: CriContainer): Promise<ObservedContainer | undefined> {
    const known = this.#exited.get(container.id)
    if (known !== undefined) return known // OP3
    try {
      const status = await this.#runtime.containerStatus(container.id)
      if (status === undefined) return undefined
      const observed = observedContainer(status, container.podSandboxId)
      if (observed.state === 'exited') this.#exited.set(container.id, observed)
      return observed
    } catch (error) {
      if (isGrpcNotFound(error)) return undefined
      throw error
    }
  }

  async #addressesOf(sandbox: ObservedSandbox | undefined): Promise<readonly string[]> {
    if (sandbox === undefined || !sandbox.isReady) return [] // OP2
    const known = this.#addresses.get(sandbox.id)
    if (known !== undefined) return known
    const status = await this.#runtime.sandboxStatus(sandbox.id).catch(error => {
      if (isGrpcNotFound(error)) return undefined
      throw error
    })
    const addresses = [status?.network?.ip ?? '', ...(status?.network?.additionalIps.map(entry => entry.ip) ?? [])].filter(address => address !== '')
    if (status !== undefined) this.#addresses.set(sandbox.id, addresses)
    return addresses
  }
}

export function observedSandbox(sandbox: PodSandbox): ObservedSandbox {
  return {
    id: sandbox.id,
    attempt: sandbox.metadata?.attempt ?? 0,
    isReady: sandbox.state === 'SANDBOX_READY',
    createdAtMs: sandbox.createdAt / 1e6,
    runtimeHandler: sandbox.runtimeHandler,
  }
}

const states = { CONTAINER_CREATED: 'created', CONTAINER_RUNNING: 'running', CONTAINER_EXITED: 'exited', CONTAINER_UNKNOWN: 'unknown' } as const

export function observedContainer(status: CriContainerStatus, sandboxId: string): ObservedContainer {
  const messagePath = status.annotations[criAnnotation.terminationMessagePath] ?? ''
  return {
    id: status.id,
    sandboxId,
    name: status.labels[criLabel.containerName] ?? status.metadata?.name ?? '',
    state: states[status.state],
    restartCount: Number(status.annotations[criAnnotation.restartCount] ?? status.metadata?.attempt ?? 0),
    hash: status.annotations[criAnnotation.hash] ?? '',
    image: status.image?.userSpecifiedImage !== undefined && status.image.userSpecifiedImage !== '' ? status.image.userSpecifiedImage : (status.image?.image ?? ''),
    imageRef: status.imageRef,
    createdAtMs: status.createdAt / 1e6,
    startedAtMs: status.startedAt / 1e6,
    finishedAtMs: status.finishedAt / 1e6,
    exitCode: status.exitCode,
    reason: status.reason,
    message: status.message,
    logPath: status.logPath,
    terminationMessageFile: messagePath === '' ? undefined : status.mounts.find(mount => mount.containerPath === messagePath)?.hostPath,
    terminationMessagePolicy: status.annotations[criAnnotation.terminationMessagePolicy] ?? 'File',
  }
}

function newestFirst(a: PodSandbox, b: PodSandbox): number {
  return b.createdAt - a.createdAt || (b.metadata?.attempt ?? 0) - (a.metadata?.attempt ?? 0)
}
