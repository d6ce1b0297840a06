/** The first processes of a pod's containers get a signal. */
import { type Fault, textOf } from '../fault.ts'
import { ctrTasks, podContainers } from './pod-containers.ts'

export const podContainerKill: Fault<'object'> = {
  kind: {
    name: 'pod-container-kill', title: 'A container is killed', group: 'workload', target: 'object', resource: 'pods', lasts: false, providers: null,
    parameters: [{ name: 'signal', type: 'choice', choices: ['SIGKILL', 'SIGTERM', 'SIGINT', 'SIGHUP', 'SIGSEGV'], default: 'SIGKILL' }],
    effect: 'The first process of every container of the pod gets the signal.',
    evidence: 'The restart count grows, the last state says how it ended; after several times CrashLoopBackOff.',
    healing: 'There is nothing to heal: kubelet starts the containers again.',
  },
  claims: () => [],
  async inject(world, order) {
    const { node, containers } = await podContainers(world, order.target)
    for (const container of containers) await ctrTasks(world, node, ['kill', '--signal', textOf(order, 'signal'), container])
  },
}
