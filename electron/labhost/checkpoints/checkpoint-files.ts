/**
 * Every name in the checkpoints of a lab.
 *
 *   labs/<lab>/checkpoints/settings.json        what is done before drills
 *                          current.json         {name}: the checkpoint that the lab goes on from
 *                          saving.json          a save that is under way: what stands still because of it
 *                          rewinding.json       a rewind that is under way: whoever finds it does it again
 *                          verified.json        files whose digest was compared, with what shows that they were not touched since
 *                          <name>.new/          a checkpoint that is being made
 *                          <name>/manifest.json written last (CM1)
 *                                 lab/          files of the lab: lab.json, pki/, cloud.json, faults.json, links.json, lan.json
 *                                 etcd/         the database of the store, with its write-ahead log
 *                                 volumes/      raw images of block volumes
 *                                 machines/<node>/   owned by the provider of the machine
 */
import { join } from 'node:path'

export const savedParts = { lab: 'lab', etcd: 'etcd', volumes: 'volumes', machines: 'machines' } as const

export interface ShelfFiles {
  readonly directory: string
  readonly settings: string
  readonly current: string
  readonly saving: string
  readonly rewinding: string
  readonly verified: string
  readonly checkpoint: (name: string) => string
  readonly half: (name: string) => string
  readonly manifest: (name: string) => string
}

export const halfEnding = '.new'
export const manifestName = 'manifest.json'

export function shelfFiles(directory: string): ShelfFiles {
  return {
    directory,
    settings: join(directory, 'settings.json'),
    current: join(directory, 'current.json'),
    saving: join(directory, 'saving.json'),
    rewinding: join(directory, 'rewinding.json'),
    verified: join(directory, 'verified.json'),
    checkpoint: name => join(directory, name),
    half: name => join(directory, `${name}${halfEnding}`),
    manifest: name => join(directory, name, manifestName),
  }
}
