/** More customers than anybody reckoned with. */
import { type Fault, numberOf, textOf } from '../fault.ts'
import { endLoad, startLoad } from './node-load.ts'

/** Asks without waiting for kindness; what goes wrong is not its business. */
const clients = 'worker=0; while [ $worker -lt "$1" ]; do /usr/local/bin/node -e \'(async () => { for (;;) await fetch(process.argv[1], { signal: AbortSignal.timeout(5000) }).then(reply => reply.arrayBuffer()).catch(() => new Promise(resolve => setTimeout(resolve, 20))) })()\' "$2" & worker=$((worker + 1)); done; wait'

export const trafficSpike: Fault<'node'> = {
  kind: {
    name: 'traffic-spike', title: 'A traffic spike', group: 'load', target: 'node', resource: null, lasts: true, providers: ['qemu', 'namespace'],
    parameters: [{ name: 'url', type: 'text', default: 'http://10.96.0.1' }, { name: 'clients', type: 'number', unit: 'clients', least: 1, most: 64, default: 4 }],
    effect: 'Clients on the node ask this URL over HTTP, each as fast as it is answered.',
    evidence: 'kubectl top pods; answers become slow; a HorizontalPodAutoscaler adds pods.',
    healing: 'The programs are ended.',
  },
  claims: () => [],
  inject: (world, order) => startLoad(world, order.target.name, order.id, clients, [String(Math.round(numberOf(order, 'clients'))), textOf(order, 'url')]),
  heal: (world, { id, target }) => endLoad(world, target.name, id),
}
