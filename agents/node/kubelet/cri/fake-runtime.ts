/** A container runtime in memory that records what is asked of it. Containers run until a test ends them. */
import type { ContainerConfig, CriContainer, CriContainerStatus } from '../../../wire/cri/cri-container-messages.ts'
import { containerStatus } from '../../../wire/cri/cri-container-messages.ts'
import { podSandboxStatus, type PodSandbox, type PodSandboxConfig } from '../../../wire/cri/cri-sandbox-messages.ts'
import { image, type CriImage } from '../../../wire/cri/cri-services.ts'
import type { Sparse } from '../../../wire/grpc/message-codec.ts'
import type { Clock } from '../../../base/clock.ts'
import { criLabel } from './cri-names.ts'
import { GrpcError, grpcCode } from '../../../wire/grpc/grpc-error.ts'
import type { ExecAnswer, Runtime } from './runtime.ts'

interface FakeContainer {
  readonly status: CriContainerStatus
  readonly sandboxId: string
}

export class FakeRuntime implements Runtime {
  readonly calls: string[] = []
  readonly images = new Map<string, CriImage>()
  readonly #clock: Clock
  readonly #sandboxes = new Map<string, PodSandbox>()
  readonly #containers = new Map<string, FakeContainer>()
  #serial = 0
  /** Answers exec; a thrown error is passed on. */
  onExec: (containerId: string, command: readonly string[]) => Partial<ExecAnswer> = () => ({})
  /** Fails the named call when it returns an error. */
  fail: (call: string) => Error | undefined = () => undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  addImage(reference: string): void {
    this.images.set(reference, image.decode(image.encode({ id: `sha256:${reference}`, repoTags: [reference], size: 1000 })))
  }

