/** Which automatic checkpoints go. Pure. */
import type { CheckpointSettings } from '../../contract/checkpoints.ts'
import type { CheckpointManifest } from './manifest.ts'

export const usualSettings: CheckpointSettings = { beforeDrills: true, keepAutomatic: 3 }

/** Names; only of those made before drills, oldest first. `current` stays. */
export function planRetention(manifests: readonly Pick<CheckpointManifest, 'name' | 'reason' | 'takenAt'>[], keep: number, current: string | null): readonly string[] {
  const automatic = manifests.filter(({ reason }) => reason === 'drill').toSorted((a, b) => b.takenAt.localeCompare(a.takenAt))
  return automatic.slice(keep).filter(({ name }) => name !== current).map(({ name }) => name).toReversed()
}

/** A name by the time, in UTC: 20261128-073252; with a number where that is taken. */
export function nameByTime(now: number, taken: readonly string[]): string {
  const time = new Date(now).toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-')
  for (let number = 1; ; number++) {
    const name = number === 1 ? time : `${time}-${number}`
    if (!taken.includes(name)) return name
  }
}
