/** A volume with room and no inode. */
import { atVolume, volumeFault } from './pod-volumes.ts'

export const volumeInodesFull = volumeFault({
  name: 'volume-inodes-full', title: 'A volume has no inodes left',
  effect: 'Empty files use up the inodes of each volume of the pod, a hundred thousand at most.',
  evidence: 'df shows room, df -i none; new files fail with "No space left on device" and old ones can be written.',
  healing: 'The files are removed.',
  break: (world, order, node, { device }) => atVolume(world, node, device, 'mkdir -p "$1/.kubarium-$2" && cd "$1/.kubarium-$2" && seq 100000 | xargs touch 2>/dev/null || true', [order.id]),
  mend: (world, id, node, { device }) => atVolume(world, node, device, 'rm -rf "$1/.kubarium-$2"', [id]),
})
