/**
 * Saving: everything of a running lab as it is at one moment.
 *
 *   SV1  First what takes time and can be done before; then all machines stand still, then the store; then what must be taken in
 *        that moment is taken; then all goes on; then what takes time and can be done after. Machines first: what a kubelet has
 *        been told or has written is in the store that is saved, while the store may have more, as after any lost answer.
 *   SV2  What stands still is written down before it does. Whoever finds that makes it go on (`recoverSave`).
 *   SV3  Whatever fails, the lab goes on and no trace of the checkpoint is left.
 *   SV4  Files that the earlier checkpoint has with the same content are shared with it.
 */
import { mkdir, rm, link, rename } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../../../agents/base/clock.ts'
import type { CheckpointReason } from '../../contract/checkpoints.ts'
import type { LabSpec } from '../../contract/labs.ts'
import { readJsonIfAny, writePrivateJson } from '../files/private-files.ts'
import type { GuestLine, MachineCheckpoints, MachineSave } from '../machines/machine.ts'
import { savedParts } from './checkpoint-files.ts'
import { type CheckpointManifest, type SavedFile, checkName, manifestFormat } from './manifest.ts'
import { type Shelf, flush } from './shelf.ts'

export interface SavedNode {
  readonly name: string
  readonly checkpoints: MachineCheckpoints
  /** null where nobody can log in to it now. */
  readonly line: GuestLine | null
}

/** What saving needs of a lab. */
export interface SaveLab {
  readonly name: string
  readonly spec: LabSpec
  readonly machines: readonly SavedNode[]
  /** Throws a reason for the user why it cannot be saved now. */
  requireSavable(): void
  /** The store answers nobody until it is thawed; what it has answered is in its files. */
  freezeStore(): Promise<void>
  thawStore(): Promise<void>
  /** Store, certificates, records, faults, LAN, volumes: into folders of these names (savedParts). */
  copyTo(directory: string): Promise<void>
}

export interface SaveOrder {
  readonly name: string
  readonly reason: CheckpointReason
  readonly programVersion: string
}

/** In this order; a test stops at one of them. */
export const saveSteps = ['prepare', 'freeze', 'take', 'thaw', 'finish', 'digest', 'complete'] as const
export type SaveStep = (typeof saveSteps)[number]

export interface SaveProgress {
  readonly clock: Clock
  readonly signal: AbortSignal
  /** Awaited before each step. */
  at?(step: SaveStep): Promise<void> | void
}

interface Standstill {
  readonly name: string
}

export async function saveCheckpoint(lab: SaveLab, shelf: Shelf, order: SaveOrder, { clock, signal, at }: SaveProgress): Promise<CheckpointManifest> {
  checkName(order.name)
  lab.requireSavable()
  const startedAt = clock.monotonic()
  const earlier = (await shelf.manifests()).find(({ name }) => name === shelf.current) ?? (await shelf.manifests()).at(-1)
  const half = await shelf.begin(order.name)
  const saves = new Map<string, MachineSave>()
  try {
    await at?.('prepare')
    await mkdir(join(half, savedParts.machines), { mode: 0o700 })
    await Promise.all(lab.machines.map(({ checkpoints, line }) => checkpoints.prepare(line)))
    signal.throwIfAborted()
    writePrivateJson(shelf.files.saving, { name: order.name } satisfies Standstill) // SV2
    const takenAt = new Date(clock.now()).toISOString()
    const frozenAt = clock.monotonic()
    try {
      await at?.('freeze')
      await Promise.all(lab.machines.map(({ checkpoints }) => checkpoints.freeze())) // SV1
      await lab.freezeStore()
      await at?.('take')
      await settleAll([
        lab.copyTo(half),
        ...lab.machines.map(async ({ name, checkpoints }) => {
          const folder = earlier === undefined || !earlier.machines.includes(name) ? null : join(shelf.files.checkpoint(earlier.name), savedParts.machines, name)
          saves.set(name, await checkpoints.save(join(half, savedParts.machines, name), folder))
        }),
      ])
      await at?.('thaw')
    } finally {
      await goOn(lab)
    }
    const standstillMs = Math.round(clock.monotonic() - frozenAt)
    await rm(shelf.files.saving, { force: true })
    await at?.('finish')
    await settleAll([...saves.values()].map(save => save.finish(signal)))
    await at?.('digest')
    const files = await shelf.describe(half, signal)
    if (earlier !== undefined) await shareWith(earlier.files, shelf.files.checkpoint(earlier.name), files, half) // SV4
    for (const { path } of files) if (!path.startsWith(`${savedParts.machines}/`)) await flush(join(half, path))
    signal.throwIfAborted()
    await at?.('complete')
    const manifest: CheckpointManifest = {
      formatVersion: manifestFormat, name: order.name, lab: lab.name, reason: order.reason, takenAt, programVersion: order.programVersion, spec: lab.spec,
      machines: lab.machines.map(({ name }) => name), standstillMs, elapsedMs: Math.round(clock.monotonic() - startedAt), earlier: earlier?.name ?? null, files,
    }
    await shelf.complete(manifest)
    return manifest
  } catch (error) {
    await goOn(lab).catch(() => {}) // what was made ready is given up, too; the first failure is the one to tell
    await Promise.allSettled([...saves.values()].map(save => save[Symbol.asyncDispose]()))
    await shelf.abandon(order.name) // SV3
    await rm(shelf.files.saving, { force: true })
    throw error
  }
}

/** SV2: for a lab host that starts. True when something stood still. */
export async function recoverSave(lab: Pick<SaveLab, 'machines' | 'thawStore'>, shelf: Shelf): Promise<boolean> {
  if (readJsonIfAny<Standstill>(shelf.files.saving) === undefined) return false
  await goOn(lab)
  await rm(shelf.files.saving, { force: true })
  return true
}

async function goOn(lab: Pick<SaveLab, 'machines' | 'thawStore'>): Promise<void> {
  await settleAll([lab.thawStore(), ...lab.machines.map(({ checkpoints }) => checkpoints.thaw())])
}

/** All are waited for, so that nothing goes on behind a failure; the first failure is told. */
async function settleAll(running: readonly Promise<unknown>[]): Promise<void> {
  const failed = (await Promise.allSettled(running)).find(outcome => outcome.status === 'rejected')
  if (failed !== undefined) throw failed.reason
}

async function shareWith(earlier: readonly SavedFile[], earlierFolder: string, files: readonly SavedFile[], folder: string): Promise<void> {
  const known = new Map(earlier.map(file => [`${file.sha256} ${file.sizeBytes}`, file.path]))
  for (const { path, sha256, sizeBytes } of files) {
    const same = known.get(`${sha256} ${sizeBytes}`)
    if (same === undefined || sizeBytes === 0) continue
    const shared = join(folder, `${path}.shared`)
    const isLinked = await link(join(earlierFolder, same), shared).then(() => true, () => false) // another file system, or too many links: it keeps its own
    if (isLinked) await rename(shared, join(folder, path))
    await rm(shared, { force: true }) // renaming one name of a file onto another of the same does nothing
  }
}
