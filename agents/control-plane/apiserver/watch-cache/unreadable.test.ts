import { expect, test } from 'vitest'
import { FakeClock } from '../../../base/fake-clock.ts'
import { MemoryLog } from '../../../base/log.ts'
import { MemoryStorage } from '../storage/memory-storage.ts'
import { encodeStored, storedForm } from './stored-form.ts'
import { WatchCache } from './watch-cache.ts'

const spec = (resource: string) => ({ prefix: `/registry/${resource}/`, form: storedForm('v1', 'Thing'), namespaced: true, fieldPaths: [], fieldsOf: () => [] })
const object = (name: string) => encodeStored({ kind: 'Thing', apiVersion: 'v1', metadata: { name, namespace: 'a' } })

async function setUp() {
  const clock = new FakeClock()
  const storage = new MemoryStorage(clock)
  const log = new MemoryLog()
  const cache = new WatchCache({ storage, clock, log })
  const [things, others] = [cache.resource(spec('things')), cache.resource(spec('others'))]
  return { clock, storage, log, cache, things, others, end: new AbortController() }
}

test('RC5 a value that is no object fails its key and its namespace, at the start and later, and nothing else', async () => {
  const { storage, cache, things, others, log, end } = await setUp()
  await storage.put('/registry/things/a/good', object('good'), 0)
  await storage.put('/registry/things/a/bad', Buffer.from('{not json'), 0)
  await storage.put('/registry/others/a/x', object('x'), 0)
  await cache.start(end.signal)
  expect(things.problemOf({ key: 'a/good' })).toBeUndefined()
  expect(things.get('a/good')).toBeDefined()
  expect(things.problemOf({ key: 'a/bad' })!.message).toContain('unable to decode')
  expect(things.problemOf({ namespace: 'a' })).toBeDefined()
  expect(things.problemOf({ namespace: '' })).toBeDefined()
  expect(things.problemOf({ namespace: 'b' })).toBeUndefined()
  expect(others.problemOf({ namespace: '' })).toBeUndefined()

  let expired = 0
  others.watchers.add({ offer() {}, expire() { expired += 1 } })
  const turned = await storage.put('/registry/others/a/x', Buffer.from('nonsense'), 3 + 1)
  expect(turned.ok).toBe(true)
  expect([expired, others.problemOf({ key: 'a/x' })?.message.includes('unable to decode')]).toEqual([1, true])
  expect(others.get('a/x')).toBeDefined() // the last state that could be read, for the server's own use
  expect(cache.decodeErrorsOf(others)).toBe(1)
  expect(log.lines.filter(entry => entry.message.startsWith('stored value cannot be read'))).toHaveLength(2)

  if (turned.ok) await storage.remove('/registry/others/a/x', turned.revision)
  expect([others.problemOf({ namespace: '' }), others.get('a/x')]).toEqual([undefined, undefined])
  end.abort()
})

test('WC8 what can be read again without a change in the store is told to those who follow', async () => {
  const { storage, cache, things, clock, end } = await setUp()
  const key = '/registry/things/a/x'
  await storage.put(key, object('x'), 0)
  await storage.compact(2) // so that it is read, not followed
  const { get, range } = { get: storage.get.bind(storage), range: storage.range.bind(storage) }
  const { ValueNotReadableError } = await import('../storage/storage.ts')
  let isClosed = true
  const problem = new ValueNotReadableError('closed')
  storage.range = async (prefix, options) => {
    const page = await range(prefix, options)
    return { ...page, values: page.values.map(value => (isClosed ? { ...value, problem } : value)) }
  }
  storage.get = async asked => {
    const { value, revision } = await get(asked)
    return { value: value === undefined || !isClosed ? value : { ...value, problem }, revision }
  }
  const told: string[] = []
  cache.onChange(things, (event, decoded) => { told.push(`${event.object.key} ${decoded().metadata.name!}`) })
  await cache.start(end.signal)
  expect(things.unreadable.size).toBe(1)
  await clock.advance(1_000)
  expect(things.unreadable.size).toBe(1)
  isClosed = false
  await clock.advance(10_000)
  expect([things.unreadable.size, things.get('a/x')?.revision, told]).toEqual([0, 2, ['a/x x']])
  end.abort()
})
