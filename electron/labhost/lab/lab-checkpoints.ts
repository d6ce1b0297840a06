/**
 * The checkpoints of one lab: what the room `checkpoints` does in a lab that runs.
 *
 *   LC1  One action of the lab at a time (LB2); a save or a rewind is one.
 *   LC2  What cannot be saved is refused by name before anything stands still: namespace machines (their processes are the
 *        desktop kernel's, which keeps no memory of them), machines that are switched off, a store that is not the embedded one.
 *   LC3  A lab is put back by ending everything of it and making it anew from the checkpoint, so that nothing of the undone time
 *        is left in memory: nodes, links, the switch, faults, the cloud, spans.
 *   LC4  Whoever led in the saved moment leads no more: the leases of the control plane's leaders are given back, so that the new
 *        processes need not wait until they run out.
 *   LC5  A branch is a lab whose shelf has the checkpoint too, as other names of the same files, and that is rewound to it. So it
 *        is finished after a crash like any rewind, and lives on when the first lab is deleted.
 */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type Clock, sleep } from '../../../agents/base/clock.ts'
import type { Log } from '../../../agents/base/log.ts'
import type { BeforeDrill } from '../../contract/drills.ts'
import { orAborted } from '../../../agents/base/or-aborted.ts'
import type { CheckpointList, CheckpointReason, CheckpointSettings } from '../../contract/checkpoints.ts'
import { savedParts } from '../checkpoints/checkpoint-files.ts'
import { exportBundle, importBundle } from '../checkpoints/bundle.ts'
import { type CheckpointManifest, checkName } from '../checkpoints/manifest.ts'
import { nameByTime, planRetention, usualSettings } from '../checkpoints/retention.ts'
import { type RewindLab, type RewindStep, requireRestorable, rewindTo, rewindUnderway } from '../checkpoints/rewinding.ts'
import { type SaveLab, type SaveStep, recoverSave, saveCheckpoint } from '../checkpoints/saving.ts'
import { Shelf } from '../checkpoints/shelf.ts'
import { sampleProcess } from '../files/process-identity.ts'
import { readJsonIfAny, writePrivateJson } from '../files/private-files.ts'
import type { Supervisor } from '../components/supervisor.ts'
import type { MachineProvider } from '../machines/machine.ts'
import type { LabSpec, NodeSpec } from '../../contract/labs.ts'
import type { Action, StepReport } from './action.ts'
import type { GoldenLabs } from './golden-labs.ts'
import { LabError } from './lab-error.ts'
import type { LabFiles } from './lab-files.ts'
import type { LabNode } from './lab-node.ts'
import { copyLabFiles } from './saved-lab-files.ts'

/** What is asked of the lab; each is told nothing of checkpoints but the folder. */
export interface CheckpointedLab {
  readonly name: string
  readonly files: LabFiles
  readonly spec: LabSpec
  readonly off: readonly string[]
  readonly supervisor: Supervisor
  machines(): readonly LabNode[]
  provider(node: NodeSpec): MachineProvider
  begin(purpose: string, run: (action: Action) => Promise<void>): Action
  requireRunning(): void
  /** What the switch knows. */
  lanState(): Promise<unknown>
  /** Ends a drill that runs, in order. */
  endDrills(): Promise<void>
  halt(): Promise<void>
  putBack(folder: string): Promise<void>
  start(folder: string, takenAt: string): Promise<void>
}

export interface LabCheckpointsOptions {
  readonly lab: CheckpointedLab
  readonly programVersion: string
  readonly clock: Clock
  readonly log: Log
}

/** Of the checkpoint that a golden one is made of, and of the one that a lab was made of. */
export const goldenName = 'golden'
const stopPollMs = 5
const stopMs = 1_000

export class LabCheckpoints {
  readonly shelf: Shelf
  readonly #options: LabCheckpointsOptions
  /** Whether it is this that has stopped the store. */
  #storeIsFrozen = false
  #changed = Promise.withResolvers<void>()

