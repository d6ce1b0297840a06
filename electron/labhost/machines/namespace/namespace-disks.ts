/**
 * Disks of a namespace machine: loop devices of the desktop's kernel, shown inside as /dev/kubarium/<id>.
 *
 *   ND1  What is in is asked of the kernel (losetup), by the files of this machine's list; so it is known after a crash of
 *        the lab host, and nothing is left when the machine ends.
 *   ND2  The list is written before a disk is plugged in and after it was taken out.
 *   ND3  A file that already has a loop device is in another machine: refused (MD2).
 */
import { join } from 'node:path'
import { readFile } from 'node:fs/promises'
import type { Machine, MachineDisks, PluggableDisk } from '../machine.ts'
import { MachineError } from '../machine-error.ts'
import { writeWhole } from '../machine-record.ts'
import { runProgram } from '../run-program.ts'

const listFile = 'disks.json'
const insideFolder = '/dev/kubarium'

export class NamespaceDisks implements MachineDisks {
  readonly #machine: Machine
  readonly #inside: (argv: readonly string[]) => Promise<unknown>

  /** @param inside runs a program inside the machine */
  constructor(machine: Machine, inside: (argv: readonly string[]) => Promise<unknown>) {
    this.#machine = machine
    this.#inside = inside
  }

  async list(): Promise<readonly string[]> {
    const disks = await readDisks(this.#machine)
    const devices = await Promise.all(disks.map(({ file }) => loopOf(file)))
    return disks.filter((_, index) => devices[index] !== undefined).map(({ id }) => id)
  }

  async plugIn(disk: PluggableDisk): Promise<void> {
    const disks = await readDisks(this.#machine)
    const isOurs = disks.some(({ id }) => id === disk.id)
    let device = await loopOf(disk.file)
    if (device !== undefined && !isOurs) throw new MachineError('DiskFailed', `the disk ${disk.id} cannot be plugged into ${this.#machine.spec.name}: it is in another machine`) // ND3
    if (!isOurs) await writeDisks(this.#machine, [...disks, disk]) // ND2
    device ??= (await runProgram('losetup', ['--find', '--show', '--', disk.file])).trim()
    const number = Number(/(\d+)$/.exec(device)?.[1])
    await this.#inside(['mkdir', '-p', insideFolder])
    await this.#inside(['rm', '-f', join(insideFolder, disk.id)])
    await this.#inside(['mknod', '-m', '0600', join(insideFolder, disk.id), 'b', '7', String(number)])
  }

  async takeOut(id: string): Promise<void> {
    const disks = await readDisks(this.#machine)
    const disk = disks.find(other => other.id === id)
    if (disk === undefined) return
    await this.#inside(['rm', '-f', join(insideFolder, id)])
    await detachLoop(disk.file)
    await writeDisks(this.#machine, disks.filter(other => other.id !== id))
  }

  async grow({ file }: PluggableDisk): Promise<void> {
    const device = await loopOf(file)
    if (device !== undefined) await runProgram('losetup', ['--set-capacity', device])
  }
}

/** ND1. Of a machine that has ended. */
export async function releaseDisks(machine: Machine): Promise<void> {
  const disks = await readDisks(machine)
  if (disks.length === 0) return
  for (const { file } of disks) await detachLoop(file)
  await writeDisks(machine, [])
}

async function readDisks(machine: Machine): Promise<readonly PluggableDisk[]> {
  const text = await readFile(join(machine.directory, listFile), 'utf8').catch(() => '[]')
  return JSON.parse(text) as readonly PluggableDisk[]
}

function writeDisks(machine: Machine, disks: readonly PluggableDisk[]): Promise<void> {
  return writeWhole(join(machine.directory, listFile), `${JSON.stringify(disks)}\n`, 0o600)
}

async function loopOf(file: string): Promise<string | undefined> {
  const text = await runProgram('losetup', ['--noheadings', '--output', 'NAME', '--associated', file]).catch(() => '')
  return text.split('\n').map(line => line.trim()).find(line => line !== '')
}

async function detachLoop(file: string): Promise<void> {
  const device = await loopOf(file)
  if (device !== undefined) await runProgram('losetup', ['--detach', device])
}
