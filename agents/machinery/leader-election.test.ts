import { describe, expect, it } from 'vitest'
import { FakeCluster } from '../../test/fakes/fake-cluster.ts'
import { leases } from '../api/resources.ts'
import { FakeClock } from '../base/fake-clock.ts'
import { runWithLeaderElection } from './leader-election.ts'

function scene() {
  const clock = new FakeClock()
  const cluster = new FakeCluster({ clock })
  const story: string[] = []
  const candidate = (identity: string) => {
    const abort = new AbortController()
    const ended = runWithLeaderElection({
      client: cluster, leaseName: 'test', leaseNamespace: 'kube-system', identity, clock,
      onStartedLeading: async signal => {
        story.push(`${identity} leads`)
        await new Promise(resolve => { signal.addEventListener('abort', resolve) })
        story.push(`${identity} ends`)
      },
    }, abort.signal)
    return { ended, stop: () => { abort.abort(new Error('stopped')) } }
  }
  const holder = () => cluster.peek(leases, { namespace: 'kube-system', name: 'test' })?.spec?.holderIdentity
  return { clock, cluster, story, candidate, holder }
}

describe('leader election', () => {
  it('LE1: one leads; the other takes over only when the lease stood still for its duration', async () => {
    const { clock, cluster, story, candidate, holder } = scene()
    const first = candidate('a')
    await clock.advance(0)
    const second = candidate('b')
    await clock.advance(60_000)
    expect(story).toEqual(['a leads'])
    using cut = cluster.onRequest(({ verb, body }) => (verb === 'update' && (body as { spec: { holderIdentity: string } }).spec.holderIdentity === 'a' ? new Error('cut off') : undefined))
    await clock.advance(12_000)
    expect(story).toEqual(['a leads', 'a ends']) // LE2: before b may start
    await clock.advance(8_000)
    expect(story).toEqual(['a leads', 'a ends', 'b leads'])
    expect(holder()).toBe('b')
    cut[Symbol.dispose]()
    second.stop()
    await clock.advance(10_000)
    await Promise.all([first.ended, second.ended])
  })

  it('LE3: a restarted candidate with the same identity leads at once', async () => {
    const { clock, story, candidate } = scene()
    candidate('a')
    await clock.advance(5_000)
    candidate('a')
    await clock.advance(0)
    expect(story).toEqual(['a leads', 'a leads'])
  })

  it('LE4: an orderly end gives the lease back, and the next one leads within a retry period', async () => {
    const { clock, story, candidate, holder } = scene()
    const first = candidate('a')
    await clock.advance(0)
    candidate('b')
    await clock.advance(3_000)
    first.stop()
    await first.ended
    expect(holder()).toBe('')
    await clock.advance(2_000)
    expect(story).toEqual(['a leads', 'a ends', 'b leads'])
  })
})