  constructor(options: LabCheckpointsOptions) {
    this.#options = options
    this.shelf = new Shelf(options.lab.files.checkpointsDir)
  }

  list(): Promise<CheckpointList> {
    return this.shelf.list()
  }

  get settings(): CheckpointSettings {
    return { ...usualSettings, ...readJsonIfAny<Partial<CheckpointSettings>>(this.shelf.files.settings) }
  }

  change(change: Partial<CheckpointSettings>): CheckpointSettings {
    const settings = { ...this.settings, ...change }
    writePrivateJson(this.shelf.files.settings, settings)
    return settings
  }

  async *follow(signal: AbortSignal): AsyncGenerator<CheckpointList> {
    while (!signal.aborted) {
      const { promise } = this.#changed
      yield await this.list()
      await orAborted(promise, signal)
    }
  }

  /** A name for one that was given none. */
  async newName(): Promise<string> {
    return nameByTime(this.#options.clock.now(), await this.shelf.names())
  }

  save(name: string, reason: CheckpointReason = 'asked'): Action {
    const { lab } = this.#options
    checkName(name)
    this.#requireSavable()
    return lab.begin(`checkpoint ${name}`, async action => {
      await this.#save(name, reason, action)
      action.finish('checkpoint.saved', { name, lab: lab.name })
    })
  }

  /** Where it is wanted and can be made; what is in the way is no reason not to hold the drill. */
  async saveBeforeDrill(): Promise<BeforeDrill> {
    const { log, lab } = this.#options
    if (!this.settings.beforeDrills) return { reason: `it is switched off; switch it on with: kubarium checkpoint settings --before-drills on --name ${lab.name}` }
    try {
      this.#requireSavable()
      const name = await this.newName()
      await this.save(name, 'drill').finished()
      return { checkpoint: name }
    } catch (error) {
      log.info('no checkpoint before the drill', { lab: lab.name, reason: (error as Error).message })
      return { reason: (error as Error).message }
    }
  }

  rewind(name: string): Action {
    const { lab } = this.#options
    return lab.begin(`rewind ${name}`, async action => {
      await this.#rewind(name, action)
      action.finish('checkpoint.rewound', { name, lab: lab.name })
    })
  }

  async delete(name: string): Promise<number> {
    if (rewindUnderway(this.shelf) === name) throw new LabError('conflict', `the lab is being rewound to "${name}"`)
    const freed = await this.shelf.delete(name)
    this.#tell()
    return freed
  }

  async verify(name: string): Promise<string | null> {
    try {
      await this.shelf.verify(name, { thorough: true })
      return null
    } catch (error) {
      return (error as Error).message
    }
  }

  export(name: string, file: string): Action {
    const { lab } = this.#options
    return lab.begin(`export ${name}`, async action => {
      await action.step('export', 'checkpoint.export', { name, file }, async report => {
        const manifest = await this.shelf.verify(name, { thorough: false })
        await exportBundle(this.shelf.files.checkpoint(name), manifest, file, ratio => { report.update('checkpoint.export', { name, file }, ratio) })
      })
      action.finish('checkpoint.exported', { name, file })
    })
  }

  import(file: string, name: string | null): Action {
    const { lab } = this.#options
    return lab.begin(`import ${file}`, async action => {
      const imported = await this.takeIn(file, name, action)
      action.finish('checkpoint.imported', { name: imported, lab: lab.name })
    })
  }

  async takeIn(file: string, name: string | null, action: Action): Promise<string> {
    const imported = await action.step('import', 'checkpoint.import', { file }, report => importBundle(file, name, this.shelf, ratio => { report.update('checkpoint.import', { file }, ratio) }))
    this.#tell()
    return imported
  }

  /** LC5: the checkpoint gets another place on this lab's shelf. */
  async adopt(from: Shelf, name: string, as = name): Promise<CheckpointManifest> {
    const manifest = await this.shelf.take(from, name, as)
    this.#tell()
    return manifest
  }

  /** The lab as it is now becomes what new labs of its topology start from. */
  saveGolden(golden: GoldenLabs, key: (imageHash: string) => string, signal?: AbortSignal): Action {
    const { lab } = this.#options
    this.#requireSavable()
    const [machine] = lab.machines()
    if (machine === undefined) throw new LabError('unsupported', `lab ${lab.name} has no machines; one like it is made in a second anyway`)
    return lab.begin('golden', async action => {
      if ((await this.shelf.names()).includes(goldenName)) await this.shelf.delete(goldenName)
      await this.#save(goldenName, 'golden', action, signal)
      await golden.keep(this.shelf, goldenName, key(machine.machine().machine.spec.image.hash))
      action.finish('checkpoint.saved', { name: goldenName, lab: lab.name })
    })
  }

  /** A rewind that is not to be finished: the lab is made otherwise. */
  async forgetRewind(): Promise<void> {
    await rm(this.shelf.files.rewinding, { force: true })
  }

  /** Where a rewind goes that was begun and has not come to its end. */
  get underway(): string | null {
    return rewindUnderway(this.shelf)
  }

  /** For an action that is under way already. */
  async goTo(name: string, action: Action): Promise<void> {
    await this.#rewind(name, action)
  }

  /** For a lab host that starts, before anything else is done: what a save has stopped goes on. Gives the checkpoint that a rewind goes to. */
  async recover(): Promise<string | null> {
    await this.shelf.recover()
    const { lab, log } = this.#options
    const wasFrozen = await recoverSave({
      machines: lab.machines().filter(node => node.isRunning).map(node => ({ name: node.name, line: null, checkpoints: { prepare: async () => {}, freeze: async () => {}, save: () => Promise.reject(new Error('not now')), thaw: async () => {
        await node.machine().checkpoints?.thaw()
        if (node.machine().state === 'paused') await node.machine().resume()
      } } })),
      thawStore: async () => { lab.supervisor.wakeLeft('etcd') },
    }, this.shelf)
    if (wasFrozen) log.warn('a save was cut off; the lab goes on', { lab: lab.name })
    return rewindUnderway(this.shelf)
  }

  async #save(name: string, reason: CheckpointReason, action: Action, signal = new AbortController().signal): Promise<CheckpointManifest> {
    const { clock, log, programVersion, lab } = this.#options
    const manifest = await action.step('checkpoint', 'checkpoint.save', { name }, report =>
      saveCheckpoint(this.#saveLab(), this.shelf, { name, reason, programVersion }, { clock, signal, at: step => { report.update(savingTexts[step], { name }) } }))
    for (const old of planRetention(await this.shelf.manifests(), this.settings.keepAutomatic, this.shelf.current)) await this.shelf.delete(old)
    log.info('checkpoint saved', { lab: lab.name, name, reason, standstillMs: manifest.standstillMs, elapsedMs: manifest.elapsedMs })
    this.#tell()
    return manifest
  }

  async #rewind(name: string, action: Action): Promise<void> {
    const { lab, log } = this.#options
    await requireRestorable(name, this.#rewindLab(), this.shelf, new AbortController().signal)
    await lab.endDrills()
    const times: Record<string, number> = {}
    await rewindTo(name, this.#rewindLab(), this.shelf, {
      signal: new AbortController().signal,
      step: async (step, run) => {
        const startedAt = this.#options.clock.monotonic()
        const done = await (step === 'complete' ? run() : action.step(`rewind-${step}`, rewindTexts[step], { name }, (_: StepReport) => run()))
        times[`${step}Ms`] = Math.round(this.#options.clock.monotonic() - startedAt)
        return done
      },
    })
    log.info('lab rewound', { lab: lab.name, name, ...times })
    this.#tell()
  }

  #requireSavable(): void { // LC2
    const { lab } = this.#options
    lab.requireRunning()
    const namespace = lab.machines().filter(({ spec }) => lab.provider(spec).saved === null)
    if (namespace.length > 0) throw new LabError('unsupported', `${namespace.map(({ name }) => name).join(', ')} cannot be saved: ${namespace.length === 1 ? 'it is' : 'they are'} made by the provider ${namespace[0]!.spec.provider}, whose machines are processes of the desktop's own kernel, and their memory cannot be kept. Checkpoints need virtual machines (provider qemu) or simulated nodes`)
    const off = lab.machines().filter(node => !node.isRunning)
    if (off.length > 0) throw new LabError('conflict', `${off.map(({ name }) => name).join(', ')} is not running, and only what runs can be saved; start it with: kubarium node start ${off[0]!.name} --name ${lab.name}`)
    if (lab.spec.etcd !== 'embedded') throw new LabError('unsupported', 'a store of several members cannot be saved yet; checkpoints need the embedded etcd')
  }

  #saveLab(): SaveLab {
    const { lab } = this.#options
    return {
      name: lab.name,
      spec: lab.spec,
      machines: lab.machines().map(node => ({ name: node.name, checkpoints: requireCheckpoints(node), line: node.lineIfUp() })),
      requireSavable: () => { this.#requireSavable() },
      freezeStore: () => this.#freezeStore(),
      thawStore: async () => {
        if (this.#storeIsFrozen) lab.supervisor.find('etcd')?.resume()
        this.#storeIsFrozen = false
      },
      copyTo: async folder => { await copyLabFiles(lab.files, folder, await lab.lanState()) },
    }
  }

  /** A store that was paused on purpose, or does not run, stands still already. */
  async #freezeStore(): Promise<void> {
    const { lab, clock } = this.#options
    const etcd = lab.supervisor.find('etcd')
    const pid = etcd?.state.pid ?? null
    if (etcd === undefined || pid === null || etcd.state.phase === 'paused') return
    this.#storeIsFrozen = true
    etcd.pause()
    for (const deadline = clock.monotonic() + stopMs; sampleProcess(pid)?.state !== 'T'; await sleep(clock, stopPollMs)) if (clock.monotonic() > deadline) throw new LabError('failed', `the store (process ${pid}) does not stand still`)
  }

  #rewindLab(): RewindLab {
    const { lab } = this.#options
    return {
      problem: async (folder, manifest) => {
        const machines = manifest.spec.nodes.filter(({ name }) => manifest.machines.includes(name))
        for (const node of machines) {
          const problem = await lab.provider(node).saved?.problem(join(folder, savedParts.machines, node.name))
          if (problem !== null) return problem ?? `machines of the provider ${node.provider} cannot be restored`
        }
        return null
      },
      halt: () => lab.halt(),
      putBack: folder => lab.putBack(folder),
      start: (folder, { takenAt }) => lab.start(folder, takenAt),
    }
  }

  #tell(): void {
    const changed = this.#changed
    this.#changed = Promise.withResolvers()
    changed.resolve()
  }
}

const savingTexts = { 'prepare': 'checkpoint.prepare', 'freeze': 'checkpoint.freeze', 'take': 'checkpoint.take', 'thaw': 'checkpoint.take', 'finish': 'checkpoint.finish', 'digest': 'checkpoint.digest', 'complete': 'checkpoint.digest' } as const satisfies Record<SaveStep, string>
const rewindTexts = { 'verify': 'rewind.verify', 'halt': 'rewind.halt', 'put-back': 'rewind.put-back', 'start': 'rewind.start' } as const satisfies Record<Exclude<RewindStep, 'complete'>, string>

function requireCheckpoints(node: LabNode) {
  const { checkpoints } = node.machine()
  if (checkpoints === null) throw new LabError('unsupported', `${node.name} cannot be saved`)
  return checkpoints
}
