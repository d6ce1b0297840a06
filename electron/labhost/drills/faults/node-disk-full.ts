/** The disk of a node is full but for a little. */
import { type Fault, type FaultOrder, numberOf } from '../fault.ts'

export const nodeDiskFull: Fault<'node'> = {
  kind: {
    name: 'node-disk-full', title: "A node's disk is full", group: 'resources', target: 'node', resource: null, lasts: true, providers: ['qemu'],
    parameters: [{ name: 'leftMiB', type: 'number', unit: 'MiB', least: 0, most: 1_048_576, default: 64 }],
    effect: 'A file on the disk of the node leaves only so much free.',
    evidence: 'df on the node; DiskPressure and evictions; pulls and writes fail with "no space left on device".',
    healing: 'The file is removed.',
  },
  claims: ({ name }) => [`the free space of ${name}`],
  async inject(world, order) {
    await world.run(order.target.name, ['sh', '-c', 'left=$(df --output=avail -B1 /var/lib | tail -1); size=$((left - $2 * 1048576)); [ "$size" -gt 0 ] || exit 0; fallocate -l "$size" "$1"', 'sh', fileOf(order), `${Math.round(numberOf(order, 'leftMiB'))}`])
  },
  async heal(world, order) {
    await world.run(order.target.name, ['rm', '-f', fileOf(order)])
  },
}

function fileOf({ id }: Pick<FaultOrder<'node'>, 'id'>): string {
  return `/var/lib/kubarium-fault-${id}`
}
