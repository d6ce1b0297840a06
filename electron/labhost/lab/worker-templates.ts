/**
 * RAM templates of ready workers: once a lab of virtual machines is up, one is made in the background, and later workers
 * start as its clones.
 *
 *   WT1  A template is made from a machine of its own, which never belonged to any lab: it holds software and no secrets.
 *   WT2  Another image, size or version of the agents is another template.
 *   WT3  One template at a time is made, by a process that gives way to all others; only the two newest are kept. Clones
 *        keep what they need by links.
 *   WT4  The key that opened the machine is thrown away with it; a clone lets in its own lab's and no other (PE2).
 *   WT5  A template that cannot be made or used is only a lost shortcut: the machine boots instead.
 *   WT6  A machine left over from a lab host that was killed while it made a template is removed.
 */
import { existsSync } from 'node:fs'
import { mkdir, readdir, rm, stat } from 'node:fs/promises'
import { freemem, setPriority } from 'node:os'
import { join } from 'node:path'
import { type Clock, sleep } from '../../../agents/base/clock.ts'
import { type Log, errorText } from '../../../agents/base/log.ts'
import type { Random } from '../../../agents/base/random.ts'
import { clockBehindMs } from '../../../agents/base/standby.ts'
import type { NodeSpec } from '../../contract/labs.ts'
import { ensurePrivateDir, writePrivateFile } from '../files/private-files.ts'
import { lanMac, newMachineId } from '../machines/machine-addresses.ts'
import { readMachine } from '../machines/machine-record.ts'
import type { Machine, NodeImage } from '../machines/machine.ts'
import { type CloneFile, awaitIdentity } from '../machines/qemu/personalise.ts'
import { templateFiles } from '../machines/qemu/qemu-files.ts'
import type { FreshClone, QemuProvider } from '../machines/qemu/qemu-provider.ts'
import { templateKey } from '../machines/qemu/template.ts'
import { LabPki } from '../pki/lab-pki.ts'
import type { RemoteFile } from '../provision/remote-file.ts'
import type { Service } from '../provision/service.ts'
import { generateSshKeyPair } from '../provision/ssh-keys.ts'
import { SshLink } from '../provision/ssh-link.ts'
import { uploadFiles } from '../provision/upload.ts'
import { nodeLocal } from './node-local.ts'
import { type Rehearsal, putOnStandby } from './node-standby.ts'
import { runWarmUp, type WarmUp } from './warm-up.ts'

export interface WorkerSoftware {
  readonly digest: string
  readonly files: readonly RemoteFile[]
  /** Run once, so that what it leaves in memory and caches is in the template. */
  readonly warmUp: WarmUp
  /** The agents, waiting to be told whose they are. */
  readonly standby: readonly Service[]
  /** What they rehearse with, certificates made by this. */
  rehearsal(pki: LabPki): Promise<readonly RemoteFile[]>
}

export interface WorkerTemplatesOptions {
  readonly dir: string
  readonly provider: QemuProvider
  readonly software: () => WorkerSoftware
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

export type WorkerSize = Pick<NodeSpec, 'cpus' | 'memoryMiB'> & { readonly diskMiB: number }

const kept = 2
const waits = { beforeMs: 3_000, sshMs: 180_000, warmUpMs: 120_000 } as const
const lowestPriority = 19
/** What the system must have left beside the machine itself. */
const spareBytes = 1024 ** 3

export class WorkerTemplates implements AsyncDisposable {
  readonly #options: WorkerTemplatesOptions
  readonly #broken = new Set<string>()
  readonly #leaving = new AbortController()
  #making: Promise<void> | undefined

  constructor(options: WorkerTemplatesOptions) {
    this.#options = options
  }

  /** Whether such a machine can be a clone. */
  async has({ spec }: Machine): Promise<boolean> {
    const directory = this.#directoryOf(spec.image, spec)
    return !this.#broken.has(directory) && await this.#options.provider.hasTemplate(directory)
  }

  /** Starts a machine that was never started as a clone, with these files; undefined where it turns out that it cannot be done. */
  async clone(machine: Machine, belongings: readonly CloneFile[]): Promise<FreshClone | undefined> {
    try {
      return await this.#options.provider.startFromTemplate(machine, this.#directoryOf(machine.spec.image, machine.spec), belongings)
    } catch (error) {
      this.giveUp(machine, error)
      return undefined
    }
  }

