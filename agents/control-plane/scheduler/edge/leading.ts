/**
 * Leads now, or when the Lease is ours.
 *
 *   LD1  Whether we lead is a number (leader_election_master_status) and a health check (leaderElection), which fails when
 *        the lease was not renewed in time and we have not ended yet.
 *   LD2  Who lost the lease ends, to start afresh.
 */
import type { Client } from '../../../machinery/client.ts'
import { runWithLeaderElection } from '../../../machinery/leader-election.ts'
import type { ComponentContext } from '../../../runtime/index.ts'
import type { SchedulerConfiguration } from '../profile/configuration.ts'
import type { schedulerFlags } from './scheduler-flags.ts'

export type LeadingOptions = SchedulerConfiguration['leaderElection'] & {
  readonly client: Client
  readonly identity: string
  /** Works until the signal aborts. */
  lead(signal: AbortSignal): Promise<void>
}

export function leadOrFollow(context: ComponentContext<typeof schedulerFlags>, options: LeadingOptions): void {
  const { clock, random, log, lifetime, metrics, health } = context
  const fail = (error: unknown) => { if (!lifetime.signal.aborted) context.stop(error as Error) }
  if (!options.leaderElect) {
    options.lead(lifetime.signal).catch(fail)
    return
  }
  const status = metrics.gauge({ name: 'leader_election_master_status', help: 'Whether this process is the leader: 1, or waits to be: 0.', labels: ['name'] })
  const become = (leading: boolean) => { status.set(leading ? 1 : 0, { name: options.resourceName }) }
  become(false)
  let lost = false
  lifetime.own(health.add('leaderElection', () => (lost ? 'failed election to renew leadership on lease' : undefined))) // LD1
  runWithLeaderElection({
    client: options.client, clock, random, log, identity: options.identity,
    leaseName: options.resourceName, leaseNamespace: options.resourceNamespace,
    leaseDurationMs: options.leaseDurationMs, renewDeadlineMs: options.renewDeadlineMs, retryPeriodMs: options.retryPeriodMs,
    onStartedLeading: async signal => {
      become(true)
      await options.lead(signal)
    },
    onStoppedLeading: () => {
      become(false)
      lost = true
      fail(new Error('leadership lost')) // LD2
    },
  }, lifetime.signal).catch(fail)
}
