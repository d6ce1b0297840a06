/** A file system that refuses to be written, as ext4 becomes after an error of its disk. */
import { atVolume, volumeFault } from './pod-volumes.ts'

export const volumeReadOnly = volumeFault({
  name: 'volume-read-only', title: 'A volume has become read-only',
  effect: 'The file systems of the volumes of the pod are mounted read-only, as ext4 does after an error of the disk.',
  evidence: 'Writes fail with "Read-only file system" (EROFS); reading works, and the pod stays Running.',
  healing: 'The file systems are mounted for writing again.',
  break: (world, _order, node, { path }) => world.run(node, ['mount', '-o', 'remount,ro', path]),
  mend: (world, _id, node, { device }) => atVolume(world, node, device, 'mount -o remount,rw "$1"'),
})
