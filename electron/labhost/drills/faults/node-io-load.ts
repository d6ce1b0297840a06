/** Programs that write and wait for the disk. */
import { type Fault, numberOf } from '../fault.ts'
import { endLoad, startLoad } from './node-load.ts'

export const nodeIoLoad: Fault<'node'> = {
  kind: {
    name: 'node-io-load', title: "A node's disk is busy", group: 'resources', target: 'node', resource: null, lasts: true, providers: ['qemu', 'namespace'],
    parameters: [{ name: 'workers', type: 'number', unit: 'programs', least: 1, most: 16, default: 1 }],
    effect: 'Programs on the node write to its disk without end, and wait for it.',
    evidence: 'iowait in top; fsync of everything else on the node becomes slow.',
    healing: 'The programs are ended and their files removed.',
  },
  claims: () => [],
  inject: (world, order) => startLoad(world, order.target.name, order.id, `file=/var/lib/kubarium-io-load-$2; worker=0; while [ $worker -lt "$1" ]; do (while :; do dd if=/dev/zero of="$file.$worker" bs=1M count=64 conv=fsync 2>/dev/null; rm -f "$file.$worker"; done) & worker=$((worker + 1)); done; wait`, [`${Math.round(numberOf(order, 'workers'))}`, order.id]),
  async heal(world, { id, target }) {
    await endLoad(world, target.name, id)
    await world.run(target.name, ['sh', '-c', 'rm -f /var/lib/kubarium-io-load-"$1".*', 'sh', id])
  },
}
