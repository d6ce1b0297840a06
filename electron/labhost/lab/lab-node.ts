/**
 * One worker of a lab: its machine, the line to it, what is installed on it, and what the cluster says about it.
 *
 *   LN1  `bring` may be called in any state and ends with a machine that runs, a line that is up and agents installed, those
 *        running that make the node Ready; `complete` starts the others. What is so already is not done again.
 *   LN2  A machine that still runs is taken over, never started twice.
 *   LN3  While the machine is wanted its line is kept up; when it is switched off on purpose the line is closed.
 *   LN4  A fresh clone has its agents already (node-standby.ts): they are told to go on, and nothing is installed.
 *   LN5  What is shown comes from the machine, the line and the cluster, never from what was last asked for.
 */
import { type Clock, sleep } from '../../../agents/base/clock.ts'
import { type Log, errorText } from '../../../agents/base/log.ts'
import type { Random } from '../../../agents/base/random.ts'
import type { ComponentState, LabSpec, MachinePhase, NodeSpec, NodeState } from '../../contract/labs.ts'
import { readTextIfAny, writePrivateFile } from '../files/private-files.ts'
import type { Installation } from '../files/installation.ts'
import { lanMac, newMachineId } from '../machines/machine-addresses.ts'
import { readMachine } from '../machines/machine-record.ts'
import type { Machine, MachineIdentity, MachineProvider, NodeImage, RunningMachine } from '../machines/machine.ts'
import type { LabPki } from '../pki/lab-pki.ts'
import { provisionNode } from '../provision/provision-node.ts'
import type { RemoteFile } from '../provision/remote-file.ts'
import type { ServiceStatus } from '../provision/service.ts'
import { type ServiceManager, detectInit, serviceManager } from '../provision/service-manager.ts'
import { type ServiceReport, watchServices } from '../provision/service-watch.ts'
import { usualNetwork } from '../network/routing/router-plan.ts'
import { SlowStream, type Slowness, unhindered } from '../network/impairments/slow-stream.ts'
import { generateSshKeyPair } from '../provision/ssh-keys.ts'
import { SshLink, connectTcp } from '../provision/ssh-link.ts'
import type { Action, StepReport } from './action.ts'
import { LabError } from './lab-error.ts'
import type { LabFiles } from './lab-files.ts'
import type { LabLan } from './lab-lan.ts'
import type { LabWorker } from './lab-worker.ts'
import { nodeAddress, prefixOf } from './lan-plan.ts'
import { nodeLocal } from './node-local.ts'
import { agentsOfReadyNode, agentsThatMakeReady, identityFiles, nodeAgents, nodeServices, nodeServicesOf, softwareFiles } from './node-software.ts'
import type { AgentSurroundings, NodeAgent } from './node-software.ts'
import { goMarks, standbyBelongings, tellToGoOn } from './node-standby.ts'
import type { WorkerTemplates } from './worker-templates.ts'

export interface NodeSurroundings {
  readonly files: LabFiles
  readonly installation: Installation
  readonly lab: () => LabSpec
  readonly pki: LabPki
  readonly provider: (node: NodeSpec) => MachineProvider
  readonly image: () => Promise<NodeImage>
  readonly lan: LabLan
  /** Where workers of this kind can be cloned; null where the provider has no templates. */
  readonly templates: (node: NodeSpec) => WorkerTemplates | null
  readonly apiPort: () => number
  readonly registryPort: () => number | null
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly changed: () => void
}

/** How long things may take on a slow machine without hardware virtualisation. */
const patience = { sshMs: 180_000, cloneMs: 30_000, shutdownMs: 30_000 } as const
export const workerDiskMiB = 8 * 1024
const statusEveryMs = 3_000

interface ServiceUsage {
  readonly pid: number
  readonly at: number
  readonly cpuSeconds: number
  readonly memoryBytes: number
  /** null until there are two readings of the same process. */
  readonly cpuCores: number | null
}

export class LabNode implements LabWorker {
  readonly spec: NodeSpec
  readonly number: number
  readonly routesPods = true
  readonly #around: NodeSurroundings
  #phase: MachinePhase = 'absent'
  #running: RunningMachine | undefined
  #link: SshLink | undefined
  #services: ServiceManager | undefined
  #statuses: readonly ServiceStatus[] = []
  readonly #serviceUsage = new Map<string, ServiceUsage>()
  #ready: NodeState['ready'] = null
  #usage: { cpuCores: number | null; memoryBytes: number | null } = { cpuCores: null, memoryBytes: null }
  #lastError: string | null = null
  #watching: AbortController | undefined
  #exitListener: Disposable | undefined
  #isFreshClone = false
  #isCut = false
  #slowness: Slowness = unhindered
  readonly #ending = new AbortController()

