/** Servers over one store in memory, each following the definitions by itself. */
import { describe, expect, it } from 'vitest'
import { FakeClock } from '../../../base/fake-clock.ts'
import { silentLog } from '../../../base/log.ts'
import { seededRandom } from '../../../base/random.ts'
import { serverItself } from '../access/user-info.ts'
import { createAdmissionChain } from '../admission/admission.ts'
import type { KubeObject } from '../registry/kube-object.ts'
import { ObjectWriter } from '../registry/object-writer.ts'
import { Reads } from '../registry/reads.ts'
import { ResourceTable } from '../registry/resource-table.ts'
import type { WriteContext } from '../registry/write-context.ts'
import { MemoryStorage } from '../storage/memory-storage.ts'
import type { RangeOptions, RangePage } from '../storage/storage.ts'
import { decodeServed } from '../watch-cache/stored-form.ts'
import { WatchCache } from '../watch-cache/watch-cache.ts'
import { noConversionMetrics } from './conversion-metrics.ts'
import { CustomResources } from './custom-resources.ts'
import { definitionsResource } from './definition.ts'
import { DefinitionController, definitionHooks } from './definition-controller.ts'

/** Reading everything can be made to wait. */
class SlowStorage extends MemoryStorage {
  gate: Promise<void> | undefined

  override async range(prefix: string, options: RangeOptions = {}): Promise<RangePage> {
    const page = await super.range(prefix, options)
    await this.gate
    return page
  }
}

const ended = new AbortController()

async function startServer(storage: SlowStorage, clock: FakeClock) {
  const cache = new WatchCache({ storage, clock, log: silentLog })
  const table = new ResourceTable(cache, storage)
  const writer = new ObjectWriter({ storage, clock, random: seededRandom(3), admission: createAdmissionChain([]), hooks: resource => (resource.resource === definitionsResource.resource ? definitionHooks : undefined) })
  const webhooks = { clientFor: () => { throw new Error('there is no webhook') } }
  const resources = new CustomResources({ cache, table, webhooks, metrics: noConversionMetrics, clock, log: silentLog, signal: ended.signal })
  const controller = new DefinitionController({ resources, table, writer, clock, log: silentLog, signal: ended.signal })
  await cache.start(ended.signal)
  await resources.caughtUp()
  controller.start()
  return { cache, table, writer, resources, reads: new Reads(cache, storage) }
}

const context: WriteContext = { user: serverItself, dryRun: false, manager: 'test', signal: ended.signal, warn() {}, mark() {} }

function definition(properties: object): KubeObject {
  return {
    apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', metadata: { name: 'foos.example.com' },
    spec: { group: 'example.com', scope: 'Namespaced', names: { plural: 'foos', kind: 'Foo' }, versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', properties } } } } }] },
  }
}

/** Until what is under way without the clock has ended: modules loaded on the way need real time. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 60; turn += 1) await new Promise(resolve => { setImmediate(resolve) })
}

const foos = { group: 'example.com', resource: 'foos' }

describe('custom resources', () => {
  it('CR1 every server serves what was written to one of them', async () => {
    const clock = new FakeClock()
    const storage = new SlowStorage(clock)
    const one = await startServer(storage, clock)
    const two = await startServer(storage, clock)
    await one.writer.create(one.table.stored(definitionsResource)!, '', definition({ a: { type: 'string' } }), context)
    await settle()
    const found = two.table.find('example.com', 'v1', 'foos')!
    expect(found.row.kind).toBe('Foo')
    expect(two.resources.definition('foos.example.com')?.status.conditions?.map(({ type, status }) => [type, status])).toEqual([['NamesAccepted', 'True'], ['Established', 'True']])
    await two.writer.create(found, 'default', { apiVersion: 'example.com/v1', kind: 'Foo', metadata: { name: 'x' }, spec: { a: 'b' } }, context)
    await settle()
    expect(one.table.get(foos, 'default', 'x')?.['spec']).toEqual({ a: 'b' })
    const three = await startServer(storage, clock)
    expect(three.table.get(foos, 'default', 'x')?.['spec']).toEqual({ a: 'b' })
    expect(three.table.row('example.com', 'v1', 'foos')?.kind).toBe('Foo')
  })

  it('CR2 WC6 nothing that changes while a resource is read anew is lost', async () => {
    const clock = new FakeClock()
    const storage = new SlowStorage(clock)
    const { table, writer, resources } = await startServer(storage, clock)
    const definitions = table.stored(definitionsResource)!
    await writer.create(definitions, '', definition({ a: { type: 'string' } }), context)
    await settle()
    const before = table.find('example.com', 'v1', 'foos')!
    const make = (name: string) => writer.create(before, 'default', { apiVersion: 'example.com/v1', kind: 'Foo', metadata: { name }, spec: { a: name } }, context)
    for (const name of ['kept', 'changed', 'gone']) await make(name)
    await settle()
    let open = () => {}
    storage.gate = new Promise(resolve => { open = resolve })
    await writer.update({ resource: definitions, namespace: '', name: 'foos.example.com' }, object => ({ ...object!, spec: definition({ a: { type: 'string' }, b: { type: 'integer', default: 1 } })['spec'] }), context, { allowsUnconditional: true })
    await settle()
    expect(table.find('example.com', 'v1', 'foos')).toBe(before) // the old one answers meanwhile
    await make('new')
    await writer.update({ resource: before, namespace: 'default', name: 'changed' }, object => ({ ...object!, spec: { a: 'other' } }), context, { allowsUnconditional: true })
    await writer.delete({ resource: before, namespace: 'default', name: 'gone' }, {}, context)
    await settle()
    open()
    await settle()
    await resources.caughtUp()
    const after = table.find('example.com', 'v1', 'foos')!
    expect(after).not.toBe(before)
    expect(after.cache.list().map(({ bytes }) => decodeServed(bytes)['spec'])).toEqual([{ a: 'other', b: 1 }, { a: 'kept', b: 1 }, { a: 'new', b: 1 }])
  })

  it('DC2 CR4 a definition that is deleted takes its objects and its resources with it', async () => {
    const clock = new FakeClock()
    const storage = new SlowStorage(clock)
    const { table, writer } = await startServer(storage, clock)
    const definitions = table.stored(definitionsResource)!
    await writer.create(definitions, '', definition({}), context)
    await settle()
    await writer.create(table.find('example.com', 'v1', 'foos')!, 'default', { apiVersion: 'example.com/v1', kind: 'Foo', metadata: { name: 'x' } }, context)
    await settle()
    await writer.delete({ resource: definitions, namespace: '', name: 'foos.example.com' }, {}, context)
    await expect(writer.create(table.find('example.com', 'v1', 'foos')!, 'default', { apiVersion: 'example.com/v1', kind: 'Foo', metadata: { name: 'late' } }, context)).rejects.toThrow('create not allowed while custom resource definition is terminating')
    for (let turn = 0; turn < 400 && table.get(definitionsResource, '', 'foos.example.com') !== undefined; turn += 1) { // modules are loaded on the way, which takes as long as the disk does
      await settle()
      await clock.advance(250)
    }
    await settle()
    expect(table.find('example.com', 'v1', 'foos')).toBeUndefined()
    expect(table.stored(foos)).toBeUndefined()
    expect((await storage.range('/registry/example.com/')).values.map(({ key }) => key)).toEqual([])
    expect(table.get(definitionsResource, '', 'foos.example.com')).toBeUndefined()
  })
})
