/**
 * A process that works only while it leads, or always, as its flags say.
 *
 *   LD1  Whether we lead is a number (leader_election_master_status), an inspection and a health check (leaderElection), which
 *        fails when the lease was not renewed in time and we have not ended yet.
 *   LD2  Who lost the lease ends with status 1, to start afresh as a candidate.
 *   LD3  A leader that ends in order gives the lease back before the process is gone.
 */
import type { Client } from '../machinery/client.ts'
import { runWithLeaderElection } from '../machinery/leader-election.ts'
import type { ComponentContext } from './component.ts'
import type { FlagSpecs, FlagValues } from './flags.ts'
import { UsageError, defineFlags } from './flags.ts'

export interface LeaderElection {
  readonly leaderElect: boolean
  readonly leaseDurationMs: number
  readonly renewDeadlineMs: number
  readonly retryPeriodMs: number
  readonly resourceName: string
  readonly resourceNamespace: string
}

/** Upstream's names. What is not given is as the component, or its configuration file, has it. */
export const leaderElectionFlags = defineFlags({
  'leader-elect': { type: 'boolean', help: 'Work only while holding the Lease (true).' },
  'leader-elect-lease-duration': { type: 'duration', help: 'How long a leader that went silent is waited for (15s).' },
  'leader-elect-renew-deadline': { type: 'duration', help: 'How long the leader tries to renew before it gives up (10s).' },
  'leader-elect-retry-period': { type: 'duration', help: 'Time between tries (2s).' },
  'leader-elect-resource-lock': { type: 'string', default: 'leases', help: 'Only "leases".' },
  'leader-elect-resource-name': { type: 'string', help: 'Name of the Lease (that of the component).' },
  'leader-elect-resource-namespace': { type: 'string', help: 'Namespace of the Lease (kube-system).' },
})

/** Upstream's, for a component of this name. */
export function defaultElection(component: string): LeaderElection {
  return { leaderElect: true, leaseDurationMs: 15_000, renewDeadlineMs: 10_000, retryPeriodMs: 2_000, resourceName: component, resourceNamespace: 'kube-system' }
}

/** Flags that were given win over what was said otherwise. @throws UsageError for a lock that is not a Lease */
export function electionFrom(flags: FlagValues<typeof leaderElectionFlags>, said: LeaderElection): LeaderElection {
  const lock = flags['leader-elect-resource-lock']
  if (lock !== 'leases') throw new UsageError(`--leader-elect-resource-lock: "${lock}" is not supported, only "leases"`)
  return {
    leaderElect: flags['leader-elect'] ?? said.leaderElect,
    leaseDurationMs: flags['leader-elect-lease-duration'] ?? said.leaseDurationMs,
    renewDeadlineMs: flags['leader-elect-renew-deadline'] ?? said.renewDeadlineMs,
    retryPeriodMs: flags['leader-elect-retry-period'] ?? said.retryPeriodMs,
    resourceName: flags['leader-elect-resource-name'] ?? said.resourceName,
    resourceNamespace: flags['leader-elect-resource-namespace'] ?? said.resourceNamespace,
  }
}

export type LeadingOptions = LeaderElection & {
  readonly client: Client
  /** Unique among the living. */
  readonly identity: string
  /** Works until the signal aborts. */
  lead(signal: AbortSignal): Promise<void>
}

type LeadingContext = Pick<ComponentContext<FlagSpecs>, 'clock' | 'random' | 'log' | 'lifetime' | 'metrics' | 'health' | 'inspect' | 'stop'>

/** Returns at once; a failure to lead stops the process. */
export function leadOrFollow(context: LeadingContext, options: LeadingOptions): void {
  const { clock, random, log, lifetime, metrics, health } = context
  const { identity, resourceName } = options
  const fail = (error: unknown): void => { if (!lifetime.isOver) context.stop(error as Error) }
  if (!options.leaderElect) {
    options.lead(lifetime.signal).catch(fail)
    return
  }
  let leader = ''
  let isLost = false
  const status = metrics.gauge({ name: 'leader_election_master_status', help: 'Whether this process is the leader: 1, or waits to be: 0.', labels: ['name'] })
  status.set(0, { name: resourceName })
  lifetime.own(context.inspect('leader-election', () => ({ identity, isLeader: leader === identity && !isLost, leader: leader === '' ? null : leader })))
  lifetime.own(health.add('leaderElection', () => (isLost ? 'failed election to renew leadership on lease' : undefined))) // LD1
  const election = runWithLeaderElection({
    client: options.client, clock, random, log, identity,
    leaseName: resourceName, leaseNamespace: options.resourceNamespace,
    leaseDurationMs: options.leaseDurationMs, renewDeadlineMs: options.renewDeadlineMs, retryPeriodMs: options.retryPeriodMs,
    onNewLeader: name => {
      leader = name
      log.info('leader changed', { leader })
    },
    onStartedLeading: async signal => {
      leader = identity
      status.set(1, { name: resourceName })
      log.info('leading started', { identity })
      await options.lead(signal)
    },
    onStoppedLeading: () => {
      status.set(0, { name: resourceName })
      isLost = true
      fail(new Error('leadership lost')) // LD2
    },
  }, lifetime.signal)
  lifetime.onEnd(() => election.catch(() => {})) // LD3
  election.catch(fail)
}