  constructor(spec: NodeSpec, number: number, around: NodeSurroundings) {
    this.spec = spec
    this.number = number
    this.#around = around
  }

  get name(): string {
    return this.spec.name
  }

  get address(): string {
    return nodeAddress(this.#around.lab().networks, this.#lanName, this.number)
  }

  get isRunning(): boolean {
    return this.#running !== undefined
  }

  get ready(): NodeState['ready'] {
    return this.#ready
  }

  get state(): NodeState {
    const link = this.#link?.state.phase
    return {
      name: this.name,
      provider: this.spec.provider,
      machine: this.#phase,
      acceleration: this.#running?.acceleration ?? null,
      address: this.address,
      sshPort: this.#running?.sshPort ?? null,
      controlLink: link === 'up' ? 'up' : link === 'connecting' ? 'connecting' : 'down',
      ready: this.#ready,
      cpuCores: this.#usage.cpuCores,
      memoryBytes: this.#usage.memoryBytes,
      lastError: this.#lastError,
    }
  }

  get components(): readonly ComponentState[] {
    return nodeServices.map(name => {
      const status = this.#statuses.find(candidate => candidate.name === name)
      const phases = { running: 'ready', starting: 'starting', failed: 'crashed', stopped: 'stopped', absent: 'stopped' } as const
      return {
        name: `${name}@${this.name}`,
        node: this.name,
        phase: status === undefined || !this.isRunning ? 'stopped' : phases[status.state],
        pid: status?.pid ?? null,
        restarts: status?.restarts ?? 0,
        startedAt: status?.startedAt ?? null,
        cpuCores: this.#serviceUsage.get(name)?.cpuCores ?? null,
        memoryBytes: this.#serviceUsage.get(name)?.memoryBytes ?? null,
        address: name === 'kubelet' ? `${this.address}:10250` : null,
        lastError: null,
      }
    })
  }

  dialer(): SshLink {
    return this.link()
  }

  /** The line to the node, or the reason why there is none. */
  link(): SshLink {
    if (this.#link === undefined) throw new LabError('unavailable', `${this.name} is not running; start it with: kubarium node start ${this.name}`)
    return this.#link
  }

  machine(): RunningMachine {
    if (this.#running === undefined) throw new LabError('unavailable', `${this.name} is not running; start it with: kubarium node start ${this.name}`)
    return this.#running
  }

  cutControlLink(isCut: boolean): void {
    if (this.#isCut === isCut) return
    this.#isCut = isCut
    this.#link?.reconnect()
  }

  slowControlLink(slowness: Slowness | null): void {
    this.#slowness = slowness ?? unhindered
  }

  services(): ServiceManager {
    if (this.#services === undefined) throw new LabError('unavailable', `the services of ${this.name} cannot be reached: ${this.#link?.state.problem ?? 'it is not running'}`)
    return this.#services
  }

  observeReady(ready: NodeState['ready']): void {
    if (this.#ready === ready) return
    this.#ready = ready
    this.#around.changed()
  }

  /** Whether its machine exists, running or not. */
  async isMade(): Promise<boolean> {
    return this.#running !== undefined || (await readMachine(this.#directory)) !== null
  }

  /** Takes over a machine an earlier lab host left running (LN2); false where none runs. */
  async adopt(): Promise<boolean> {
    if (this.#running !== undefined) return true
    const machine = await readMachine(this.#directory)
    if (machine === null) return false
    const running = await this.#provider.adopt(machine)
    if (running === null) {
      this.#become('stopped')
      return false
    }
    this.#take(running)
    this.#become('running')
    return true
  }

  /** LN1. */
  async bring(action: Action): Promise<void> {
    this.#lastError = null
    try {
      await this.#ensureRunning(action)
      await this.#provision(action)
      this.#become('running')
    } catch (error) {
      this.#lastError = errorText(error)
      this.#become(this.#running === undefined ? 'failed' : 'running')
      throw error
    }
  }

  /** LN1. */
  async complete(action: Action): Promise<void> {
    await action.step(`provision:${this.name}`, 'machine.provision', { node: this.name }, async report => {
      if (this.#around.templates(this.spec) !== null) await tellToGoOn(this.link(), nodeAgents)
      if (this.#isFreshClone) this.#isFreshClone = false // LN4
      else await this.#startAgents(agentsOfReadyNode, report)
    })
  }

  async shutdown(action: Action): Promise<void> {
    await action.step(`machine:${this.name}`, 'machine.stop', { node: this.name }, async () => {
      const running = this.#running
      if (running === undefined && !(await this.adopt())) return
      this.#become('stopping')
      await this.#closeLink()
      await this.#running?.shutdown(patience.shutdownMs)
      this.#gone()
    })
  }

  async powerOff(): Promise<void> {
    const running = this.machine()
    await this.#closeLink() // LN3
    await running.powerOff()
    this.#gone()
  }

  async reset(): Promise<void> {
    await this.machine().reset()
    this.#link?.reconnect()
  }

  async delete(action: Action): Promise<void> {
    this.#ending.abort(new LabError('conflict', `${this.name} is being removed`))
    await action.step(`machine:${this.name}`, 'machine.delete', { node: this.name }, async () => {
      await this.#closeLink()
      const machine = this.#running?.machine ?? (await readMachine(this.#directory))
      this.#exitListener?.[Symbol.dispose]()
      if (machine !== null) await this.#provider.delete(machine)
      this.#running = undefined
      this.#become('absent')
    })
  }

  /** The lab host leaves; the machine stays. */
  async release(): Promise<void> {
    await this.#closeLink()
    this.#exitListener?.[Symbol.dispose]()
    this.#running?.release()
    this.#running = undefined
  }

  async halt(): Promise<void> {
    this.#ending.abort(new LabError('conflict', `${this.name} is put back to another moment`))
    if (this.#running === undefined && !(await this.adopt())) return
    const running = this.machine()
    await Promise.all([running.powerOff(), this.#closeLink()])
    if (this.#running !== undefined) this.#gone()
  }

  /** Nothing of it stays; it does not run. */
  async discard(): Promise<void> {
    const machine = await readMachine(this.#directory)
    if (machine !== null) await this.#provider.delete(machine)
    this.#become('absent')
  }

  /** The machine is made of what was saved of it (`from`: its folder), and goes on with the right time. */
  async restore(from: string): Promise<void> {
    const { saved } = this.#provider
    const taken = await saved?.read(from)
    if (saved === null || taken === null || taken === undefined) throw new LabError('failed', `there is no saved machine in ${from}`)
    const { files, clock } = this.#around
    const spec = { ...taken.spec, identity: { ...taken.spec.identity, identityFile: files.pki(`ssh-${this.name}`) } }
    this.#become('booting')
    const startedAt = clock.monotonic()
    const elapsed = (): number => Math.round(clock.monotonic() - startedAt)
    await using restored = await saved.restore({ spec, directory: this.#directory }, from, taken.plugged.map(({ id }) => ({ id, file: files.volume(id) })))
    const restoredMs = elapsed()
    this.#take(restored.running, { isReachable: false })
    try {
      const { clockIsSet } = await restored.wake()
      const wokenMs = elapsed()
      this.#openLink(restored.running) // not before: the guest had to end what is left of the line that there was
      this.#watch()
      if (restored.running.state === 'running' && clockIsSet) {
        await this.link().published({ timeoutMs: patience.cloneMs, signal: this.#ending.signal }).catch((error: unknown) => { this.#around.log.info('line not up yet after a restore', { node: this.name, reason: errorText(error) }) }) // it is tried on
      } else if (restored.running.state === 'running') {
        await this.link().published({ timeoutMs: patience.sshMs, signal: this.#ending.signal })
        await this.link().run(['date', '-u', '-s', `@${(clock.now() / 1_000).toFixed(3)}`])
      }
      this.#around.log.info('machine restored', { node: this.name, restoredMs, wokenMs, clockIsSet, lineMs: elapsed() })
      this.#become('running')
    } catch (error) {
      await this.#closeLink()
      this.#gone()
      throw error
    }
  }

  /** The line to it, where it is up now. */
  lineIfUp(): SshLink | null {
    return this.#link?.state.phase === 'up' ? this.#link : null
  }

  async #ensureRunning(action: Action): Promise<void> {
    if (this.#running !== undefined || (await this.adopt())) return
    this.#become('creating')
    const { machine, isNew } = await this.#create()
    this.#become('booting')
    if (isNew && (await this.#startAsClone(machine, action))) return
    await action.step(`machine:${this.name}`, 'machine.start', { node: this.name, provider: this.spec.provider }, async () => {
      this.#take(await this.#provider.start(machine))
    })
  }

  async #startAsClone(machine: Machine, action: Action): Promise<boolean> {
    const templates = this.#around.templates(this.spec)
    if (templates === null || !(await templates.has(machine))) return false
    return action.step(`machine:${this.name}`, 'machine.clone', { node: this.name }, async () => {
      const clone = await templates.clone(machine, standbyBelongings(this.#surroundings, await this.#identityFiles(nodeAgents)))
      if (clone === undefined) return false
      using fresh = clone
      try {
        this.#take(fresh.running)
        this.#isFreshClone = true
        await this.link().published({ timeoutMs: patience.cloneMs, signal: this.#ending.signal })
        await fresh.mark(goMarks(agentsThatMakeReady)) // not before: their first try should find the API server
        return true
      } catch (error) {
        templates.giveUp(machine, error)
        await this.#closeLink()
        await fresh.running.powerOff()
        this.#gone()
        await this.#provider.delete(machine)
        await this.#provider.create(machine.spec, machine.directory)
        return false
      }
    })
  }

  async #create(): Promise<{ readonly machine: Machine; readonly isNew: boolean }> {
    const existing = await readMachine(this.#directory)
    if (existing !== null) return { machine: existing, isNew: false }
    const image = await this.#around.image()
    const machine = await this.#provider.create(
      {
        name: this.name,
        provider: this.spec.provider,
        cpus: this.spec.cpus,
        memoryMiB: this.spec.memoryMiB,
        diskMiB: workerDiskMiB,
        image,
        lan: { address: this.address, prefix: prefixOf(this.#around.lab().networks, this.#lanName), mac: lanMac(this.number) },
        identity: this.#newIdentity(),
      },
      this.#directory,
    )
    return { machine, isNew: true }
  }

  #newIdentity(): MachineIdentity {
    const { files } = this.#around
    const identityFile = files.pki(`ssh-${this.name}`)
    const login = generateSshKeyPair(`kubarium ${files.lab}`)
    const host = generateSshKeyPair(this.name)
    writePrivateFile(identityFile, login.privateKey)
    return { authorizedKey: login.publicKey, identityFile, hostKeyPrivate: host.privateKey, hostKeyPublic: host.publicKey.split(' ').slice(0, 2).join(' '), machineId: newMachineId() }
  }

  #take(running: RunningMachine, { isReachable = true } = {}): void {
    this.#running = running
    this.#around.lan.join(this.name, this.#lanName, running.lan, error => {
      this.#lastError = errorText(error)
      this.#around.changed()
    })
    this.#exitListener = running.onExit(how => {
      if (this.#running !== running) return
      this.#gone()
      if (!how.wanted) {
        this.#lastError = how.reason
        this.#around.log.warn('machine ended', { node: this.name, reason: how.reason })
        void this.#closeLink()
        this.#around.changed()
      }
    })
    if (!isReachable) return
    this.#openLink(running)
    this.#watch()
  }

  #openLink(running: RunningMachine): void {
    const { identity } = running.machine.spec
    const privateKey = readTextIfAny(identity.identityFile)
    if (privateKey === undefined) throw new LabError('failed', `the SSH key of ${this.name} (${identity.identityFile}) is missing, so nothing can log in to it; remove the node and add it again`)
    const link = this.#newLink(running, identity.hostKeyPublic, privateKey)
    this.#link = link
    link.onState(() => { this.#around.changed() })
    const apiPorts = new Set([nodeLocal.apiPort, this.#around.apiPort()]) // the Endpoints of `kubernetes` name the port it really listens on
    for (const port of apiPorts) link.publish({ address: nodeLocal.address, port }, () => connectTcp('127.0.0.1', this.#around.apiPort())())
    link.publish({ address: nodeLocal.address, port: nodeLocal.registryPort }, () => {
      const port = this.#around.registryPort()
      return port === null ? Promise.reject(new Error('the image registry is not running')) : connectTcp('127.0.0.1', port)()
    })
    link.start()
  }

  #newLink(running: RunningMachine, hostKey: string, privateKey: string): SshLink {
    return new SshLink({
      name: this.name,
      privateKey,
      hostKey,
      connect: async signal => {
        if (this.#isCut) throw new LabError('unavailable', 'the control link was cut on purpose')
        return new SlowStream(await (this.#running ?? running).connect(signal), this.#around.clock, () => this.#slowness)
      },
      clock: this.#around.clock,
      random: this.#around.random,
      log: this.#around.log.with({ node: this.name }),
    })
  }

  async #provision(action: Action): Promise<void> {
    const link = this.link()
    const step = `provision:${this.name}`
    await action.step(step, 'machine.connect', { node: this.name }, () => link.ready({ timeoutMs: patience.sshMs, signal: this.#ending.signal }))
    if (this.#phase !== 'running') this.#become('provisioning')
    if (!this.#isFreshClone) await action.step(step, 'machine.provision', { node: this.name }, report => this.#startAgents(agentsThatMakeReady, report))
  }

  async #startAgents(agents: readonly NodeAgent[], report: StepReport): Promise<void> {
    const link = this.link()
    const { installation, clock, log } = this.#around
    const init = this.#services?.init ?? (await detectInit(link))
    this.#services = serviceManager(link, init)
    const result = await provisionNode({
      link,
      init,
      files: [...softwareFiles(installation, agents), ...(await this.#identityFiles(agents))],
      services: nodeServicesOf(agents, this.#surroundings),
      clock,
      signal: this.#ending.signal,
      onProgress: ({ step: detail, state }) => {
        if (state === 'started') report.update('machine.provision.detail', { node: this.name, detail })
      },
    })
    log.info('node provisioned', { node: this.name, agents, changed: result.changedFiles.length, restarted: result.restartedServices })
  }

  #identityFiles(agents: readonly NodeAgent[]): Promise<readonly RemoteFile[]> {
    return identityFiles(agents, this.#around.pki, this.#around.files.lab, this.spec, this.address, readTextIfAny(this.#around.files.faultToken))
  }

  get #lanName(): string {
    return this.spec.network ?? usualNetwork
  }

  get #surroundings(): AgentSurroundings {
    return { installation: this.#around.installation, lab: this.#around.lab(), node: this.spec, lanAddress: this.address }
  }

  #watch(): void {
    this.#watching?.abort(new Error('watched anew'))
    const watching = new AbortController()
    this.#watching = watching
    void this.#observe(watching.signal).catch(() => {})
    void this.#observeServices(watching.signal).catch(() => {})
  }

  async #observe(signal: AbortSignal): Promise<void> {
    let before: { readonly cpuSeconds: number; readonly at: number } | undefined
    for (;;) {
      await sleep(this.#around.clock, statusEveryMs, signal)
      const running = this.#running
      if (running === undefined) continue
      try {
        const usage = await running.usage()
        const at = this.#around.clock.monotonic()
        const cpuCores = before === undefined ? null : Math.max(0, Number(((usage.cpuSeconds - before.cpuSeconds) / ((at - before.at) / 1000)).toFixed(3)))
        this.#usage = { cpuCores, memoryBytes: usage.memoryBytes }
        before = { cpuSeconds: usage.cpuSeconds, at }
      } catch {
        // the next round tells more
      }
      this.#around.changed()
    }
  }

  /** One watch that stays on the machine, begun anew whenever the line has come back. */
  async #observeServices(signal: AbortSignal): Promise<void> {
    for (;;) {
      const link = this.#link
      try {
        if (link?.state.phase === 'up') {
          this.#services ??= serviceManager(link, await detectInit(link))
          const reports = watchServices({ link, manager: this.#services, names: nodeServices, intervalSeconds: statusEveryMs / 1_000, signal })
          for await (const report of reports) this.#takeReport(report)
        }
      } catch {
        // the state of the line tells it
      }
      await sleep(this.#around.clock, statusEveryMs, signal)
    }
  }

  #takeReport(reports: readonly ServiceReport[]): void {
    this.#statuses = reports.map(report => report.status)
    const at = this.#around.clock.monotonic()
    for (const { status: { name, pid }, usage } of reports) {
      const before = this.#serviceUsage.get(name)
      if (usage === null || pid === null) this.#serviceUsage.delete(name)
      else this.#serviceUsage.set(name, { pid, at, cpuSeconds: usage.cpuSeconds, memoryBytes: usage.memoryBytes, cpuCores: before?.pid === pid ? Math.max(0, Number(((usage.cpuSeconds - before.cpuSeconds) / ((at - before.at) / 1000)).toFixed(3))) : null })
    }
    this.#around.changed()
  }

  async #closeLink(): Promise<void> {
    const link = this.#link
    this.#link = undefined
    this.#services = undefined
    this.#statuses = []
    this.#serviceUsage.clear()
    await link?.close()
  }

  #gone(): void {
    this.#watching?.abort(new Error('the machine ended'))
    this.#watching = undefined
    this.#exitListener?.[Symbol.dispose]()
    this.#exitListener = undefined
    this.#running = undefined
    this.#isFreshClone = false
    this.#usage = { cpuCores: null, memoryBytes: null }
    this.#around.lan.leave(this.name)
    this.#become('stopped')
  }

  #become(phase: MachinePhase): void {
    if (this.#phase === phase) return
    this.#phase = phase
    this.#around.changed()
  }

  get #provider(): MachineProvider {
    return this.#around.provider(this.spec)
  }

  get #directory(): string {
    return this.#around.files.machine(this.name)
  }
}
