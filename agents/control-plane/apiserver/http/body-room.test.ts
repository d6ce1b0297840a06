import { describe, expect, it } from 'vitest'
import { FakeClock } from '../../../base/fake-clock.ts'
import { BodyRoom } from './body-room.ts'

const going = new AbortController().signal

function subject() {
  const clock = new FakeClock()
  const room = new BodyRoom({ sizeBytes: 24, clock })
  const entered: string[] = []
  const failures: string[] = []
  const taken = new Map<string, Disposable>()
  /** Named for its user, e.g. "ann1". */
  async function ask(name: string, sizeBytes: number, signal = going): Promise<void> {
    void room.take(name.slice(0, -1), sizeBytes, signal).then(hold => {
      entered.push(name)
      taken.set(name, hold)
    }, (error: unknown) => { failures.push(`${name}: ${(error as Error).message}`) })
    await clock.advance(0)
  }
  async function leave(name: string): Promise<void> {
    taken.get(name)![Symbol.dispose]()
    await clock.advance(0)
  }
  return { clock, room, entered, failures, ask, leave }
}

describe('room for bodies', () => {
  it('BR1 is given in the order in which it was asked for', async () => {
    const { entered, ask, leave, room } = subject()
    for (const name of ['ann1', 'ben1']) await ask(name, 12)
    for (const name of ['cid1', 'dan1', 'eva1']) await ask(name, 8)
    expect(entered).toEqual(['ann1', 'ben1'])
    await leave('ben1')
    expect([entered, room.takenBytes]).toEqual([['ann1', 'ben1', 'cid1'], 20])
    await leave('ann1')
    expect([entered.slice(3), room.takenBytes]).toEqual([['dan1', 'eva1'], 24])
    for (const name of ['cid1', 'dan1', 'eva1', 'eva1']) await leave(name)
    expect(room.takenBytes).toBe(0)
  })

  it('BR1 is kept for who is next, although less would do for the one after', async () => {
    const { entered, ask, leave } = subject()
    await ask('ann1', 12)
    await ask('ben1', 10)
    await ask('cid1', 12)
    await ask('dan1', 8)
    await leave('ben1')
    expect(entered).toEqual(['ann1', 'ben1', 'cid1'])
  })

  it('BR2 is never all of one user', async () => {
    const { entered, ask, leave } = subject()
    for (const name of ['ann1', 'ann2', 'ann3', 'ben1', 'ben2', 'ben3']) await ask(name, 6)
    expect(entered).toEqual(['ann1', 'ann2', 'ben1', 'ben2'])
    await leave('ben1')
    expect(entered.slice(4)).toEqual(['ben3'])
    await leave('ann2')
    expect(entered.slice(5)).toEqual(['ann3'])
  })

  it('BR3 is waited for no longer than 30 s', async () => {
    const { clock, failures, entered, ask, leave } = subject()
    await ask('ann1', 12)
    await ask('ann2', 6)
    await clock.advance(29_999)
    expect(failures).toEqual([])
    await clock.advance(1)
    expect(failures).toEqual(['ann2: too many large requests are being served, please try again later'])
    await leave('ann1')
    expect([entered, clock.pendingTimers]).toEqual([['ann1'], 0])
  })

  it('is not waited for by who has gone', async () => {
    const { clock, failures, entered, ask, leave } = subject()
    const away = new AbortController()
    await ask('ann1', 12)
    await ask('ann2', 12, away.signal)
    away.abort(new Error('gone'))
    await clock.advance(0)
    await ask('ann3', 12, away.signal)
    await leave('ann1')
    expect([failures, entered, clock.pendingTimers]).toEqual([['ann2: gone', 'ann3: gone'], ['ann1'], 0])
  })
})
