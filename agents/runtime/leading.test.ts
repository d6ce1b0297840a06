import { expect, test } from 'vitest'
import { parseFlags, UsageError } from './flags.ts'
import { defaultElection, electionFrom, leaderElectionFlags } from './leading.ts'

const election = (...argv: string[]) => electionFrom(parseFlags(leaderElectionFlags, argv).values, defaultElection('kube-thing'))

test('without flags the lease is that of the component, with the times of upstream', () => {
  expect(election()).toEqual({ leaderElect: true, leaseDurationMs: 15_000, renewDeadlineMs: 10_000, retryPeriodMs: 2_000, resourceName: 'kube-thing', resourceNamespace: 'kube-system' })
})

test('what is given by flag wins over what was said otherwise', () => {
  expect(election('--leader-elect=false', '--leader-elect-lease-duration=1m', '--leader-elect-resource-name=mine')).toMatchObject({ leaderElect: false, leaseDurationMs: 60_000, renewDeadlineMs: 10_000, resourceName: 'mine' })
})

test('a lock that is not a Lease is refused by name', () => {
  expect(() => election('--leader-elect-resource-lock=endpoints')).toThrow(UsageError)
})
