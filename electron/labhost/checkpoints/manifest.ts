/**
 * What a checkpoint says about itself: manifest.json, written last. Pure.
 *
 *   CM1  A folder without a manifest is no checkpoint: it was never finished, or is being deleted.
 *   CM2  Every other file of the folder stands in it, with size and digest; a file that does not, or is missing, or differs,
 *        makes the checkpoint damaged.
 *   CM3  A manifest of a later format, or of another format of the lab's files, is refused by name.
 */
import type { CheckpointReason, CheckpointState } from '../../contract/checkpoints.ts'
import type { LabSpec } from '../../contract/labs.ts'
import { CheckpointError } from './checkpoint-error.ts'

export interface SavedFile {
  /** In the checkpoint's folder, with slashes. */
  readonly path: string
  readonly sizeBytes: number
  /** Of the content (digest.ts), hex. */
  readonly sha256: string
}

export interface CheckpointManifest {
  readonly formatVersion: 1
  readonly name: string
  readonly lab: string
  readonly reason: CheckpointReason
  /** ISO 8601; the moment in which everything stood still. */
  readonly takenAt: string
  /** Of Kubarium. */
  readonly programVersion: string
  readonly spec: LabSpec
  /** Nodes whose machine is in it. */
  readonly machines: readonly string[]
  readonly standstillMs: number
  readonly elapsedMs: number
  /** The checkpoint of this lab whose data it shares; only told, never needed. */
  readonly earlier: string | null
  readonly files: readonly SavedFile[]
}

export const manifestFormat = 1

/** Throws CheckpointError `damaged` or `unsupported`. */
export function readManifest(text: string, name: string): CheckpointManifest {
  let value: Partial<CheckpointManifest> | null
  try {
    value = JSON.parse(text) as Partial<CheckpointManifest> | null
  } catch {
    throw new CheckpointError('damaged', `checkpoint "${name}" is damaged: its manifest is not JSON`)
  }
  if (typeof value?.formatVersion !== 'number') throw new CheckpointError('damaged', `checkpoint "${name}" is damaged: its manifest does not say which format it has`)
  if (value.formatVersion !== manifestFormat) throw new CheckpointError('unsupported', `checkpoint "${name}" has format ${String(value.formatVersion)}, made by Kubarium ${value.programVersion ?? 'of another version'}; this version knows format ${manifestFormat}`) // CM3
  const isWhole = typeof value.name === 'string' && typeof value.takenAt === 'string' && typeof value.spec?.name === 'string' && Array.isArray(value.machines) && Array.isArray(value.files) && value.files.every(isSavedFile)
  if (!isWhole) throw new CheckpointError('damaged', `checkpoint "${name}" is damaged: its manifest lacks what every manifest has`)
  return value as CheckpointManifest
}

export function renderManifest(manifest: CheckpointManifest): string {
  return `${JSON.stringify(manifest, null, 1)}\n`
}

/** Names that are folders and words of a command at once. */
export function checkName(name: string): void {
  if (!/^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$/.test(name) || name.includes('..')) throw new CheckpointError('invalid-argument', `"${name}" is not a name for a checkpoint: small letters, digits, "-" and "." between them, at most 63`)
}

export function stateOf(manifest: CheckpointManifest, sizes: { readonly sizeBytes: number; readonly ownBytes: number }): CheckpointState {
  const { name, lab, reason, takenAt, machines, spec, standstillMs, elapsedMs } = manifest
  return { name, lab, reason, takenAt, machines, nodes: spec.nodes.map(node => node.name), standstillMs, elapsedMs, ...sizes }
}

/** A path that leads out of the folder is nobody's honest work. */
function isSavedFile(file: Partial<SavedFile> | null): file is SavedFile {
  return typeof file?.path === 'string' && file.path !== '' && !file.path.startsWith('/') && !file.path.split('/').includes('..')
    && typeof file.sizeBytes === 'number' && typeof file.sha256 === 'string' && /^[0-9a-f]{64}$/.test(file.sha256)
}