  /** Makes the template that workers of this size would need, if there is none; returns at once. */
  makeInBackground(image: NodeImage, size: WorkerSize): void {
    const directory = this.#directoryOf(image, size)
    if (this.#making !== undefined || this.#broken.has(directory) || existsSync(join(directory, templateFiles.manifest)) || this.#leaving.signal.aborted) return
    if (freemem() < size.memoryMiB * 1024 ** 2 + spareBytes) return
    this.#making = this.#make(directory, image, size)
      .catch((error: unknown) => {
        if (this.#leaving.signal.aborted) return
        this.#broken.add(directory) // WT5
        this.#options.log.warn('template not made', { error: errorText(error) })
      })
      .finally(() => { this.#making = undefined })
  }

  /** WT5: until the lab host ends, machines of this kind boot. */
  giveUp(machine: Machine, error: unknown): void {
    this.#broken.add(this.#directoryOf(machine.spec.image, machine.spec))
    this.#options.log.warn('template not used', { node: machine.spec.name, error: errorText(error) })
  }

  /** WT6 */
  async removeLeftovers(): Promise<void> {
    const machine = await readMachine(this.#workDirectory)
    if (machine !== null) await this.#options.provider.delete(machine)
    await rm(this.#workDirectory, { recursive: true, force: true })
    await rm(this.#workKey, { force: true })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#leaving.abort(new Error('the lab host leaves'))
    await this.#making
  }

  async #make(directory: string, image: NodeImage, size: WorkerSize): Promise<void> {
    const { provider, clock, random, log, software } = this.#options
    const signal = this.#leaving.signal
    const startedAt = clock.monotonic()
    await sleep(clock, waits.beforeMs, signal)
    await this.removeLeftovers()
    await mkdir(this.#options.dir, { recursive: true, mode: 0o700 })
    const login = generateSshKeyPair('kubarium template')
    const host = generateSshKeyPair('template')
    writePrivateFile(this.#workKey, login.privateKey)
    const identity = { authorizedKey: login.publicKey, identityFile: this.#workKey, hostKeyPrivate: host.privateKey, hostKeyPublic: host.publicKey.split(' ').slice(0, 2).join(' '), machineId: newMachineId() }
    const machine = await provider.create({ name: 'template', provider: 'qemu', ...size, image, lan: { address: '172.30.0.254', prefix: 24, mac: lanMac(254) }, identity }, this.#workDirectory)
    try {
      const running = await provider.start(machine, { templateCandidate: true })
      setPriority(running.pid, lowestPriority) // WT3
      const link = new SshLink({ name: 'template', privateKey: login.privateKey, hostKey: identity.hostKeyPublic, connect: abort => running.connect(abort), clock, random, log: log.with({ node: 'template' }) })
      try {
        link.start()
        await link.ready({ timeoutMs: waits.sshMs, signal })
        await uploadFiles(link, software().files, { signal })
        await runWarmUp(link, software().warmUp, { timeoutMs: waits.warmUpMs, signal })
        await putOnStandby(link, software().standby, await this.#rehearsal(), clock, signal)
        await awaitIdentity(link)
      } finally {
        await link.close()
      }
      await provider.saveTemplate(running, directory)
      await this.#prune(directory)
      log.info('template made', { directory, elapsedMs: Math.round(clock.monotonic() - startedAt) })
    } finally {
      await this.removeLeftovers()
    }
  }

  /** Its authority is made for it alone and goes with the machine. */
  async #rehearsal(): Promise<Rehearsal> {
    const pki = new LabPki({ dir: join(this.#workDirectory, 'pki'), now: () => this.#options.clock.now() - 2 * clockBehindMs, serviceAddress: '10.96.0.1', nodeLocalAddress: nodeLocal.address })
    ensurePrivateDir(join(this.#workDirectory, 'pki'))
    await pki.ensure()
    return { files: await this.#options.software().rehearsal(pki), serving: pki.readLeaf('apiserver') }
  }

  get #workDirectory(): string {
    return join(this.#options.dir, 'making')
  }

  get #workKey(): string {
    return join(this.#options.dir, 'making.key')
  }

  #directoryOf(image: NodeImage, { memoryMiB, cpus }: Pick<WorkerSize, 'cpus' | 'memoryMiB'>): string {
    return join(this.#options.dir, templateKey({ imageHash: image.hash, memoryMiB, cpus, softwareHash: this.#options.software().digest })) // WT2
  }

  async #prune(newest: string): Promise<void> {
    const folders = await Promise.all(
      (await readdir(this.#options.dir, { withFileTypes: true }))
        .filter(entry => entry.isDirectory() && entry.name !== 'making')
        .map(async ({ name }) => {
          const path = join(this.#options.dir, name)
          return { path, madeAt: path === newest ? Number.POSITIVE_INFINITY : (await stat(path)).mtimeMs }
        }),
    )
    for (const { path } of folders.sort((a, b) => b.madeAt - a.madeAt).slice(kept)) await rm(path, { recursive: true, force: true }) // WT3
  }
}
