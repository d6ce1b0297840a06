import { expect, test } from 'vitest'
import { FakeClock } from '../../../agents/base/fake-clock.ts'
import { hasSettled, isAsMade } from './settling.ts'

function waiting() {
  const clock = new FakeClock()
  const lab = { cores: [null, 0.1] as (number | null)[], whole: true }
  const ending = new AbortController()
  let settled: boolean | string = 'waits'
  void hasSettled({ busyCores: () => lab.cores, isWhole: () => lab.whole }, clock, ending.signal).then(is => { settled = is }, (error: unknown) => { settled = (error as Error).message })
  return { clock, lab, ending, get settled() { return settled } }
}

test('SG1 it has settled after ten quiet seconds in a row, and not while anything is busy or not whole', async () => {
  const its = waiting()
  await its.clock.advance(30_000)
  expect(its.settled).toBe('waits') // of one machine nothing is known
  its.lab.cores = [0.2, 0.1]
  await its.clock.advance(8_000)
  its.lab.cores = [0.9, 0.1]
  await its.clock.advance(2_000)
  its.lab.cores = [0.2, 0.1]
  its.lab.whole = false
  await its.clock.advance(20_000)
  expect(its.settled).toBe('waits')
  its.lab.whole = true
  await its.clock.advance(9_000)
  expect(its.settled).toBe('waits')
  await its.clock.advance(2_000)
  expect(its.settled).toBe(true)
})

test('SG2 what is asked of the lab ends the wait; SG4 a lab that never settles has none', async () => {
  const asked = waiting()
  asked.ending.abort(new Error('add node-3'))
  await asked.clock.advance(1_000)
  expect(asked.settled).toBe('add node-3')
  const busy = waiting()
  await busy.clock.advance(601_000)
  expect([busy.settled, busy.clock.pendingTimers]).toEqual([false, 0])
})

test('SG3 what the user has put into the cluster has no place in a golden checkpoint', async () => {
  const lists: Record<string, string[]> = { '/api/v1/namespaces': ['default', 'kube-system'], '/api/v1/namespaces/default/services': ['kubernetes'], '/api/v1/namespaces/default/configmaps': ['kube-root-ca.crt'] }
  const client = { get: (path: string) => Promise.resolve({ items: (lists[path] ?? []).map(name => ({ metadata: { name } })) }) }
  expect(await isAsMade(client as never)).toBe(true)
  for (const [path, name] of [['/api/v1/namespaces', 'mine'], ['/api/v1/namespaces/default/pods', 'web'], ['/apis/apps/v1/namespaces/default/deployments', 'web']] as const) {
    const before = lists[path]
    lists[path] = [...(before ?? []), name]
    expect(await isAsMade(client as never), path).toBe(false)
    lists[path] = before ?? []
  }
})