  /** Ends a container as its process would. */
  exit(name: string, exitCode: number): string {
    const found = [...this.#containers.values()].findLast(({ status }) => status.metadata?.name === name && status.state === 'CONTAINER_RUNNING')
    if (found === undefined) throw new Error(`no running container ${name}`)
    this.#end(found.status, exitCode)
    return found.status.id
  }

  get containerCount(): number {
    return this.#containers.size
  }

  get sandboxCount(): number {
    return this.#sandboxes.size
  }

  version() {
    return Promise.resolve({ runtimeName: 'containerd', runtimeVersion: '1.7.0' })
  }

  conditions() {
    return Promise.resolve(['RuntimeReady', 'NetworkReady'].map(type => ({ type, status: true, reason: '', message: '' })))
  }

  listSandboxes(podUid?: string) {
    return Promise.resolve([...this.#sandboxes.values()].filter(sandbox => podUid === undefined || sandbox.metadata?.uid === podUid))
  }

  sandboxStatus(id: string) {
    const found = this.#sandboxes.get(id)
    return Promise.resolve(found === undefined ? undefined : { ...podSandboxStatus.decode(new Uint8Array(0)), id, state: found.state, network: { ip: '10.244.0.2', additionalIps: [] } })
  }

  async runSandbox(config: Sparse<PodSandboxConfig>) {
    this.#note(`run-sandbox ${config.metadata?.name}#${config.metadata?.attempt ?? 0}`)
    const id = `sandbox-${this.#serial++}`
    const { name = '', uid = '', namespace = '', attempt = 0 } = config.metadata ?? {}
    this.#sandboxes.set(id, { id, metadata: { name, uid, namespace, attempt }, state: 'SANDBOX_READY', createdAt: this.#nanos(), labels: { ...config.labels } as Record<string, string>, annotations: {}, runtimeHandler: '' })
    return Promise.resolve(id)
  }

  async stopSandbox(id: string) {
    this.#note(`stop-sandbox ${id}`)
    const found = this.#sandboxes.get(id)
    if (found !== undefined) this.#sandboxes.set(id, { ...found, state: 'SANDBOX_NOTREADY' })
    for (const { status, sandboxId } of this.#containers.values()) if (sandboxId === id && status.state === 'CONTAINER_RUNNING') this.#end(status, 137)
    return Promise.resolve()
  }

  async removeSandbox(id: string) {
    this.#note(`remove-sandbox ${id}`)
    this.#sandboxes.delete(id)
    return Promise.resolve()
  }

  listContainers(podUid?: string): Promise<CriContainer[]> {
    const all = [...this.#containers.values()].filter(({ status }) => podUid === undefined || status.labels[criLabel.podUid] === podUid)
    return Promise.resolve(all.map(({ status, sandboxId }) => ({ id: status.id, podSandboxId: sandboxId, metadata: status.metadata, image: status.image, imageRef: status.imageRef, state: status.state, createdAt: status.createdAt, labels: status.labels, annotations: status.annotations, imageId: '' })))
  }

  containerStatus(id: string) {
    const found = this.#containers.get(id)
    return found === undefined ? Promise.reject(new GrpcError(grpcCode.NotFound, 'not found')) : Promise.resolve({ ...found.status })
  }

  async createContainer(sandboxId: string, config: Sparse<ContainerConfig>) {
    this.#note(`create ${config.metadata?.name}#${config.metadata?.attempt ?? 0}`)
    const id = `container-${this.#serial++}`
    const status = containerStatus.decode(containerStatus.encode({ id, metadata: config.metadata, image: config.image, imageRef: config.image?.image, createdAt: this.#nanos(), labels: config.labels, annotations: config.annotations, mounts: config.mounts }))
    this.#containers.set(id, { status, sandboxId })
    return Promise.resolve(id)
  }

  async startContainer(id: string) {
    const status = this.#containers.get(id)!.status
    this.#note(`start ${status.metadata?.name}`)
    Object.assign(status, { state: 'CONTAINER_RUNNING', startedAt: this.#nanos() })
    return Promise.resolve()
  }

  async stopContainer(id: string, timeoutSeconds: number) {
    const status = this.#containers.get(id)?.status
    this.#note(`stop ${status?.metadata?.name} ${timeoutSeconds}s`)
    if (status?.state === 'CONTAINER_RUNNING') this.#end(status, 143)
    return Promise.resolve()
  }

  async removeContainer(id: string) {
    this.#note(`remove ${this.#containers.get(id)?.status.metadata?.name}`)
    this.#containers.delete(id)
    return Promise.resolve()
  }

  reopenLog(id: string) {
    this.calls.push(`reopen-log ${id}`)
    return Promise.resolve()
  }

  execSync(containerId: string, command: readonly string[]): Promise<ExecAnswer> {
    try {
      return Promise.resolve({ stdout: new Uint8Array(0), stderr: new Uint8Array(0), exitCode: 0, ...this.onExec(containerId, command) })
    } catch (error) {
      return Promise.reject(error as Error)
    }
  }

  execUrl() {
    return Promise.resolve('http://127.0.0.1:1/exec')
  }

  attachUrl() {
    return Promise.resolve('http://127.0.0.1:1/attach')
  }

  portForwardUrl() {
    return Promise.resolve('http://127.0.0.1:1/portforward')
  }

  containerStats() {
    return Promise.resolve([])
  }

  listImages() {
    return Promise.resolve([...this.images.values()])
  }

  image(reference: string) {
    return Promise.resolve(this.images.get(reference) ?? [...this.images.values()].find(entry => entry.id === reference))
  }

  pullImage(reference: string) {
    const failure = this.fail(`pull ${reference}`)
    this.calls.push(`pull ${reference}`)
    if (failure !== undefined) return Promise.reject(failure)
    this.addImage(reference)
    return Promise.resolve(`sha256:${reference}`)
  }

  removeImage(id: string) {
    this.calls.push(`remove-image ${id}`)
    for (const [reference, entry] of this.images) if (entry.id === id) this.images.delete(reference)
    return Promise.resolve()
  }

  imageFsInfo() {
    return Promise.resolve(undefined)
  }

  #note(call: string): void {
    this.calls.push(call)
    const failure = this.fail(call)
    if (failure !== undefined) throw failure
  }

  #end(status: CriContainerStatus, exitCode: number): void {
    Object.assign(status, { state: 'CONTAINER_EXITED', exitCode, finishedAt: this.#nanos(), reason: exitCode === 0 ? 'Completed' : 'Error' })
  }

  #nanos(): number {
    return (this.#clock.now() + this.#serial) * 1e6
  }
}
