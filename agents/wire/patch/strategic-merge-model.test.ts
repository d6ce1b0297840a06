/**
 * Random documents and patches against a second implementation that shares nothing with the first: its own table of merge
 * keys, lists as keyed groups, and the order of a merged list told by slots instead of by a merge of two sorted lists.
 */
import { describe, expect, test } from 'vitest'
import type { Random } from '../../base/random.ts'
import { pick, seededRandom } from '../../base/random.ts'
import { applyStrategicMergePatch } from './strategic-merge-patch.ts'

type Json = null | boolean | number | string | Json[] | { [key: string]: Json }
type Fields = { [key: string]: Json }

/** What a field of the tested part of a Deployment is. */
type Model =
  | { readonly is: 'atomic' }
  | { readonly is: 'map' }
  | { readonly is: 'struct'; readonly fields: Readonly<Record<string, Model>> }
  | { readonly is: 'scalars' }
  | { readonly is: 'list'; readonly key: string; readonly fields: Readonly<Record<string, Model>> }

const atomic: Model = { is: 'atomic' }
const map: Model = { is: 'map' }
const metadata: Model = { is: 'struct', fields: { labels: map, finalizers: { is: 'scalars' }, ownerReferences: { is: 'list', key: 'uid', fields: { kind: atomic } } } }
const container: Readonly<Record<string, Model>> = {
  image: atomic,
  args: atomic,
  env: { is: 'list', key: 'name', fields: { value: atomic } },
  ports: { is: 'list', key: 'containerPort', fields: { name: atomic } },
}
const deployment: Model = {
  is: 'struct',
  fields: {
    metadata,
    spec: {
      is: 'struct',
      fields: {
        replicas: atomic,
        strategy: { is: 'struct', fields: { type: atomic, rollingUpdate: { is: 'struct', fields: { maxSurge: atomic, maxUnavailable: atomic } } } },
        template: {
          is: 'struct',
          fields: {
            metadata,
            spec: {
              is: 'struct',
              fields: {
                nodeSelector: map,
                tolerations: atomic,
                containers: { is: 'list', key: 'name', fields: container },
                volumes: { is: 'list', key: 'name', fields: { emptyDir: { is: 'struct', fields: { medium: atomic } }, hostPath: { is: 'struct', fields: { path: atomic } } } },
              },
            },
          },
        },
      },
    },
  },
}

const isObject = (value: Json | undefined): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value)
const isDirective = (key: string) => key.startsWith('$')
const text = (value: Json | undefined) => JSON.stringify(value) ?? 'absent'

/** The reference: null means that the patch must be refused. */
function modelPatch(live: Fields, patch: Fields, model: Model): Fields | null {
  if (patch['$patch'] === 'replace') return bare(Object.fromEntries(Object.entries(patch).filter(([key]) => key !== '$patch'))) as Fields
  if (patch['$patch'] === 'delete') return {}
  const retained = patch['$retainKeys'] as string[] | undefined
  const plain = Object.keys(patch).filter(key => !isDirective(key))
  if (retained !== undefined && plain.some(key => patch[key] !== null && !retained.includes(key))) return null
  const result: Fields = {}
  for (const [key, value] of Object.entries(live)) if (retained === undefined || retained.includes(key)) result[key] = value
  for (const [key, value] of Object.entries(patch)) {
    if (!key.startsWith('$deleteFromPrimitiveList/')) continue
    const field = key.slice(25)
    // A list that is also patched is emptied of these values before or after it, as the keys stand.
    if (Object.keys(patch).indexOf(field) !== -1 && Object.keys(patch).indexOf(field) < Object.keys(patch).indexOf(key)) continue
    if (Array.isArray(result[field])) result[field] = (result[field] as Json[]).filter(item => !(value as Json[]).includes(item))
  }
  for (const key of plain) {
    const below: Model = model.is === 'struct' || model.is === 'list' ? (model.fields[key] ?? atomic) : atomic
    const merged = modelField(result[key], patch[key]!, below)
    if (merged === null) return null
    if (merged === undefined) delete result[key]
    else result[key] = merged
  }
  for (const [key, value] of Object.entries(patch)) {
    if (!key.startsWith('$setElementOrder/')) continue
    const field = key.slice(17)
    const below = (model.is === 'struct' || model.is === 'list') ? model.fields[field] : undefined
    if (below === undefined || (below.is !== 'list' && below.is !== 'scalars') || !Array.isArray(result[field])) continue
    const identity = idOf(below)
    const order = (value as Json[]).map(identity)
    const sent = (Array.isArray(patch[field]) ? (patch[field] as Json[]) : []).filter(item => !(isObject(item) && item['$patch'] !== undefined)).map(identity)
    if (sent.some((id, index) => index > 0 && order.indexOf(id) < Math.max(-1, ...sent.slice(0, index).map(each => order.indexOf(each))))) return null
    result[field] = inSlots(result[field] as Json[], order, liveOrder(live[field], result[field] as Json[], identity), identity)
  }
  return result
}

