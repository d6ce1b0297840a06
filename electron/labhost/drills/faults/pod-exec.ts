/** A command that somebody runs in a container. */
import { fieldOf } from '../claims.ts'
import { type Fault, textOf } from '../fault.ts'
import { text } from './hook-fault.ts'
import { type PodContainers, ctrTasks, podContainers } from './pod-containers.ts'

export const podExec: Fault<'object'> = {
  kind: {
    name: 'pod-exec', title: 'Somebody runs a command in a pod', group: 'workload', target: 'object', resource: 'pods', lasts: false, providers: null,
    parameters: [text('command', 'kill -TERM 1')],
    effect: 'sh runs this command in the first container of the pod, past the API server, as its user.',
    evidence: 'What the command does; nothing of it is in the audit log.',
    healing: 'There is nothing to heal.',
  },
  claims: target => [fieldOf('pod', target, 'the run state')],
  prepare: podContainers,
  async inject(world, order) {
    const { node, containers } = order.memory as PodContainers
    await ctrTasks(world, node, ['exec', '--exec-id', order.id, containers[0]!, 'sh', '-c', textOf(order, 'command')])
  },
}
