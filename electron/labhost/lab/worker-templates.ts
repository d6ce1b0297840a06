/**
 * RAM templates of ready workers: the first virtual machine of a kind leaves one, later ones start as its clones.
 *
 *   WT1  A template holds software and nothing of any lab: it is made before certificates and kubeconfigs arrive.
 *   WT2  Another image, size or version of the agents is another template.
 *   WT3  One machine at a time makes a template; only the two newest are kept. Clones keep what they need by links.
 *   WT4  A clone lets in only its own lab's key once it is personalised; the template's opens it until then.
 *   WT5  A template that cannot be made or used is only a lost shortcut: the machine boots instead.
 */
import { readFileSync } from 'node:fs'
import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../../../agents/base/clock.ts'
import { type Log, errorText } from '../../../agents/base/log.ts'
import { readTextIfAny, writePrivateFile } from '../files/private-files.ts'
import type { Machine, RunningMachine } from '../machines/machine.ts'
import { type RemoteRunner, personaliseClone } from '../machines/qemu/personalise.ts'
import type { QemuMachine } from '../machines/qemu/qemu-machine.ts'
import type { QemuProvider } from '../machines/qemu/qemu-provider.ts'
import { readTemplate, templateKey } from '../machines/qemu/template.ts'

export interface WorkerTemplatesOptions {
  readonly dir: string
  readonly provider: QemuProvider
  readonly softwareDigest: () => string
  readonly clock: Clock
  readonly log: Log
}

export interface Clone {
  readonly running: RunningMachine
  /** What it answers with, and what opens it, until it has its own identity. */
  readonly hostKeyPublic: string
  readonly privateKey: string
  personalise(runner: RemoteRunner): Promise<void>
}

export interface TemplateClaim {
  /** Starts the machine so that a template can be made of it. */
  start(machine: Machine): Promise<RunningMachine>
  save(running: RunningMachine): Promise<void>
  release(): void
}

const kept = 2
const loginKey = 'login.key'

/** WT4: the key given at boot goes with the folder of credentials, so that only the one on the disk counts. */
const loginScript = `set -e
umask 077
mkdir -p /root/.ssh
cat >/root/.ssh/authorized_keys.new
mv -f /root/.ssh/authorized_keys.new /root/.ssh/authorized_keys
umount -l /run/credentials/@system 2>/dev/null || true
rm -rf /run/credentials/@system
sync -f /root 2>/dev/null || true`

export class WorkerTemplates {
  readonly #options: WorkerTemplatesOptions
  readonly #claimed = new Set<string>()
  readonly #broken = new Set<string>()

  constructor(options: WorkerTemplatesOptions) {
    this.#options = options
  }

  /** Starts a machine that was never started as a clone; undefined where there is no template for it. */
  async clone(machine: Machine): Promise<Clone | undefined> {
    const directory = this.#directoryOf(machine)
    const template = this.#broken.has(directory) ? null : await readTemplate(directory)
    const privateKey = readTextIfAny(join(directory, loginKey))
    if (template === null || privateKey === undefined) return undefined
    try {
      const running = await this.#options.provider.startFromTemplate(machine, directory)
      return {
        running,
        hostKeyPublic: template.hostKeyPublic,
        privateKey,
        personalise: async runner => {
          const result = await runner.exec(['/bin/busybox', 'sh', '-c', loginScript], { stdin: `${machine.spec.identity.authorizedKey}\n`, timeoutMs: 30_000 })
          if (result.code !== 0) throw new Error(`its login key could not be changed: ${result.stderr.trim()}`)
          await personaliseClone(machine, runner, this.#options.clock)
        },
      }
    } catch (error) {
      this.giveUp(machine, error)
      return undefined
    }
  }

  /** The right to make the template this machine would need, or undefined where there is one or another is at it. */
  async claim(machine: Machine): Promise<TemplateClaim | undefined> {
    const directory = this.#directoryOf(machine)
    if (this.#claimed.has(directory) || this.#broken.has(directory)) return undefined
    this.#claimed.add(directory)
    if ((await this.#options.provider.hasTemplate(directory)) && readTextIfAny(join(directory, loginKey)) !== undefined) {
      this.#claimed.delete(directory)
      return undefined
    }
    return {
      start: candidate => this.#options.provider.start(candidate, { templateCandidate: true }),
      save: async running => {
        try {
          await this.#options.provider.saveTemplate(running as QemuMachine, directory)
          writePrivateFile(join(directory, loginKey), readFileSync(running.machine.spec.identity.identityFile, 'utf8'))
          await this.#prune(directory)
        } catch (error) {
          this.giveUp(machine, error)
        }
      },
      release: () => { this.#claimed.delete(directory) },
    }
  }

  /** WT5: until the lab host ends, machines of this kind boot. */
  giveUp(machine: Machine, error: unknown): void {
    this.#broken.add(this.#directoryOf(machine))
    this.#options.log.warn('template not used', { node: machine.spec.name, error: errorText(error) })
  }

  #directoryOf(machine: Machine): string {
    const { image, memoryMiB, cpus } = machine.spec
    return join(this.#options.dir, templateKey({ imageHash: image.hash, memoryMiB, cpus, softwareHash: this.#options.softwareDigest() })) // WT2
  }

  async #prune(newest: string): Promise<void> {
    const folders = await Promise.all(
      (await readdir(this.#options.dir)).map(async name => {
        const path = join(this.#options.dir, name)
        return { path, madeAt: path === newest ? Number.POSITIVE_INFINITY : (await stat(path)).mtimeMs }
      }),
    )
    for (const { path } of folders.sort((a, b) => b.madeAt - a.madeAt).slice(kept)) await rm(path, { recursive: true, force: true }) // WT3
  }
}