function modelField(live: Json | undefined, value: Json, model: Model): Json | undefined | null {
  if (value === null) return undefined
  if (isObject(value) && isObject(live)) return modelPatch(live, value, model)
  if (!Array.isArray(value)) return bare(value)
  if (model.is === 'scalars') {
    const old = Array.isArray(live) ? live : []
    const merged = [...new Set([...old, ...value])]
    return inSlots(merged, value.map(text), old.map(text), text)
  }
  if (model.is === 'list' && (Array.isArray(live) || live === undefined)) return modelList(live ?? [], value as Fields[], model)
  return bare(value)
}

function modelList(live: Json[], patch: Fields[], model: Model & { is: 'list' }): Json[] | null {
  const identity = idOf(model)
  const ordinary = patch.filter(item => item['$patch'] === undefined)
  if (patch.some(item => item['$patch'] === 'replace')) return bare(ordinary) as Json[]
  if (patch.some(item => item[model.key] === undefined)) return null
  const gone = new Set(patch.filter(item => item['$patch'] === 'delete').map(identity))
  const kept = live.filter(item => !gone.has(identity(item)))
  const merged = [...kept]
  for (const item of ordinary) {
    const at = merged.findIndex(each => identity(each) === identity(item))
    const next = modelPatch(at < 0 ? {} : (merged[at] as Fields), item, model)
    if (next === null) return null
    if (at < 0) merged.push(next)
    else merged[at] = next
  }
  return inSlots(merged, ordinary.map(identity), kept.map(identity), identity)
}

function idOf(model: Model): (item: Json) => string {
  return model.is === 'list' ? item => text((item as Fields)[model.key]) : text
}

/**
 * Listed elements stand in the given order. An element that only the server has stands before the first listed one that
 * the server had after it, or at the end.
 */
function inSlots(items: Json[], order: string[], before: string[], identity: (item: Json) => string): Json[] {
  const listed = order.filter((id, index) => order.indexOf(id) === index).flatMap(id => items.filter(item => identity(item) === id))
  const own = items.filter(item => !order.includes(identity(item))).map((item, index) => ({ item, index, at: before.indexOf(identity(item)) }))
  own.sort((a, b) => a.at - b.at || a.index - b.index)
  const slots: Json[][] = Array.from({ length: listed.length + 1 }, () => [])
  let from = 0
  for (const { item, at } of own) {
    const slot = at < 0 ? -1 : listed.findIndex((other, index) => index >= from && before.indexOf(identity(other)) > at)
    from = slot < 0 ? listed.length : slot
    slots[from]!.push(item)
  }
  return slots.flatMap((slot, index) => (index < listed.length ? [...slot, listed[index]!] : slot))
}

/** Deletions free places at the end of the live order, which new elements of the same patch then take. */
function liveOrder(live: Json | undefined, merged: Json[], identity: (item: Json) => string): string[] {
  const old = (Array.isArray(live) ? live : []).map(identity)
  if (merged.some(item => !isObject(item))) return old
  const now = merged.map(identity)
  const kept = old.filter(id => now.includes(id))
  return [...kept, ...now.filter(id => !old.includes(id)).slice(0, old.length - kept.length)]
}

/** What a part that was not there keeps of a patch. */
function bare(value: Json): Json {
  if (Array.isArray(value)) return value.filter(item => !(isObject(item) && item['$patch'] !== undefined)).map(bare)
  if (!isObject(value)) return value
  return Object.fromEntries(Object.entries(value).filter(([key, item]) => !isDirective(key) && item !== null).map(([key, item]) => [key, bare(item)]))
}

