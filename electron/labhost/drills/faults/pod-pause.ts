/** The containers of a pod stand still: they run, and nothing happens. */
import type { Fault } from '../fault.ts'
import { fieldOf } from '../claims.ts'
import { type PodContainers, ctrTasks, podContainers } from './pod-containers.ts'

export const podPause: Fault<'object'> = {
  kind: {
    name: 'pod-pause', title: 'A pod stands still', group: 'workload', target: 'object', resource: 'pods', parameters: [], lasts: true, providers: null,
    effect: 'The processes of the pod are frozen by the kernel.',
    evidence: 'The pod is Running, and its probes time out: it becomes unready, then a liveness probe has it killed.',
    healing: 'The processes go on, if the containers are still there.',
  },
  claims: target => [fieldOf('pod', target, 'the run state')],
  prepare: podContainers,
  async inject(world, { memory }) {
    const { node, containers } = memory as PodContainers
    for (const container of containers) await ctrTasks(world, node, ['pause', container])
  },
  async heal(world, { memory }) {
    if (memory === null) return
    const { node, containers } = memory as PodContainers
    const list = await ctrTasks(world, node, ['list'])
    const paused = new Set(list.split('\n').map(line => line.trim().split(/\s+/)).filter(words => words.at(-1) === 'PAUSED').map(([id]) => id))
    for (const container of containers) if (paused.has(container)) await ctrTasks(world, node, ['resume', container])
  },
}
