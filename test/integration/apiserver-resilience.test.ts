/** What holds when the store or the API server is killed under load: no acknowledged write is lost, no watch has a gap. */
import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { startControlPlane } from './control-plane.ts'
import { rawApi } from './raw-api.ts'

test('the store is killed twice under load', async () => {
  await using plane = await startControlPlane()
  const api = rawApi(plane)
  const path = '/api/v1/namespaces/default/configmaps'
  const start = await api.call('GET', path)
  const watch = await api.watch(`${path}?watch=true&resourceVersion=${start.json.metadata.resourceVersion as string}`)
  const acknowledged: string[] = []
  const refusals = new Set<string>()
  let refused = 0
  const until = async (what: string, holds: () => boolean): Promise<void> => {
    for (const deadline = Date.now() + 60_000; !holds(); await pause(20)) if (Date.now() > deadline) throw new Error(`waited in vain: ${what}`)
  }
  let isOver = false
  let count = 0
  const writer = async () => {
    while (!isOver) {
      const name = `c${count++}`
      const answer = await api.call('POST', path, { metadata: { name } })
      if (answer.status === 201) acknowledged.push(name)
      else {
        refused++
        refusals.add(answer.json.reason as string)
        await pause(50)
      }
    }
  }
  const writers = Array.from({ length: 8 }, writer)
  for (let kill = 0; kill < 2; kill++) {
    const [acknowledgedBefore, refusedBefore] = [acknowledged.length, refused]
    await until('the load runs', () => acknowledged.length > acknowledgedBefore + 20)
    await plane.killStore()
    await until('a write is refused', () => refused > refusedBefore)
    plane.startStore()
  }
  const before = acknowledged.length
  await until('writes are acknowledged again', () => acknowledged.length >= before + 20)
  isOver = true
  await Promise.all(writers)
  const stored = (await api.call('GET', path)).json.items.map((item: { metadata: { name: string } }) => item.metadata.name) as string[]
  expect(acknowledged.filter(name => !stored.includes(name))).toEqual([])
  expect(acknowledged.length).toBeGreaterThan(before + 10)
  expect([...refusals]).toEqual(['ServerTimeout'])
  await watch.until(events => events.length >= stored.length)
  expect(watch.events.map(event => `${event.type} ${event.object.metadata.name as string}`).sort()).toEqual(stored.map(name => `ADDED ${name}`).sort())
  watch.stop()
})
