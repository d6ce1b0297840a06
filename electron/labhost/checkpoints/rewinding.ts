/**
 * Rewinding: a running lab becomes what it was.
 *
 *   RW1  Nothing is touched before the whole checkpoint has been found good and can be restored on this desktop.
 *   RW2  It is written down before anything is touched; whoever finds that does it again from the beginning. Each step can be
 *        repeated, whatever it was left in.
 *   RW3  Everything of the undone time has ended before the first file is put back: it can write nothing into what is restored.
 *   RW4  A rewind that fails half-way stays written down: it is done again when it is asked for, or when a lab host starts. The
 *        checkpoint itself is never changed.
 */
import { rm } from 'node:fs/promises'
import { readJsonIfAny, writePrivateJson } from '../files/private-files.ts'
import { CheckpointError } from './checkpoint-error.ts'
import type { CheckpointManifest } from './manifest.ts'
import type { Shelf } from './shelf.ts'

/** What rewinding needs of a lab. `folder`: the checkpoint's. */
export interface RewindLab {
  /** Why it cannot be restored here, as one line for the user; null if it can. */
  problem(folder: string, manifest: CheckpointManifest): Promise<string | null>
  /** RW3 */
  halt(): Promise<void>
  putBack(folder: string, manifest: CheckpointManifest): Promise<void>
  start(folder: string, manifest: CheckpointManifest): Promise<void>
}

export const rewindSteps = ['verify', 'halt', 'put-back', 'start', 'complete'] as const
export type RewindStep = (typeof rewindSteps)[number]

export interface RewindProgress {
  readonly signal: AbortSignal
  /** Awaited around each step; its name, and what does it. */
  step?<T>(step: RewindStep, run: () => Promise<T>): Promise<T>
}

interface Underway {
  readonly name: string
}

export async function rewindTo(name: string, lab: RewindLab, shelf: Shelf, { signal, step = (_, run) => run() }: RewindProgress): Promise<CheckpointManifest> {
  const manifest = await step('verify', () => requireRestorable(name, lab, shelf, signal)) // RW1
  const folder = shelf.files.checkpoint(name)
  writePrivateJson(shelf.files.rewinding, { name } satisfies Underway) // RW2
  await step('halt', () => lab.halt())
  await step('put-back', () => lab.putBack(folder, manifest))
  await step('start', () => lab.start(folder, manifest))
  await step('complete', async () => {
    shelf.becomeCurrent(name)
    await rm(shelf.files.rewinding, { force: true })
  })
  return manifest
}

/** RW1 */
export async function requireRestorable(name: string, lab: Pick<RewindLab, 'problem'>, shelf: Shelf, signal: AbortSignal): Promise<CheckpointManifest> {
  const manifest = await shelf.verify(name, { thorough: false, signal })
  const problem = await lab.problem(shelf.files.checkpoint(name), manifest)
  if (problem !== null) throw new CheckpointError('unsupported', `checkpoint "${name}" cannot be restored here: ${problem}. Nothing was changed`)
  return manifest
}

/** RW2: the checkpoint that a rewind under way goes to; null where there is none. */
export function rewindUnderway(shelf: Shelf): string | null {
  return readJsonIfAny<Underway>(shelf.files.rewinding)?.name ?? null
}
