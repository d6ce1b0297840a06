/** A volume without room. */
import { numberOf } from '../fault.ts'
import { atVolume, volumeFault } from './pod-volumes.ts'

export const volumeFull = volumeFault({
  name: 'volume-full', title: 'A volume is full',
  parameters: [{ name: 'leftMiB', type: 'number', unit: 'MiB', least: 0, most: 1_048_576, default: 0 }],
  effect: 'A file on each volume of the pod leaves only so much free.',
  evidence: 'df in the pod; writes fail with "No space left on device" (ENOSPC).',
  healing: 'The file is removed.',
  break: (world, order, node, { device }) => atVolume(world, node, device, 'left=$(df --output=avail -B1 "$1" | tail -1); size=$((left - $3 * 1048576)); [ "$size" -gt 0 ] || exit 0; fallocate -l "$size" "$1/.kubarium-$2" 2>/dev/null || dd if=/dev/zero of="$1/.kubarium-$2" bs=1M 2>/dev/null || true', [order.id, String(Math.round(numberOf(order, 'leftMiB')))]),
  mend: (world, id, node, { device }) => atVolume(world, node, device, 'rm -f "$1/.kubarium-$2"', [id]),
})
