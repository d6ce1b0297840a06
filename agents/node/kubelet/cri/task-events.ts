/**
 * What containers do, as containerd reports it: the event-driven half of the pod lifecycle event generator (PLEG).
 *
 *   TE1  Only tasks of the kubelet's containerd namespace are followed; exits of exec processes are not container exits.
 *   TE2  A lost subscription is renewed with back-off, and every renewal says so: what happened meanwhile was missed, so
 *        the caller must look at everything again.
 */
import { backoffMs } from '../../../base/backoff.ts'
import { sleep, type Clock } from '../../../base/clock.ts'
import { faultPoints } from '../../../base/fault-points.ts'
import { errorText, type Log } from '../../../base/log.ts'
import { subscribeToEvents, taskEvent, taskExitEvent } from '../../../wire/cri/cri-services.ts'
import type { RemoteCalls } from './remote-calls.ts'

export interface TaskEventListener {
  /** A task of this container (or sandbox) started, exited, was paused, ran out of memory … */
  onTask(containerId: string, topic: string): void
  onSubscribed(): void
}

const eventFault = faultPoints.define({ name: 'kubelet.runtime-event', help: 'What the runtime tells of its containers; without it the kubelet sees at its next housekeeping.', attributes: ['topic'], effects: ['delay', 'hold', 'drop'] })

export async function followTaskEvents(calls: RemoteCalls, listener: TaskEventListener, deps: { readonly clock: Clock; readonly log: Log }, signal: AbortSignal): Promise<void> {
  let failures = 0
  while (!signal.aborted) {
    try {
      const events = calls.stream(subscribeToEvents, { filters: ['namespace==k8s.io,topic~="/tasks/"'] }, signal)
      listener.onSubscribed()
      for await (const envelope of events) {
        failures = 0
        const containerId = containerOf(envelope.topic, envelope.event?.value)
        if (containerId !== undefined && !(eventFault.rules !== undefined && (await eventFault.meet({ topic: envelope.topic }))?.effect === 'drop')) listener.onTask(containerId, envelope.topic)
      }
    } catch (error) {
      if (signal.aborted) return
      if (failures === 0) deps.log.warn('runtime events were lost', { error: errorText(error) })
    }
    failures++
    await sleep(deps.clock, backoffMs({ firstMs: 500, maxMs: 10_000 }, failures), signal).catch(() => {})
  }
}

function containerOf(topic: string, value: Uint8Array | undefined): string | undefined {
  if (value === undefined || topic.startsWith('/tasks/exec')) return undefined
  if (topic !== '/tasks/exit') return taskEvent.decode(value).containerId
  const exit = taskExitEvent.decode(value)
  return exit.id === exit.containerId ? exit.containerId : undefined // TE1
}
