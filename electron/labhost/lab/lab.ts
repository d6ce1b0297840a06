/**
 * One lab: what was asked for, what is there, and the actions that bring the second to the first.
 *
 *   LB1  `up` may be called at any time: it finishes what was half done and does nothing that is done already.
 *   LB2  One action at a time; asking for the same again gives the one under way, anything else is refused.
 *   LB3  What was asked for is written down before it is begun, so that whoever comes after knows.
 *   LB4  A lab host that starts finds what is running and takes it over; it starts again only what should run beside it.
 *   LB5  An `up` that fails before anything was made (no image, no QEMU) leaves no lab behind.
 *   LB6  `down` keeps all data; `delete` leaves nothing: no process, socket or file.
 */
import { randomBytes, randomUUID } from 'node:crypto'
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type Clock, sleep } from '../../../agents/base/clock.ts'
import { type Log, errorText } from '../../../agents/base/log.ts'
import { type Random, randomSuffix } from '../../../agents/base/random.ts'
import type { DrillRun } from '../../contract/drills.ts'
import type { FaultState } from '../../contract/faults.ts'
import type { ComponentProgram, ComponentState, LabPhase, LabSpec, LabState, NodeSpec, SwappableComponent } from '../../contract/labs.ts'
import type { AddonObject } from '../addons/addon-object.ts'
import { blockVolumes } from '../addons/block-volumes.ts'
import { cloudControllerManagerAccess } from '../addons/cloud-controller-manager-access.ts'
import { kubeDns } from '../addons/kube-dns.ts'
import { metricsServer } from '../addons/metrics-server.ts'
import { nodeAgentsAccess } from '../addons/node-agents-access.ts'
import { simulatedKubeletsAccess, simulatedKubeletsUser } from '../addons/simulated-kubelets-access.ts'
import { ApiClient } from '../cluster/api-client.ts'
import { Supervisor } from '../components/supervisor.ts'
import { type FaultEntry, FaultLedger } from '../drills/fault-ledger.ts'
import { DrillBook, type DrillRecord } from '../drills/running/drill-book.ts'
import { type Installation, agentFile } from '../files/installation.ts'
import { savedParts } from '../checkpoints/checkpoint-files.ts'
import { datagramRelayCommand } from './node-software.ts'
import { ensurePrivateDir, readJsonIfAny, readTextIfAny, writePrivateFile, writePrivateJson } from '../files/private-files.ts'
import type { MachineProvider, NodeImage } from '../machines/machine.ts'
import { EgressProxy } from '../network/egress-proxy.ts'
import { SwitchThread } from '../network/switch/switch-thread.ts'
import { LabPki } from '../pki/lab-pki.ts'
import { type ReceivedSpans, TraceReceiver, tracingConfiguration } from '../traces/trace-receiver.ts'
import { Action } from './action.ts'
import { ApiLoads } from './api-load.ts'
import { applyAddons } from './apply-addons.ts'
import { auditPolicy } from './audit-policy.ts'
import { exportsSpans, isSwappable, requireProgram, requireSwappable } from './component-swaps.ts'
import { componentKubeconfigs, controlPlaneManifests, desktopComponentsOf, egressSelectorConfiguration, simulatedKubelets } from './control-plane.ts'
import { desktopPrograms } from './desktop-programs.ts'
import { drillWorld } from './drill-world.ts'
import { dialerFor } from './egress-routes.ts'
import { faultWorld } from './fault-world.ts'
import { canBind, freePorts } from './free-port.ts'
import type { ImageRegistry, ImageSource } from './image-source.ts'
import { GoldenLabs, goldenKey } from './golden-labs.ts'
import { LabCheckpoints, goldenName } from './lab-checkpoints.ts'
import { LabCloud } from './lab-cloud.ts'
import { LabError } from './lab-error.ts'
import { type HomeFiles, type LabFiles, labFiles, limits, portPreferences } from './lab-files.ts'
import { LabLan } from './lab-lan.ts'
import { LabMemory, type LabPorts } from './lab-memory.ts'
import { type KeptLink, LabNetwork } from './lab-network.ts'
import { LabNode, workerDiskMiB } from './lab-node.ts'
import type { LabWorker } from './lab-worker.ts'
import { putLabFilesBack, savedFaults } from './saved-lab-files.ts'
import { SimulatedLabNode } from './simulated-lab-node.ts'
import { SimulatedNodes } from './simulated-nodes.ts'
import { apiServiceAddress, dnsServiceAddress, labDefaults } from './lab-spec.ts'
import { routerPlans, routerPorts } from './lan-plan.ts'
import { nodeLocal } from './node-local.ts'
import { claimPort } from './port-claim.ts'
import { watchNodesReady } from './nodes-ready.ts'
import { hasSettled, isAsMade } from './settling.ts'
import type { WorkerTemplates } from './worker-templates.ts'

export interface LabDeps {
  readonly home: HomeFiles
  readonly installation: Installation
  readonly images: ImageSource
  readonly provider: (files: LabFiles, node: NodeSpec) => MachineProvider
  readonly templates: (node: NodeSpec) => WorkerTemplates | null
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly changed: () => void
  /** What is known of the lab's past, in memory, is about a time that was undone. */
  readonly forgetStories: (lab: Lab) => void
}

/** Of the control plane's processes: who holds one leads. */
const leaderLeases = ['kube-scheduler', 'kube-controller-manager', 'cloud-controller-manager'] as const

const waits = { nodeReadyMs: 300_000, addonsMs: 300_000, pollMs: 100, healMs: 4_000 } as const

export class Lab {
  readonly name: string
  readonly files: LabFiles
  readonly #deps: LabDeps
  readonly #memory: LabMemory
  readonly #pki: LabPki
  readonly #supervisor: Supervisor
  readonly #switch: SwitchThread
  readonly #lan: LabLan
  readonly #network: LabNetwork
  readonly #faults: FaultLedger
  readonly #drills: DrillBook
  readonly loads: ApiLoads
  readonly checkpoints: LabCheckpoints
  readonly #nodes = new Map<string, LabWorker>()
  readonly #simulated: SimulatedNodes
  #client: ApiClient | undefined
  #egress: EgressProxy | undefined
  #portClaim: Disposable | undefined
  #traces: TraceReceiver | undefined
  #cloud: LabCloud | undefined
  #registry: ImageRegistry | undefined
  #image: Promise<NodeImage> | undefined
  #readyWatch: AbortController | undefined
  #action: Action | undefined
  /** Waits for a fresh lab to settle, and saves it; given up for whatever else is asked. */
  #settling: AbortController | undefined
  #problem: string | null = null
  #phase: LabPhase = 'stopped'