class Maker {
  readonly #random: Random
  constructor(random: Random) {
    this.#random = random
  }

  chance(probability: number): boolean {
    return this.#random.next() < probability
  }

  some<T>(items: readonly T[], probability = 0.5): T[] {
    return this.shuffled(items.filter(() => this.chance(probability)))
  }

  shuffled<T>(items: readonly T[]): T[] {
    return items.map(item => ({ item, at: this.#random.next() })).sort((a, b) => a.at - b.at).map(({ item }) => item)
  }

  scalar(): Json {
    return pick(this.#random, ['a', 'b', 'c', 1, 2, true])!
  }

  keys(model: Model & { is: 'list' }): Json[] {
    return model.key === 'containerPort' ? [80, 81, 82, 83] : ['p', 'q', 'r', 's', 't']
  }

  value(model: Model, depth = 0): Json {
    switch (model.is) {
      case 'atomic': return this.chance(0.2) ? this.some(['x', 'y', 'z']) : this.scalar()
      case 'map': return Object.fromEntries(this.some(['k1', 'k2', 'k3']).map(key => [key, this.scalar()]))
      case 'scalars': return this.some(['f1', 'f2', 'f3', 'f4'], 0.6)
      case 'struct': return Object.fromEntries(Object.entries(model.fields).filter(() => this.chance(0.7)).map(([key, field]) => [key, this.value(field, depth + 1)]))
      case 'list': {
        const elements = this.some(this.keys(model), 0.6).map(key => this.element(model, key))
        if (this.chance(0.1) && elements[0] !== undefined) elements.push({ ...elements[0], ...this.element(model, elements[0][model.key]!) }) // one key twice
        return elements
      }
    }
  }

  element(model: Model & { is: 'list' }, key: Json): Fields {
    return { [model.key]: key, ...Object.fromEntries(Object.entries(model.fields).filter(() => this.chance(0.4)).map(([name, field]) => [name, this.value(field, 5)])) }
  }

  patch(model: Model, live: Json | undefined): Json {
    if (this.chance(0.08)) return null
    switch (model.is) {
      case 'struct': return this.structPatch(model.fields, isObject(live) ? live : {})
      case 'map': {
        const patch = Object.fromEntries(this.some(['k1', 'k2', 'k3', 'k4']).map(key => [key, this.chance(0.3) ? null : this.scalar()])) as Fields
        if (this.chance(0.15)) patch['$patch'] = pick(this.#random, ['replace', 'delete', 'merge'])!
        return patch
      }
      case 'list': return this.listPatch(model, Array.isArray(live) ? (live as Fields[]) : [])
      default: return this.value(model)
    }
  }

  structPatch(fields: Readonly<Record<string, Model>>, live: Fields): Fields {
    const patch: Fields = {}
    for (const [name, field] of this.shuffled(Object.entries(fields))) {
      if (this.chance(0.45)) continue
      if (field.is === 'scalars' && this.chance(0.5)) patch[`$deleteFromPrimitiveList/${name}`] = this.some(['f1', 'f2', 'f3'])
      if (field.is !== 'scalars' || this.chance(0.7)) patch[name] = this.patch(field, live[name])
      if ((field.is === 'list' || field.is === 'scalars') && this.chance(0.5)) patch[`$setElementOrder/${name}`] = this.order(field, live[name], patch[name])
    }
    if (this.chance(0.05)) patch['$patch'] = pick(this.#random, ['replace', 'merge', 'delete'])!
    if (this.chance(0.12)) patch['$retainKeys'] = this.chance(0.9) ? Object.keys(fields).filter(name => Object.hasOwn(patch, name) || this.chance(0.3)) : this.some(Object.keys(fields))
    return patch
  }

  listPatch(model: Model & { is: 'list' }, live: readonly Fields[]): Json {
    const items: Fields[] = this.some(this.keys(model)).map(key => {
      if (this.chance(0.25)) return { [model.key]: key, $patch: 'delete' }
      return { [model.key]: key, ...this.structPatch(model.fields, live.find(item => item[model.key] === key) ?? {}) }
    })
    for (const item of items) if (item['$patch'] !== undefined && item['$patch'] !== 'delete') delete item['$patch']
    if (this.chance(0.08)) items.push({ $patch: 'replace' })
    if (this.chance(0.03)) items.push({ stray: 1 })
    return items
  }

  /** Mostly an order that the server accepts. */
  order(model: Model, live: Json | undefined, patch: Json | undefined): Json {
    const wrap = (key: Json): Json => (model.is === 'list' ? { [model.key]: key } : key)
    const keyOf = (item: Json): Json => (model.is === 'list' ? (item as Fields)[model.key]! : item)
    const sent = (Array.isArray(patch) ? patch : []).filter(item => !(isObject(item) && item['$patch'] !== undefined)).map(keyOf).filter(key => key !== undefined)
    const others = (Array.isArray(live) ? live : []).map(keyOf).filter(key => !sent.includes(key))
    if (this.chance(0.1)) return this.shuffled([...sent, ...others]).map(wrap)
    const order = [...sent]
    for (const key of others) if (this.chance(0.8)) order.splice(Math.floor(this.#random.next() * (order.length + 1)), 0, key)
    return [...new Set(order)].map(wrap)
  }
}

describe('random patches', () => {
  test('SM1 SM2 SM3 SM4 SM5 SM6 two thousand patches give what the reference gives, and touch neither side', () => {
    let refused = 0
    let changed = 0
    for (let seed = 1; seed <= 2_000; seed += 1) {
      const maker = new Maker(seededRandom(seed))
      const live = maker.value(deployment) as Fields
      const patch = maker.structPatch((deployment as { fields: Record<string, Model> }).fields, live)
      const before = [text(live), text(patch)]
      const expected = modelPatch(structuredClone(live), structuredClone(patch), deployment)
      const what = `seed ${seed}\n${before.join('\n')}`
      if (expected === null) {
        refused += 1
        expect(() => applyStrategicMergePatch(live, patch, 'io.k8s.api.apps.v1.Deployment'), what).toThrow()
      } else {
        if (text(expected) !== before[0]) changed += 1
        expect(applyStrategicMergePatch(live, patch, 'io.k8s.api.apps.v1.Deployment'), what).toEqual(expected)
      }
      expect([text(live), text(patch)], what).toEqual(before)
    }
    expect(refused).toBeGreaterThan(50)
    expect(changed).toBeGreaterThan(1_000)
  })

  test('an empty patch changes nothing, and a plain patch has the same effect twice', () => {
    for (let seed = 1; seed <= 500; seed += 1) {
      const maker = new Maker(seededRandom(seed))
      const live = maker.value(deployment) as Fields
      expect(applyStrategicMergePatch(live, {}, 'io.k8s.api.apps.v1.Deployment')).toEqual(live)
      const patch = { metadata: { labels: maker.value(map), finalizers: maker.value({ is: 'scalars' }) } }
      const once = applyStrategicMergePatch(live, patch, 'io.k8s.api.apps.v1.Deployment')
      expect(applyStrategicMergePatch(once, patch, 'io.k8s.api.apps.v1.Deployment')).toEqual(once)
    }
  })
})

describe('large lists', () => {
  test('SM7 a hundred thousand elements are merged in time that grows with their number', () => {
    const names = (prefix: string, count: number) => Array.from({ length: count }, (_, index) => `${prefix}${index}`)
    const live = { metadata: { finalizers: names('a', 50_000) }, spec: { template: { spec: { containers: names('c', 20_000).map(name => ({ name, image: 'i' })) } } } }
    const patch = {
      metadata: { finalizers: names('b', 50_000).reverse(), '$deleteFromPrimitiveList/finalizers': names('a', 20_000) },
      spec: { template: { spec: { containers: names('c', 20_000).reverse().map(name => ({ name, image: 'j' })), '$setElementOrder/containers': names('c', 20_000).reverse().map(name => ({ name })) } } },
    }
    const started = process.cpuUsage()
    const result = applyStrategicMergePatch(live, patch, 'io.k8s.api.apps.v1.Deployment') as typeof live
    const { user, system } = process.cpuUsage(started)
    expect(result.metadata.finalizers).toHaveLength(80_000)
    expect(result.spec.template.spec.containers[0]).toEqual({ name: 'c19999', image: 'j' })
    expect((user + system) / 1000).toBeLessThan(1_500)
  })
})
