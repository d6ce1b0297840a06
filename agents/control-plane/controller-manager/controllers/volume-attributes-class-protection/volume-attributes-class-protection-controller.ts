/**
 * VolumeAttributesClass protection: a class goes only when no claim and no volume names it any more.
 *
 * Reads   VolumeAttributesClasses, PersistentVolumeClaims, PersistentVolumes
 * Writes  VolumeAttributesClasses (finalizer)
 * Woken   by classes, and by claims and volumes that leave one
 *
 *   AP1  A class that is not being deleted carries the finalizer kubernetes.io/vac-protection.
 *   AP2  A claim names the class it asks for, the one it has, and the one it is being changed to; a volume the one it has.
 */
import type { PersistentVolume, PersistentVolumeClaim } from '../../../../api/groups/core-v1/types.ts'
import { persistentVolumeClaims, persistentVolumes, volumeAttributesClasses } from '../../../../api/resources.ts'
import type { Controller } from '../../../../machinery/controller.ts'
import { done, wokenBy } from '../../../../machinery/controller.ts'
import { protect } from '../../volumes/protection.ts'

const finalizer = 'kubernetes.io/vac-protection'

/** AP2 */
const classesOfClaim = ({ spec, status }: PersistentVolumeClaim): string[] => named(spec.volumeAttributesClassName, status?.currentVolumeAttributesClassName, status?.modifyVolumeStatus?.targetVolumeAttributesClassName)
const classesOfVolume = ({ spec }: PersistentVolume): string[] => named(spec.volumeAttributesClassName)

function named(...names: readonly (string | undefined)[]): string[] {
  return names.filter(name => name !== undefined && name !== '') as string[]
}

function left(before: readonly string[], now: readonly string[]): { name: string }[] {
  return before.filter(name => !now.includes(name)).map(name => ({ name }))
}

export const volumeAttributesClassProtectionController: Controller = {
  name: 'volumeattributesclass-protection-controller',
  reconciles: volumeAttributesClasses,
  alsoWokenBy: [
    wokenBy(persistentVolumeClaims, ({ type, object, previous }) => (type === 'deleted' ? left(classesOfClaim(object), []) : previous === undefined ? [] : left(classesOfClaim(previous), classesOfClaim(object)))),
    wokenBy(persistentVolumes, ({ type, object, previous }) => (type === 'deleted' ? left(classesOfVolume(object), []) : previous === undefined ? [] : left(classesOfVolume(previous), classesOfVolume(object)))),
  ],
  async reconcile(key, { cache, client }, signal) {
    const object = cache.get(volumeAttributesClasses, key)
    if (object === undefined) return done
    const isFree = (): boolean => !cache.list(persistentVolumeClaims).some(claim => classesOfClaim(claim).includes(key.name)) && !cache.list(persistentVolumes).some(volume => classesOfVolume(volume).includes(key.name))
    await protect(volumeAttributesClasses, object, finalizer, isFree, client, signal) // AP1
    return done
  },
}
