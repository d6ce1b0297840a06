/** A service of a node is stopped and stays so: a kubelet that is gone, a runtime that is gone. */
import { type Fault, textOf } from '../fault.ts'
import { runStateOf } from '../claims.ts'

const services = ['kubelet', 'containerd', 'kube-proxy', 'overlay'] as const

export const nodeAgentStop: Fault<'node'> = {
  kind: {
    name: 'node-agent-stop', title: 'A service of a node is stopped', group: 'component', target: 'node', resource: null, lasts: true, providers: ['qemu', 'namespace'],
    parameters: [{ name: 'service', type: 'choice', choices: services, default: 'kubelet' }],
    effect: 'The service is stopped, and nothing starts it again; pods that run go on.',
    evidence: 'Without kubelet or containerd the node becomes NotReady; without kube-proxy or overlay nothing changes until something else does.',
    healing: 'The service is started.',
  },
  claims: ({ name }) => services.map(service => runStateOf(`${service}@${name}`)),
  inject: (world, order) => world.service(order.target.name, textOf(order, 'service'), 'stop'),
  heal: (world, order) => world.service(order.target.name, textOf(order, 'service'), 'start'),
}