  constructor(memory: LabMemory, files: LabFiles, deps: LabDeps) {
    this.name = files.lab
    this.files = files
    this.#deps = deps
    this.#memory = memory
    const log = deps.log.with({ lab: files.lab })
    this.#pki = new LabPki({
      dir: files.pkiDir,
      now: () => deps.clock.now(),
      serviceAddress: apiServiceAddress(memory.desired.spec.networks.serviceCidr),
      nodeLocalAddress: nodeLocal.address,
    })
    this.#supervisor = new Supervisor({ recordsFile: files.componentsJson, clock: deps.clock, random: deps.random, log, stopGraceMs: limits.stopGraceMs, logBytes: limits.logBytes, changed: deps.changed })
    this.#switch = new SwitchThread(deps.clock, log)
    this.#lan = new LabLan(this.#switch)
    this.#network = new LabNetwork({
      lab: this.name,
      lanSwitch: this.#switch,
      nodes: () => [...this.#nodes.values()],
      routerPorts: () => routerPorts(this.spec.networks),
      notes: { read: () => readJsonIfAny<readonly KeptLink[]>(files.linksJson) ?? [], write: links => { if (this.#phase !== 'absent') writePrivateJson(files.linksJson, links) } },
      clock: deps.clock,
      log,
    })
    this.loads = new ApiLoads(() => { const { authority, certificate, key } = this.adminCredentials(); return { server: this.#apiUrl, authority, certificate, key } }, deps.clock)
    this.#faults = new FaultLedger({
      world: faultWorld(this, deps.clock),
      journal: { read: () => readJsonIfAny<readonly FaultEntry[]>(files.faultsJson) ?? [], write: entries => { if (this.#phase !== 'absent') writePrivateJson(files.faultsJson, entries) } },
      clock: deps.clock,
      random: deps.random,
      newId: () => `fault-${randomSuffix(deps.random)}`,
      log,
      changed: deps.changed,
    })
    this.#drills = new DrillBook({
      world: drillWorld(this),
      journal: { read: () => readJsonIfAny<DrillRecord>(files.drillsJson) ?? { runs: [], open: null }, write: record => { if (this.#phase !== 'absent') writePrivateJson(files.drillsJson, record) } },
      clock: deps.clock,
      random: deps.random,
      log,
    })
    const lab = (): Lab => this
    this.checkpoints = new LabCheckpoints({
      lab: {
        name: this.name,
        files,
        supervisor: this.#supervisor,
        get spec() { return lab().spec },
        get off() { return memory.desired.off },
        machines: () => this.#machines(),
        provider: node => deps.provider(files, node),
        begin: (purpose, run) => this.#begin(purpose, run),
        requireRunning: () => { this.#requireRunning() },
        lanState: () => this.#switch.state(),
        endDrills: () => this.#drills.close(),
        halt: () => this.#halt(),
        putBack: folder => this.#putBack(folder),
        start: (folder, takenAt) => this.#startAsOf(folder, Date.parse(takenAt)),
      },
      programVersion: deps.installation.version,
      clock: deps.clock,
      log,
    })
    this.#simulated = new SimulatedNodes({ file: files.simulatedNodesJson, memory, lab: () => this.spec, clock: deps.clock })
    for (const node of memory.desired.spec.nodes) this.#addNode(node)
  }

  static create(spec: LabSpec, deps: LabDeps): Lab {
    const files = labFiles(deps.home, spec.name)
    return new Lab(LabMemory.read(files) ?? LabMemory.create(files, spec), files, deps)
  }

  static open(name: string, deps: LabDeps): Lab | undefined {
    const files = labFiles(deps.home, name)
    const memory = LabMemory.read(files)
    return memory === undefined ? undefined : new Lab(memory, files, deps)
  }

  get spec(): LabSpec {
    return this.#memory.desired.spec
  }

  get isBeingDeleted(): boolean {
    return this.#memory.desired.deleting
  }

  /** Deleted, or never made. */
  get isAbsent(): boolean {
    return this.#phase === 'absent'
  }

  get action(): Action | undefined {
    return this.#action
  }

  get state(): LabState {
    const nodes = [...this.#nodes.values()]
    return {
      spec: this.spec,
      phase: this.#observedPhase(),
      apiServerUrl: this.#memory.remembered.ports === null ? null : this.#apiUrl,
      kubeconfigPath: this.files.kubeconfig,
      components: [...this.#components(), ...nodes.flatMap(node => node.components)],
      nodes: nodes.map(node => node.state),
      problem: this.#problem,
    }
  }

  /** Administrator's client; undefined while there is no control plane. */
  get client(): ApiClient | undefined {
    return this.#client
  }

  kubeconfig(): { readonly path: string; readonly text: string } {
    const text = readTextIfAny(this.files.kubeconfig)
    if (text === undefined) throw new LabError('unavailable', `lab ${this.name} has no kubeconfig yet; it gets one with: kubarium up --name ${this.name}`)
    return { path: this.files.kubeconfig, text }
  }

  adminCredentials(): { readonly authority: string; readonly certificate: string; readonly key: string } {
    return { authority: this.#pki.readAuthority(), ...this.#pki.readLeaf('admin') }
  }

  node(name: string): LabWorker {
    const node = this.#nodes.get(name)
    if (node === undefined) throw new LabError('not-found', `lab ${this.name} has no node "${name}"; its nodes are ${[...this.#nodes.keys()].join(', ') || 'none'}`)
    return node
  }

  /** The LAN: what passes it and what is wrong with it. */
  get network(): LabNetwork {
    return this.#network
  }

  async serveCertificate(which: 'own' | 'expired' | 'unknown-authority' | 'wrong-name'): Promise<void> {
    await (which === 'own' ? this.#pki.ensure() : this.#pki.spoilApiServer(which))
  }

  /** Opens /debug/faults of the lab's components; undefined where the lab has none. */
  faultToken(): string | undefined {
    return this.spec.faultInjection === false ? undefined : readTextIfAny(this.files.faultToken)
  }

  get faults(): FaultLedger {
    return this.#faults
  }

  /** Drills that run or ran here. */
  get drills(): DrillBook {
    return this.#drills
  }

  beginDrill(...given: Parameters<DrillBook['begin']>): DrillRun {
    this.#requireRunning()
    return this.#drills.begin(...given)
  }

  async injectFault(order: Parameters<FaultLedger['inject']>[0]): Promise<FaultState> {
    this.#requireRunning()
    return await this.#faults.inject(order)
  }

  get supervisor(): Supervisor {
    return this.#supervisor
  }

  get nodeNames(): readonly string[] {
    return [...this.#nodes.keys()]
  }

  /** LB4. */
  async resume(): Promise<void> {
    if (this.#memory.desired.deleting) {
      this.delete()
      return
    }
    if (await this.#resumeCheckpoints()) return
    if (!this.#memory.desired.run) {
      this.#phase = 'stopped'
      return
    }
    const adopted = await Promise.allSettled([...this.#nodes.values()].map(node => node.adopt()))
    const machines = adopted.filter(result => result.status === 'fulfilled' && result.value).length
    for (const result of adopted) if (result.status === 'rejected') this.#note(result.reason)
    if (machines === 0 && this.#supervisor.leftRunning.length === 0) {
      this.#phase = 'stopped' // the desktop was switched off: nothing is started unasked
      return
    }
    await this.#network.restore()
    this.#deps.log.info('lab found running', { lab: this.name, machines, components: this.#supervisor.leftRunning })
    try {
      await this.#openLocalServices()
      const started = this.#startControlPlane()
      void this.#faults.recover() // beside it: what was paused would never be ready
      await started
      this.#phase = 'running'
      void this.#drills.recover()
    } catch (error) {
      this.#note(error)
      this.#phase = 'degraded'
    }
    this.#deps.changed()
  }

  /** True where the lab is on its way to a checkpoint: then there is nothing else to take over. */
  async #resumeCheckpoints(): Promise<boolean> {
    await Promise.allSettled([...this.#nodes.values()].map(node => node.adopt()))
    const goal = await this.checkpoints.recover()
    if (goal === null) return false
    this.#deps.log.info('rewind found under way', { lab: this.name, checkpoint: goal })
    this.checkpoints.rewind(goal)
    return true
  }

  /** Everything of it ends at once, and nothing of it is remembered but what is on the disk. */
  async #halt(): Promise<void> {
    this.#phase = 'starting'
    this.#problem = null
    this.#readyWatch?.abort(new Error('the lab is put back to another moment'))
    this.loads.close()
    const faults = this.#faults.states.map(({ id }) => id)
    this.#faults.close()
    const outcomes = await Promise.allSettled([...[...this.#nodes.values()].map(node => node.halt()), this.#supervisor.end()])
    await this.#closeLocalServices()
    await this.#network.forgetImpairments(faults)
    this.#deps.forgetStories(this)
    const failed = outcomes.find(outcome => outcome.status === 'rejected')
    if (failed !== undefined) throw failed.reason
  }

  /** A lab that is made of a checkpoint that another lab, or a bundle, gives it. */
  beginFrom(purpose: string, take: (action: Action) => Promise<string>): Action {
    return this.#begin(purpose, async action => {
      const name = await take(action)
      await this.checkpoints.goTo(name, action)
      action.finish('lab.branched', { lab: this.name, name })
      await this.#makeTemplates()
    })
  }

  /** Files, and the nodes that they speak of; of nodes that came later nothing stays. */
  async #putBack(folder: string): Promise<void> {
    await putLabFilesBack(folder, { files: this.files, memory: this.#memory, etcdRestore: [this.#deps.installation.node, agentFile(this.#deps.installation, 'etcd-restore')] })
    const wanted = new Set(this.spec.nodes.map(({ name }) => name))
    await Promise.all(this.#machines().filter(({ name }) => !wanted.has(name)).map(node => node.discard()))
    this.#nodes.clear()
    this.#simulated.forget()
    for (const node of this.spec.nodes) this.#addNode(node)
  }

  async #startAsOf(folder: string, takenAt: number): Promise<void> {
    await this.#ensureCredentials()
    await this.#openLocalServices()
    const controlPlane = this.#startControlPlane(() => this.#giveLeasesBack())
    const machines = this.#machines().map(node => node.restore(join(folder, savedParts.machines, node.name)))
    const outcomes = await Promise.allSettled([controlPlane, ...machines])
    const failed = outcomes.find(outcome => outcome.status === 'rejected')
    if (failed !== undefined) throw failed.reason
    await this.#network.restore()
    await this.#faults.becomeAsOf(savedFaults(folder), takenAt)
    this.#phase = 'running'
  }

  /** As leaders do that end in order; those that led then have ended. */
  async #giveLeasesBack(): Promise<void> {
    await Promise.all(leaderLeases.map(async name => {
      const path = `/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/${name}`
      await this.#client?.patch(path, 'application/merge-patch+json', { spec: { holderIdentity: '', leaseDurationSeconds: 1 } }).catch((error: unknown) => { this.#deps.log.info('lease not given back', { lab: this.name, lease: name, reason: errorText(error) }) })
    }))
  }

  up(spec: LabSpec): Action {
    return this.#begin('up', action => this.#up(spec, action), JSON.stringify(spec))
  }

  down(): Action {
    return this.#begin('down', action => this.#down(action))
  }

  /** May be asked for at any time: an action under way is given up. */
  delete(): Action {
    this.#memory.want({ deleting: true, run: false }) // LB3
    return this.#begin('delete', action => this.#delete(action))
  }

  addNode(spec: NodeSpec): Action {
    if (this.#nodes.has(spec.name)) throw new LabError('already-exists', `lab ${this.name} already has a node "${spec.name}"`)
    const like = this.spec.nodes.filter(node => (node.provider === 'simulated') === (spec.provider === 'simulated')).length
    const most = spec.provider === 'simulated' ? limits.simulatedNodes : limits.nodes
    if (like >= most) throw new LabError('invalid-argument', `a lab has at most ${most} ${spec.provider === 'simulated' ? 'simulated nodes' : 'nodes with a machine'}`)
    return this.#begin(`add ${spec.name}`, async action => {
      this.#requireRunning()
      this.#memory.want({ spec: { ...this.spec, nodes: [...this.spec.nodes, spec] } })
      const node = this.#addNode(spec)
      await this.#ensureImages(action)
      if (spec.provider === 'simulated') await this.#ensureSimulation()
      await this.#bringNode(node, action)
      action.finish('lab.up', { lab: this.name, nodes: this.#nodes.size })
    })
  }

  removeNode(name: string): Action {
    const node = this.node(name)
    return this.#begin(`remove ${name}`, async action => {
      await this.#removeNodes([node], action)
      action.finish('machine.delete', { node: name })
    })
  }

  startNode(name: string): Action {
    const node = this.node(name)
    return this.#begin(`start ${name}`, async action => {
      this.#requireRunning()
      this.#memory.want({ off: this.#memory.desired.off.filter(off => off !== name) })
      await this.#ensureImages(action)
      await this.#bringNode(node, action)
      action.finish('machine.ready', { node: name })
    })
  }

  stopNode(name: string): Action {
    const node = this.node(name)
    return this.#begin(`stop ${name}`, async action => {
      this.#wantOff(name)
      await node.shutdown(action)
      action.finish('machine.stop', { node: name })
    })
  }

  powerOffNode(name: string): Action {
    const node = this.node(name)
    return this.#begin(`power-off ${name}`, async action => {
      this.#wantOff(name)
      await action.step(`machine:${name}`, 'machine.stop', { node: name }, () => node.powerOff())
      action.finish('machine.stop', { node: name })
    })
  }

  resetNode(name: string): Action {
    const node = this.node(name)
    return this.#begin(`reset ${name}`, async action => {
      await action.step(`machine:${name}`, 'machine.start', { node: name, provider: node.spec.provider }, () => node.reset())
      await this.#bringNode(node, action)
      action.finish('machine.ready', { node: name })
    })
  }

  /** The lab host leaves; everything it started stays. */
  async release(): Promise<void> {
    this.#settling?.abort(new Error('the lab host leaves'))
    await Promise.race([this.#drills.close().then(() => this.#faults.healAll('host-restarted')), sleep(this.#deps.clock, waits.healMs)]) // the next lab host heals what is left
    this.#faults.close()
    this.loads.close()
    this.#readyWatch?.abort(new Error('the lab host leaves'))
    await Promise.allSettled([...this.#nodes.values()].map(node => node.release()))
    await this.#supervisor[Symbol.asyncDispose]()
    await this.#closeLocalServices()
    this.#switch.close()
  }

  #begin(purpose: string, run: (action: Action) => Promise<void>, argument = ''): Action {
    const key = `${purpose} ${argument}`.trim()
    const givesWay = this.#settling !== undefined && this.#action?.purpose === 'golden' ? this.#action.finished().catch(() => {}) : undefined
    if (purpose !== 'golden') {
      this.#settling?.abort(new Error(`it gives way to: ${purpose}`))
      this.#settling = undefined
    }
    if (this.#action?.state === 'running') {
      if (this.#action.purpose === key) return this.#action // LB2
      if (purpose !== 'delete' && givesWay === undefined) throw new LabError('conflict', `lab ${this.name} is busy (${this.#action.purpose.split(' {')[0]!}); wait for it to end, or delete the lab`)
      this.#deps.log.info('action given up', { lab: this.name, purpose: this.#action.purpose.split(' {')[0] })
    }
    const action = new Action(randomUUID(), this.name, key, this.#deps.clock)
    this.#action = action
    void (givesWay === undefined ? run(action) : givesWay.then(() => run(action)))
      .catch((error: unknown) => {
        if (this.#action === action) {
          this.#note(error)
          if (this.#isUnmade && !existsSync(this.checkpoints.shelf.files.rewinding)) {
            this.#memory.removeFiles() // LB5
            this.#phase = 'absent'
          }
          if (this.#phase === 'starting' || this.#phase === 'stopping') this.#phase = 'degraded'
        }
        action.fail(error)
      })
      .finally(() => { this.#deps.changed() })
    this.#deps.changed()
    return action
  }

  async #up(spec: LabSpec, action: Action): Promise<void> {
    const goal = this.checkpoints.underway
    if (goal !== null) await this.checkpoints.goTo(goal, action) // half put back it is no lab to start (RW4)
    this.#requireSameFoundation(spec)
    this.#problem = null
    const wasRunning = this.#phase === 'running'
    const isFresh = this.#memory.remembered.ports === null
    this.#phase = 'starting'
    this.#memory.want({ spec, run: true, off: [] }) // LB3
    const wanted = new Set(spec.nodes.map(node => node.name))
    const surplus = [...this.#nodes.values()].filter(node => !wanted.has(node.name))
    for (const node of spec.nodes) if (!this.#nodes.has(node.name)) this.#addNode(node)

    await this.#checkProviders(action)
    await this.#ensureImages(action)
    if (await this.#startedGolden(spec, action)) return
    await action.step('certificates', 'certificates', {}, () => this.#ensureCredentials())
    await this.#openLocalServices()
    if (!wasRunning) await this.#network.begin(spec.links ?? [])
    for (const node of surplus.filter(({ routesPods }) => routesPods)) await this.#removeNodes([node], action)
    await this.#removeNodes(surplus.filter(({ routesPods }) => !routesPods), action)

    const controlPlane = action.step('control-plane', 'control-plane', {}, () => this.#startControlPlane())
    const addons = controlPlane.then(() => this.#applyAddons(action))
    // Machines boot while the control plane starts; both are waited for, and the first failure is the one reported.
    const simulation = addons.then(() => this.#bringSimulated(action))
    const outcomes = await Promise.allSettled([controlPlane, addons, simulation, ...this.#machines().map(node => this.#bringNode(node, action))])
    const failed = outcomes.find(outcome => outcome.status === 'rejected')
    if (failed !== undefined) throw failed.reason
    if (this.#nodes.size > 0) await this.#waitForAddons(action)
    this.#phase = 'running'
    void this.#faults.recover()
    void this.#drills.recover()
    action.finish('lab.up', { lab: this.name, nodes: this.#nodes.size })
    if (isFresh && spec.golden === true && this.#machines().length > 0) void this.#becomeGoldenWhenSettled()
    await this.#makeTemplates()
  }

  async #becomeGoldenWhenSettled(): Promise<void> {
    const settling = new AbortController()
    this.#settling = settling
    try {
      const lab = { busyCores: () => this.#machines().map(({ state }) => state.cpuCores), isWhole: () => this.#observedPhase() === 'running' && this.#faults.states.every(({ phase }) => phase === 'over') }
      if (!await hasSettled(lab, this.#deps.clock, settling.signal) || this.#client === undefined || !await isAsMade(this.#client)) return
      settling.signal.throwIfAborted()
      await this.checkpoints.saveGolden(this.#golden, imageHash => goldenKey(this.spec, imageHash, this.#deps.installation), settling.signal).finished()
    } catch (error) {
      this.#deps.log.info('golden checkpoint not made', { lab: this.name, reason: errorText(error) })
    } finally {
      if (this.#settling === settling) this.#settling = undefined
    }
  }

  /** What new labs of this topology start from is this one as it is now. */
  becomeGolden(): Action {
    return this.checkpoints.saveGolden(this.#golden, imageHash => goldenKey(this.spec, imageHash, this.#deps.installation))
  }

  get #golden(): GoldenLabs {
    return new GoldenLabs(this.#deps.home.goldenDir, () => this.#deps.clock.now())
  }

  /** GL2 */
  async #startedGolden(spec: LabSpec, action: Action): Promise<boolean> {
    const image = await this.#image
    if (image === undefined || this.#memory.remembered.ports !== null || this.#machines().length === 0) return false
    const key = goldenKey(spec, image.hash, this.#deps.installation)
    if (!await this.#golden.has(key)) return false
    try {
      await this.checkpoints.adopt(this.#golden.shelf, key, goldenName)
      await this.checkpoints.goTo(goldenName, action)
    } catch (error) {
      this.#deps.log.warn('golden checkpoint not used', { lab: this.name, key, error: errorText(error) })
      await this.#halt()
      await Promise.all(this.#machines().map(node => node.discard()))
      this.#memory.want({ spec, run: true, off: [] })
      await this.checkpoints.forgetRewind()
      rmSync(this.files.etcdDir, { recursive: true, force: true })
      return false
    }
    action.finish('lab.up', { lab: this.name, nodes: this.#nodes.size })
    return true
  }

  /** Later workers like these start as clones. */
  async #makeTemplates(): Promise<void> {
    const image = await this.#image
    for (const { spec } of this.#machines()) if (image !== undefined) this.#deps.templates(spec)?.makeInBackground(image, { cpus: spec.cpus, memoryMiB: spec.memoryMiB, diskMiB: workerDiskMiB })
  }

  async #down(action: Action): Promise<void> {
    this.#phase = 'stopping'
    this.#memory.want({ run: false })
    await this.#drills.close()
    await this.#faults.healAll('lab-stopped')
    this.#readyWatch?.abort(new Error('the lab is stopping'))
    const outcomes = await Promise.allSettled(this.#machines().map(node => node.shutdown(action)))
    await action.step('components', 'components.stop', {}, () => this.#stopControlPlane())
    await this.#closeLocalServices()
    await this.#network.clear(null)
    const failed = outcomes.find(outcome => outcome.status === 'rejected')
    if (failed !== undefined) throw failed.reason
    this.#problem = null
    this.#phase = 'stopped'
    action.finish('lab.down', { lab: this.name })
  }

  async #delete(action: Action): Promise<void> {
    this.#phase = 'deleting'
    this.loads.close()
    this.#faults.close() // what they are about goes with the lab
    this.#readyWatch?.abort(new Error('the lab is being deleted'))
    const outcomes = await Promise.allSettled([...this.#nodes.values()].map(node => node.delete(action)))
    await this.#stopControlPlane()
    await this.#closeLocalServices()
    this.#releasePort()
    const failed = outcomes.find(outcome => outcome.status === 'rejected')
    if (failed !== undefined) throw failed.reason
    this.#switch.close()
    await action.step('files', 'delete.files', {}, () => { this.#memory.removeFiles() }) // LB6
    this.#phase = 'absent'
    action.finish('lab.deleted', { lab: this.name })
  }

  async #checkProviders(action: Action): Promise<void> {
    await action.step('doctor', 'doctor', {}, async () => {
      const providers = new Set(this.#machines().map(node => this.#deps.provider(this.files, node.spec)))
      const findings = (await Promise.all([...providers].map(provider => provider.check()))).flat()
      const missing = findings.filter(finding => finding.state === 'missing')
      if (missing.length > 0) throw new LabError('unavailable', missing.map(finding => `${finding.text}${finding.remedy === null ? '' : ` Mend it with: ${finding.remedy}`}`).join(' '))
    })
  }

  async #ensureImages(action: Action): Promise<void> {
    const made = await Promise.all(this.#machines().map(node => node.isMade()))
    if (made.every(Boolean)) return // machines that exist have their image; nothing is built again for them
    this.#image = action.step('images', 'images.node', {}, report => this.#deps.images.ensure(({ detail, ratio }) => { report.update('images.node.detail', { detail }, ratio) }, new AbortController().signal))
    await this.#image
  }

  async #ensureCredentials(): Promise<void> {
    ensurePrivateDir(this.files.runDir)
    ensurePrivateDir(this.files.logsDir)
    ensurePrivateDir(this.files.etcdDir)
    await this.#pki.ensure()
    await this.#ensurePorts()
    writePrivateFile(this.files.kubeconfig, this.#pki.kubeconfig('admin', 'kubernetes-admin', this.#apiUrl, this.name))
    writePrivateFile(this.files.run(componentKubeconfigs.scheduler), this.#pki.kubeconfig('scheduler', 'system:kube-scheduler', this.#apiUrl, this.name))
    writePrivateFile(this.files.run(componentKubeconfigs['controller-manager']), this.#pki.kubeconfig('controller-manager', 'system:kube-controller-manager', this.#apiUrl, this.name))
    writePrivateFile(this.files.run(componentKubeconfigs['cloud-controller-manager']), this.#pki.kubeconfig('cloud-controller-manager', 'system:cloud-controller-manager', this.#apiUrl, this.name))
    writePrivateJson(this.files.cloudConfig, { socket: this.files.cloudSocket })
    writePrivateFile(this.files.run(componentKubeconfigs['metrics-server']), this.#pki.kubeconfig('metrics-server', 'system:metrics-server', this.#apiUrl, this.name))
    await this.#ensureSimulatedCredentials()
    if (!existsSync(this.files.faultToken)) writePrivateFile(this.files.faultToken, randomBytes(32).toString('hex'))
    writePrivateJson(this.files.auditPolicy, auditPolicy)
    writePrivateJson(this.files.egressConfig, egressSelectorConfiguration(this.files.egressSocket))
  }

  /** Ports are kept for ever if they can be; one that someone else has taken meanwhile is chosen anew. */
  async #ensurePorts(): Promise<void> {
    const left = new Set([...this.#supervisor.leftRunning, ...this.#supervisor.states.filter(state => state.pid !== null).map(state => state.name)])
    const owners: Readonly<Required<Record<keyof LabPorts, string>>> = { simulatedKubelets, etcd: 'etcd', etcdMetrics: 'etcd', apiServer: 'kube-apiserver', scheduler: 'kube-scheduler', controllerManager: 'kube-controller-manager', cloudControllerManager: 'cloud-controller-manager', metricsServer: 'metrics-server' }
    const known = this.#memory.remembered.ports
    const fresh = await freePorts(Object.keys(owners).length)
    const entries = await Promise.all(
      (Object.keys(owners) as (keyof LabPorts)[]).map(async (port, index) => {
        const kept = known?.[port]
        if (kept !== undefined && (left.has(owners[port]) || (await canBind(kept)))) return [port, kept] as const
        if (kept !== undefined) this.#deps.log.warn('port was taken by another program and is chosen anew', { lab: this.name, component: owners[port], port: kept })
        const preferred = port === 'apiServer' && this.name === labDefaults.name && (await this.#claimPreferred()) ? portPreferences.apiServer : undefined
        return [port, preferred ?? fresh[index]!] as const
      }),
    )
    this.#memory.remember({ ports: Object.fromEntries(entries) as unknown as LabPorts })
  }

  /** Claimed until the API server is ready, for another lab host could choose it in the meantime. */
  async #claimPreferred(): Promise<boolean> {
    const claim = claimPort(portPreferences.apiServer)
    if (claim === undefined) return false
    if (await canBind(portPreferences.apiServer)) {
      this.#portClaim = claim
      return true
    }
    claim[Symbol.dispose]()
    return false
  }

  #releasePort(): void {
    this.#portClaim?.[Symbol.dispose]()
    this.#portClaim = undefined
  }

  async #openLocalServices(): Promise<void> {
    this.#switch.route(routerPlans(this.spec.networks))
    this.#egress ??= await EgressProxy.listen(this.files.egressSocket, { dialerFor: (host, port) => dialerFor(host, port, [...this.#nodes.values()], this.spec.networks, desktopPrograms(() => this.#ports)), log: this.#deps.log })
    this.#cloud ??= await LabCloud.open({ files: this.files, relayCommand: () => datagramRelayCommand(this.#deps.installation), nodes: () => this.#machines(), clock: this.#deps.clock, log: this.#deps.log.with({ lab: this.name }) })
    await this.#openTraces()
    if (this.#machines().length > 0) void this.#openRegistry()
  }

  /** For programs of others. */
  async #openTraces(): Promise<void> {
    if (this.#traces !== undefined || !Object.keys(this.spec.components ?? {}).some(exportsSpans)) return
    this.#traces = await TraceReceiver.listen(this.files.tracesSocket, this.#deps.log.with({ lab: this.name }))
    writePrivateJson(this.files.tracingConfig, tracingConfiguration(this.files.tracesSocket))
  }

  /** What a program in the place of ours has exported, as its /debug/inspect/spans would answer; undefined where it exports nothing. */
  exportedSpans(component: string): ReceivedSpans | undefined {
    return isSwappable(component) && this.spec.components?.[component] !== undefined && exportsSpans(component) ? this.#traces?.received : undefined
  }

  /** Nobody waits for it: nodes have their images, only pulls need it, and they are tried again. */
  async #openRegistry(): Promise<void> {
    try {
      this.#registry ??= await this.#deps.images.openRegistry()
    } catch (error) {
      this.#deps.log.warn('image registry not opened', { lab: this.name, error: errorText(error) })
    }
  }

  async #closeLocalServices(): Promise<void> {
    await this.#egress?.close()
    this.#egress = undefined
    await this.#cloud?.close()
    this.#cloud = undefined
    await this.#registry?.[Symbol.asyncDispose]()
    this.#registry = undefined
    await this.#traces?.[Symbol.asyncDispose]()
    this.#traces = undefined
    this.#client?.[Symbol.dispose]()
    this.#client = undefined
  }

  /** @param beforeOthers done when the API server answers and nobody else has started */
  async #startControlPlane(beforeOthers: () => Promise<void> = async () => {}): Promise<void> {
    if (this.#memory.remembered.ports === null) await this.#ensureCredentials()
    const manifests = controlPlaneManifests({ spec: this.spec, files: this.files, home: this.#deps.home, ports: this.#ports, installation: this.#deps.installation })
    for (const name of desktopComponentsOf(this.spec)) {
      const program = isSwappable(name) ? this.spec.components?.[name] : undefined
      if (program !== undefined) requireProgram(name, program)
      const file = manifests[name].program.at(-1)!
      if (!existsSync(file)) throw new LabError('failed', `${file} has not been built; run: npm run build`)
    }
    const etcd = this.#supervisor.start(manifests.etcd)
    const apiServer = this.#supervisor.start(manifests['kube-apiserver'])
    await Promise.all([etcd.ready(limits.componentReadyMs), apiServer.ready(limits.componentReadyMs)]).finally(() => { this.#releasePort() })
    this.#openClient()
    await beforeOthers()
    const rest = (['kube-scheduler', 'kube-controller-manager', 'cloud-controller-manager'] as const).map(name => this.#supervisor.start(manifests[name]))
    await this.#applyObjects([...cloudControllerManagerAccess, ...metricsServer({ address: nodeLocal.address, port: nodeLocal.metricsPort, authority: this.#pki.readAuthority() })]) // they are ready only when they may read
    await Promise.all(rest.map(component => component.ready(limits.componentReadyMs)))
    this.#supervisor.start(manifests['metrics-server']) // ready when there are nodes to measure: nobody waits for it
    if (this.#simulated.specs.length > 0) await this.#startSimulatedKubelets()
  }

  /** Its rights are the first thing it needs: without them it could not list what it plays. */
  async #startSimulatedKubelets(): Promise<void> {
    await this.#applyObjects(simulatedKubeletsAccess)
    this.#simulated.write()
    const manifests = controlPlaneManifests({ spec: this.spec, files: this.files, home: this.#deps.home, ports: this.#ports, installation: this.#deps.installation })
    await this.#supervisor.start(manifests[simulatedKubelets]).ready(limits.componentReadyMs)
  }

  async #ensureSimulatedCredentials(): Promise<void> {
    if (this.#simulated.specs.length === 0) return
    await this.#pki.ensureSimulatedKubelets(simulatedKubeletsUser, this.#simulated.addresses)
    writePrivateFile(this.files.run(componentKubeconfigs['simulated-kubelets']), this.#pki.kubeconfig('simulated-kubelets-client', simulatedKubeletsUser, this.#apiUrl, this.name))
  }

  /** For a simulated node more: its certificate names it, so the process that plays all of them reads that anew. */
  async #ensureSimulation(): Promise<void> {
    await this.#ensurePorts()
    await this.#ensureSimulatedCredentials()
    const running = this.#supervisor.find(simulatedKubelets)
    if (running === undefined) await this.#startSimulatedKubelets()
    else this.#simulated.write()
  }

  async #bringSimulated(action: Action): Promise<void> {
    const nodes = [...this.#nodes.values()].filter(node => !node.routesPods)
    if (nodes.length === 0) return
    await Promise.all(nodes.map(node => node.bring(action)))
    const ready = () => nodes.filter(node => node.ready === 'True').length
    await action.step('simulated', 'simulated.ready', { ready: nodes.length, count: nodes.length }, report =>
      this.#until(waits.nodeReadyMs, () => {
        report.update('simulated.ready', { ready: ready(), count: nodes.length }, ready() / nodes.length)
        return ready() === nodes.length
      }, () => `${nodes.length - ready()} of ${nodes.length} simulated nodes did not become Ready within ${waits.nodeReadyMs / 1000} s. See: kubarium logs ${simulatedKubelets} --name ${this.name}`),
    )
  }

  /** Nodes with a machine. */
  #machines(): readonly LabNode[] {
    return [...this.#nodes.values()].filter(node => node instanceof LabNode)
  }

  async #stopControlPlane(): Promise<void> {
    await this.#supervisor.stop([[simulatedKubelets, 'kube-scheduler', 'kube-controller-manager', 'cloud-controller-manager', 'metrics-server'], ['kube-apiserver'], ['etcd']])
  }

  #openClient(): void {
    if (this.#client === undefined) {
      const { certificate, key } = this.#pki.readLeaf('admin')
      this.#client = new ApiClient({ server: this.#apiUrl, authority: this.#pki.readAuthority(), certificate, key })
    }
    if (this.#readyWatch !== undefined && !this.#readyWatch.signal.aborted) return
    const watch = new AbortController()
    this.#readyWatch = watch
    void watchNodesReady(() => this.#client, this.#deps.clock, watch.signal, ready => {
      for (const node of this.#nodes.values()) node.observeReady(ready.get(node.name) ?? null)
    }).catch(() => {})
  }

  async #bringNode(node: LabWorker, action: Action): Promise<void> {
    await node.bring(action)
    await this.#network.startedAnew(node.name)
    const isReady = action.step(`ready:${node.name}`, 'machine.ready', { node: node.name }, () =>
      this.#until(waits.nodeReadyMs, () => node.ready === 'True', () => `${node.name} did not become Ready within ${waits.nodeReadyMs / 1000} s (it is ${node.ready === null ? 'not known to the API server' : `Ready=${node.ready}`}). See: kubarium logs kubelet@${node.name} --name ${this.name}`),
    )
    await isReady.finally(() => node.complete(action))
  }

  async #removeNodes(nodes: readonly LabWorker[], action: Action): Promise<void> {
    if (nodes.length === 0) return
    await Promise.all(nodes.map(node => node.delete(action)))
    const names = new Set(nodes.map(({ name }) => name))
    for (const name of names) this.#nodes.delete(name)
    this.#memory.forgetNodes([...names])
    this.#memory.want({ spec: { ...this.spec, nodes: this.spec.nodes.filter(({ name }) => !names.has(name)) } })
    if (nodes.some(({ routesPods }) => !routesPods)) await this.#simulated.remove([...names])
    const left = [...names]
    const deleteOnes = async () => { for (let name = left.pop(); name !== undefined; name = left.pop()) await this.#client?.delete(`/api/v1/nodes/${encodeURIComponent(name)}`).catch(() => {}) }
    await Promise.all(Array.from({ length: 16 }, deleteOnes))
  }

  async #applyAddons(action: Action): Promise<void> {
    await action.step('addons', 'addons', {}, async () => {
      const machines = this.#machines().length
      const replicas = Math.min(2, Math.max(1, machines > 0 ? machines : this.#nodes.size))
      const objects = [...nodeAgentsAccess, ...blockVolumes, ...kubeDns({ clusterIp: dnsServiceAddress(this.spec.networks.serviceCidr), clusterDomain: 'cluster.local', replicas, faultToken: this.faultToken() ?? null, onMachines: machines > 0 && this.#simulated.specs.length > 0 })]
      await this.#applyObjects(objects)
    })
  }

  #applyObjects(objects: readonly AddonObject[]): Promise<void> {
    return applyAddons(this.#client!, objects, this.#deps.clock, AbortSignal.timeout(waits.addonsMs))
  }

  async #waitForAddons(action: Action): Promise<void> {
    await action.step('addons', 'addons.wait', { names: 'kube-dns' }, () =>
      this.#until(
        waits.addonsMs,
        async () => {
          const deployment = (await this.#client!.get('/apis/apps/v1/namespaces/kube-system/deployments/kube-dns').catch(() => null)) as { status?: { availableReplicas?: number } } | null
          return (deployment?.status?.availableReplicas ?? 0) > 0
        },
        () => `the cluster's DNS did not become available within ${waits.addonsMs / 1000} s. See: kubarium kubectl --name ${this.name} -- -n kube-system describe pods -l k8s-app=kube-dns`,
      ),
    )
  }

  async #until(timeoutMs: number, holds: () => boolean | Promise<boolean>, problem: () => string): Promise<void> {
    const deadline = this.#deps.clock.monotonic() + timeoutMs
    while (!(await holds())) {
      if (this.#memory.desired.deleting) throw new LabError('conflict', `lab ${this.name} is being deleted`)
      if (this.#deps.clock.monotonic() > deadline) throw new LabError('failed', problem())
      await new Promise<void>(resolve => { this.#deps.clock.after(waits.pollMs, resolve) })
    }
  }

  #addNode(spec: NodeSpec): LabWorker {
    const node = spec.provider === 'simulated' ? this.#simulatedNode(spec) : this.#machineNode(spec)
    this.#nodes.set(spec.name, node)
    return node
  }

  #simulatedNode(spec: NodeSpec): SimulatedLabNode {
    const kubeletPort = () => (this.#supervisor.states.some(({ name, phase }) => name === simulatedKubelets && phase === 'ready') ? (this.#memory.remembered.ports?.simulatedKubelets ?? null) : null)
    return new SimulatedLabNode(spec, { nodes: this.#simulated, kubeletPort, changed: this.#deps.changed })
  }

  #machineNode(spec: NodeSpec): LabNode {
    return new LabNode(spec, this.#memory.numberOf(spec.name), {
      files: this.files,
      installation: this.#deps.installation,
      lab: () => this.spec,
      pki: this.#pki,
      provider: of => this.#deps.provider(this.files, of),
      image: () => this.#image ?? Promise.reject(new LabError('failed', 'the worker image was asked for before it was there')),
      lan: this.#lan,
      templates: this.#deps.templates,
      apiPort: () => this.#ports.apiServer,
      registryPort: () => this.#registry?.port ?? null,
      clock: this.#deps.clock,
      random: this.#deps.random,
      log: this.#deps.log.with({ lab: this.name }),
      changed: this.#deps.changed,
    })
  }

  #components(): ComponentState[] {
    const states = this.#supervisor.states
    return desktopComponentsOf(this.spec).map(name => {
      const state = states.find(candidate => candidate.name === name)
      return state === undefined
        ? { name, node: null, phase: 'stopped', pid: null, restarts: 0, startedAt: null, cpuCores: null, memoryBytes: null, address: null, lastError: null }
        : { ...state, node: null, ...this.#binaryOf(name) }
    })
  }

  #binaryOf(name: string): { readonly binary?: string } {
    const program = isSwappable(name) ? this.spec.components?.[name] : undefined
    return program === undefined ? {} : { binary: program.binary }
  }

  /** Another program in a component's place, or our own again (null). One that does not become ready is taken out again. */
  async swapComponent(name: string, program: ComponentProgram | null): Promise<void> {
    const component = requireSwappable(name)
    this.#requireRunning()
    if (this.#action?.state === 'running') throw new LabError('conflict', `lab ${this.name} is busy; try again when it is done`)
    if (program !== null) requireProgram(component, program)
    const before = this.spec.components ?? {}
    try {
      await this.#become(component, { ...before, [component]: program ?? undefined })
    } catch (error) {
      await this.#become(component, before).catch((again: unknown) => { this.#note(again) })
      throw new LabError('failed', `${errorText(error)} What ran before runs again.`)
    }
  }

  async #become(component: SwappableComponent, programs: Partial<Record<SwappableComponent, ComponentProgram | undefined>>): Promise<void> {
    const { components: _, ...spec } = this.spec
    const components = Object.fromEntries(Object.entries(programs).filter(([, program]) => program !== undefined)) as LabSpec['components']
    this.#memory.want({ spec: Object.keys(components!).length === 0 ? spec : { ...spec, components: components! } })
    const manifests = controlPlaneManifests({ spec: this.spec, files: this.files, home: this.#deps.home, ports: this.#ports, installation: this.#deps.installation })
    await this.#openTraces()
    await this.#supervisor.find(component)?.stop()
    await this.#supervisor.start(manifests[component]).ready(limits.componentReadyMs)
  }

  #observedPhase(): LabPhase {
    if (this.#phase !== 'running' && this.#phase !== 'degraded') return this.#phase
    const off = new Set(this.#memory.desired.off)
    const whole = this.#components().every(component => component.phase === 'ready') && [...this.#nodes.values()].every(node => off.has(node.name) || node.ready === 'True')
    return whole ? 'running' : 'degraded'
  }

  #requireRunning(): void {
    if (!this.#memory.desired.run) throw new LabError('conflict', `lab ${this.name} is stopped; start it with: kubarium up --name ${this.name}`)
  }

  /** What a lab is founded on cannot be changed under it. */
  #requireSameFoundation(spec: LabSpec): void {
    const before = this.spec
    const refuse = (what: string): never => {
      throw new LabError('conflict', `lab ${this.name} exists with another ${what}; delete it first (kubarium delete --name ${this.name}) or give the new lab another name`)
    }
    if (this.#memory.remembered.ports === null) return
    if (JSON.stringify(before.networks) !== JSON.stringify(spec.networks)) refuse('network plan')
    if (before.overlay !== spec.overlay) refuse('overlay')
    if (before.etcd !== spec.etcd) refuse('store')
    if (before.faultInjection !== spec.faultInjection) refuse('answer to whether faults may be injected')
    for (const node of spec.nodes) {
      const existing = before.nodes.find(candidate => candidate.name === node.name)
      if (existing !== undefined && existing.provider !== node.provider) refuse(`provider for ${node.name} (${existing.provider})`)
    }
  }

  #wantOff(name: string): void {
    this.#memory.want({ off: [...new Set([...this.#memory.desired.off, name])] })
  }

  #note(error: unknown): void {
    this.#problem = errorText(error)
    this.#deps.log.error('lab action failed', { lab: this.name, error: this.#problem })
  }

  get #isUnmade(): boolean {
    return this.#memory.remembered.ports === null && this.#supervisor.states.length === 0 && [...this.#nodes.values()].every(node => node.state.machine === 'absent')
  }

  get #ports(): LabPorts {
    const { ports } = this.#memory.remembered
    if (ports === null) throw new LabError('failed', `lab ${this.name} has no ports yet`)
    return ports
  }

  get #apiUrl(): string {
    return `https://127.0.0.1:${this.#ports.apiServer}`
  }
}

