/**
 * Makes machines of what QEMU's checkpoints have kept (SavedMachines): the memory's file is mapped, a new layer is put on the
 * disk, and the devices are loaded.
 *
 *   SM1  The machine's own folder is made anew; what is shared is there by a second name, so the checkpoint may go.
 *   SM2  Kernel and initrd come from the folder too: the node image may be gone.
 */
import { access, mkdir, readFile, rm } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import type { Clock } from '../../../../agents/base/clock.ts'
import { errorText } from '../../../../agents/base/log.ts'
import type { Machine, MachineSpec, PluggableDisk, RestoredMachine, SavedMachines } from '../machine.ts'
import { MachineError } from '../machine-error.ts'
import { createMachineDirectory, writeWhole } from '../machine-record.ts'
import { connectUnix } from '../unix-path.ts'
import type { QemuStart } from './command-line.ts'
import { credentialsOf } from './credentials.ts'
import { becomeTopmost, makeLayer, shareFiles } from './disk-layers.ts'
import { tellMoment } from './moment-line.ts'
import type { SavedQemu } from './qemu-checkpoints.ts'
import { qemuFiles, savedFiles } from './qemu-files.ts'
import type { QemuMachine } from './qemu-machine.ts'
import { loadDeviceState } from './template.ts'

export interface SavedMachinesOptions {
  readonly clock: Clock
  readonly accelerator: () => Promise<string>
  readonly version: () => Promise<string>
  /** Ends what runs in the machine's folder. */
  readonly end: (machine: Machine) => Promise<void>
  readonly launch: (machine: Machine, memory: QemuStart['memory']) => Promise<QemuMachine>
}

export function savedMachines({ clock, accelerator, version, end, launch }: SavedMachinesOptions): SavedMachines {
  async function restore(machine: Machine, directory: string, disks: readonly PluggableDisk[]): Promise<RestoredMachine> {
    const saved = await readSaved(directory)
    if (saved === null) throw failed(machine.spec.name, `there is no saved machine in ${directory}`)
    await end(machine)
    await rm(machine.directory, { recursive: true, force: true, maxRetries: 3 }) // SM1
    const spec = ownSpec(machine, saved)
    const made = await createMachineDirectory(spec, machine.directory)
    for (const credential of credentialsOf(spec)) await writeWhole(join(machine.directory, credential.file), credential.text)
    await shareFiles(directory, machine.directory, saved.files.filter(name => name !== savedFiles.memory && name !== savedFiles.devices))
    await becomeTopmost(machine.directory, await makeLayer(machine.directory, saved.topmost))
    const running = await launch(made, { type: 'private', file: join(directory, savedFiles.memory) })
    let line: Socket | null = null
    try {
      for (const disk of disks) await running.disks.plugIn(disk, saved.luns[disk.id])
      if (saved.waits) {
        line = await connectUnix(join(machine.directory, qemuFiles.identity))
        line.on('error', () => {})
      }
      await loadDeviceState(running, join(directory, savedFiles.devices), clock)
      await running.pause()
    } catch (error) {
      line?.destroy()
      await running.powerOff()
      throw failed(machine.spec.name, errorText(error), error)
    }
    return restored(running, line, saved, clock)
  }

  return {
    read: readSaved,
    restore,
    async problem(directory) {
      const saved = await readSaved(directory)
      if (saved === null) return `there is no saved machine in ${directory}`
      const { name } = saved.spec
      for (const file of saved.files) if (!await access(join(directory, file)).then(() => true, () => false)) return `${file} of ${name} is missing`
      const here = await accelerator()
      if (saved.acceleration !== here) return `${name} was saved under ${saved.acceleration}, and machines run under ${here} here`
      const program = await version()
      return majorOf(saved.programVersion) === majorOf(program) ? null : `${name} was saved by QEMU ${saved.programVersion}, and QEMU ${program} is installed here`
    },
  }
}

function restored(running: QemuMachine, line: Socket | null, { wasPaused }: SavedQemu, clock: Clock): RestoredMachine {
  let isKept = false
  return {
    running,
    async wake() {
      if (!wasPaused) await running.resume()
      const clockIsSet = !wasPaused && line !== null && await tellMoment(line, clock)
      line?.destroy()
      isKept = true
      return { clockIsSet }
    },
    async [Symbol.asyncDispose]() {
      if (isKept) return
      line?.destroy()
      await running.powerOff()
      await rm(running.machine.directory, { recursive: true, force: true, maxRetries: 3 })
      await mkdir(running.machine.directory, { recursive: true, mode: 0o700 })
    },
  }
}

async function readSaved(directory: string): Promise<SavedQemu | null> {
  try {
    const saved = JSON.parse(await readFile(join(directory, savedFiles.description), 'utf8')) as SavedQemu
    return saved.formatVersion === 1 ? saved : null
  } catch {
    return null
  }
}

/** SM2 */
function ownSpec({ spec, directory }: Machine, saved: SavedQemu): MachineSpec {
  return { ...spec, image: { ...spec.image, kernel: join(directory, savedFiles.kernel), initrd: join(directory, savedFiles.initrd), disk: join(directory, saved.topmost) } }
}

function majorOf(version: string): string {
  return version.split('.')[0]!
}

function failed(name: string, why: string, cause?: unknown): MachineError {
  return new MachineError('CheckpointFailed', `${name} could not be restored: ${why}`, { cause })
}
