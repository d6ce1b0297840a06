/** Lists against a plain filter over plain objects: random selectors, pages with writes between them, and the table of resourceVersion. */
import { describe, expect, test } from 'vitest'
import { createRegistryScene } from '../../../../test/fakes/registry-scene.ts'
import type { RegistryScene } from '../../../../test/fakes/registry-scene.ts'
import type { Random } from '../../../base/random.ts'
import { pick, seededRandom } from '../../../base/random.ts'
import { encodeStored } from '../watch-cache/stored-form.ts'
import { renderContinueToken } from './list-options.ts'

interface Plain {
  readonly namespace: string
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly nodeName: string
  readonly phase: string
}

const labelKeys = ['app', 'e.com/tier', 'n']
const labelValues = ['', 'a', 'b', '3', '10', '2']

function randomObject(random: Random, namespace: string, name: string): Plain {
  const labels = Object.fromEntries(labelKeys.filter(() => random.next() < 0.6).map(key => [key, pick(random, labelValues)!]))
  return { namespace, name, labels, nodeName: pick(random, ['', 'n1', 'n2'])!, phase: pick(random, ['Pending', 'Running'])! }
}

async function put(scene: RegistryScene, { namespace, name, labels, nodeName, phase }: Plain): Promise<void> {
  const key = `/registry/pods/${namespace}/${name}`
  const { value } = await scene.storage.get(key)
  await scene.storage.put(key, encodeStored({ kind: 'Pod', apiVersion: 'v1', metadata: { name, namespace, labels }, spec: { nodeName }, status: { phase } }), value?.revision ?? 0)
}

/** A requirement as text and as what it means. */
interface Requirement {
  readonly text: string
  holds(object: Plain): boolean
}

function labelRequirement(random: Random): Requirement {
  const key = pick(random, labelKeys)!
  const value = pick(random, labelValues)!
  const values = labelValues.filter(() => random.next() < 0.5)
  const of = (object: Plain) => (Object.hasOwn(object.labels, key) ? object.labels[key] : undefined)
  const whole = (text: string | undefined) => (text !== undefined && /^-?\d+$/.test(text) ? Number(text) : undefined)
  const bound = pick(random, [0, 3, 5])!
  return pick<Requirement>(random, [
    { text: `${key}=${value}`, holds: object => of(object) === value },
    { text: `${key} == ${value}`, holds: object => of(object) === value },
    { text: `${key}!=${value}`, holds: object => of(object) !== value },
    { text: `${key} in (${values.join(', ')})`, holds: object => of(object) !== undefined && (values.length === 0 ? [''] : values).includes(of(object)!) },
    { text: `${key} notin (${values.join(',')})`, holds: object => of(object) === undefined || !(values.length === 0 ? [''] : values).includes(of(object)!) },
    { text: key, holds: object => of(object) !== undefined },
    { text: `!${key}`, holds: object => of(object) === undefined },
    { text: `${key}>${bound}`, holds: object => (whole(of(object)) ?? -Infinity) > bound },
    { text: `${key}<${bound}`, holds: object => (whole(of(object)) ?? Infinity) < bound },
  ])!
}

function fieldRequirement(random: Random): Requirement {
  const [path, read] = pick(random, [
    ['metadata.name', (object: Plain) => object.name], ['metadata.namespace', (object: Plain) => object.namespace], ['spec.nodeName', (object: Plain) => object.nodeName], ['status.phase', (object: Plain) => object.phase],
  ] as const)!
  const value = pick(random, ['p1', 'p2', 'a', 'b', 'n1', '', 'Running'])!
  return random.next() < 0.7
    ? { text: `${path}${pick(random, ['=', '=='])!}${value}`, holds: object => read(object) === value }
    : { text: `${path}!=${value}`, holds: object => read(object) !== value }
}

function several(random: Random, make: (random: Random) => Requirement): Requirement[] {
  return Array.from({ length: Math.floor(random.next() * 3) }, () => make(random))
}

async function filledScene(random: Random): Promise<{ scene: RegistryScene; objects: Map<string, Plain> }> {
  const scene = await createRegistryScene()
  const objects = new Map<string, Plain>()
  for (const namespace of ['a', 'a-b', 'b']) {
    for (let index = 0; index < 15; index += 1) {
      const object = randomObject(random, namespace, `p${index}`)
      objects.set(`${namespace}/${object.name}`, object)
      await put(scene, object)
    }
  }
  await scene.settle()
  return { scene, objects }
}

const keysOf = (objects: Iterable<Plain>) => [...objects].map(({ namespace, name }) => `${namespace}/${name}`).sort()

describe('lists', () => {
  test('OS1 OS2 OS3 a thousand random selectors choose what a plain filter chooses', async () => {
    const random = seededRandom(21)
    const { scene, objects } = await filledScene(random)
    let chosen = 0
    for (let round = 0; round < 1_000; round += 1) {
      const namespace = pick(random, ['', 'a', 'a-b', 'b', 'none'])!
      const [labels, fields] = [several(random, labelRequirement), several(random, fieldRequirement)]
      const query = new URLSearchParams({ labelSelector: labels.map(({ text }) => text).join(','), fieldSelector: fields.map(({ text }) => text).join(','), resourceVersion: '0' })
      const page = await scene.list('pods', namespace, query.toString())
      const wanted = [...objects.values()].filter(object => (namespace === '' || object.namespace === namespace) && [...labels, ...fields].every(requirement => requirement.holds(object)))
      expect(page.items.map(item => item.key), query.toString()).toEqual(keysOf(wanted))
      chosen += wanted.length
    }
    expect(chosen).toBeGreaterThan(1_000)
    await scene[Symbol.asyncDispose]()
  })

  test('RD2 RD4 pages together are the list as it was at the first page, whatever is written meanwhile', async () => {
    const random = seededRandom(23)
    const { scene, objects } = await filledScene(random)
    for (let round = 0; round < 120; round += 1) {
      const namespace = pick(random, ['', 'a', 'a-b'])!
      const labels = round % 3 === 0 ? several(random, labelRequirement) : []
      const selector = labels.map(({ text }) => text).join(',')
      const wanted = keysOf([...objects.values()].filter(object => (namespace === '' || object.namespace === namespace) && labels.every(requirement => requirement.holds(object))))
      const limit = 1 + Math.floor(random.next() * 9)
      const seen: string[] = []
      const revisions = new Set<string>()
      let token: string | undefined
      do {
        const query = new URLSearchParams({ limit: String(limit), labelSelector: selector, ...(token === undefined ? {} : { continue: token }) })
        const page = await scene.list('pods', namespace, query.toString())
        seen.push(...page.items.map(item => item.key))
        revisions.add(page.meta.resourceVersion)
        expect(page.items.length).toBeLessThanOrEqual(limit)
        if (selector === '' && page.meta.continue !== undefined) expect(seen.length + page.meta.remainingItemCount!, 'what is left').toBe(wanted.length)
        else expect(page.meta.remainingItemCount).toBeUndefined()
        token = page.meta.continue
        if (random.next() < 0.5) {
          const object = randomObject(random, pick(random, ['a', 'a-b', 'b'])!, `p${Math.floor(random.next() * 20)}`)
          if (random.next() < 0.3 && objects.delete(`${object.namespace}/${object.name}`)) {
            const key = `/registry/pods/${object.namespace}/${object.name}`
            await scene.storage.remove(key, (await scene.storage.get(key)).value!.revision)
          } else {
            objects.set(`${object.namespace}/${object.name}`, object)
            await put(scene, object)
          }
        }
      } while (token !== undefined)
      expect(seen, `round ${round}`).toEqual(wanted)
      expect(revisions.size).toBe(1)
    }
    await scene[Symbol.asyncDispose]()
  })

  test('RD5 an expired page token is a 410 with another that goes on without consistency', async () => {
    const random = seededRandom(25)
    const { scene, objects } = await filledScene(random)
    const first = await scene.list('pods', '', 'limit=10')
    for (let count = 0; count < 5; count += 1) await put(scene, randomObject(random, 'b', `q${count}`))
    await scene.storage.compact(scene.cache.revision)
    const refused = await scene.list('pods', '', `limit=10&continue=${first.meta.continue!}`).catch((error: unknown) => error as { code: number; reason: string; continueToken: string })
    expect(refused).toMatchObject({ code: 410, reason: 'Expired' })
    const rest = await scene.list('pods', '', `continue=${(refused as { continueToken: string }).continueToken}`)
    expect([...first.items, ...rest.items]).toHaveLength(objects.size + 5)
    await scene[Symbol.asyncDispose]()
  })

  test('RD6 a page token cannot lead out of the namespace it is used in', async () => {
    const { scene } = await filledScene(seededRandom(27))
    const { revision } = scene.cache
    await put(scene, randomObject(seededRandom(1), 'b', 'later')) // so that the page is read from history
    await scene.settle()
    for (const start of ['a/p1', 'a/', 'b', '', 'a\0']) {
      for (const at of [revision, -1]) {
        const page = await scene.list('pods', 'b', `continue=${renderContinueToken({ revision: at, start })}`).catch(() => undefined)
        expect((page?.items ?? []).filter(item => !item.key.startsWith('b/'))).toEqual([])
      }
    }
    await scene[Symbol.asyncDispose]()
  })
})

describe('resourceVersion', () => {
  /** What a list answers: which revision, or which refusal. Now is the revision of the store. */
  test.each([
    ['', 'now'],
    ['resourceVersion=0', 'now'],
    ['resourceVersion=0&limit=2', 'now, all'],
    ['resourceVersion=0&resourceVersionMatch=NotOlderThan', 'now'],
    ['resourceVersion=OLD', 'now'],
    ['resourceVersion=OLD&limit=2', 'now'],
    ['resourceVersion=OLD&resourceVersionMatch=NotOlderThan', 'now'],
    ['resourceVersion=OLD&resourceVersionMatch=Exact', 'old'],
    ['resourceVersion=OLD&resourceVersionMatch=Exact&limit=2', 'old'],
    ['resourceVersion=COMPACTED&resourceVersionMatch=Exact', '410 Expired'],
    ['resourceVersion=FUTURE', '504 Timeout'],
    ['resourceVersion=FUTURE&resourceVersionMatch=NotOlderThan', '504 Timeout'],
    ['resourceVersion=FUTURE&resourceVersionMatch=Exact', '504 Timeout'],
    ['resourceVersionMatch=Exact', '422 Invalid'],
    ['resourceVersionMatch=NotOlderThan', '422 Invalid'],
    ['resourceVersion=0&resourceVersionMatch=Exact', '422 Invalid'],
    ['resourceVersion=OLD&resourceVersionMatch=Newest', '422 Invalid'],
    ['resourceVersion=OLD&resourceVersionMatch=Exact&continue=TOKEN', '422 Invalid'],
    ['resourceVersion=OLD&continue=TOKEN', '400 BadRequest'],
    ['resourceVersion=-1', '400 BadRequest'],
    ['resourceVersion=1e3', '400 BadRequest'],
    ['resourceVersion=99999999999999999999', '400 BadRequest'],
    ['continue=TOKEN', 'old'],
    ['continue=%2e%2e', '400 BadRequest'],
  ])('a list with %s gives %s', async (query, outcome) => {
    const { scene } = await filledScene(seededRandom(29))
    const compacted = scene.cache.revision - 20
    const old = scene.cache.revision
    const token = renderContinueToken({ revision: old, start: 'a/p1\0' })
    await scene.storage.compact(compacted + 5)
    await put(scene, randomObject(seededRandom(1), 'b', 'later'))
    await scene.settle()
    const asked = query.replace('OLD', String(old)).replace('COMPACTED', String(compacted)).replace('FUTURE', String(old + 1_000)).replace('TOKEN', token)
    const answer = scene.list('pods', '', asked).then(page => ({ revision: page.meta.resourceVersion, count: page.items.length }), (error: unknown) => error as { code: number; reason: string; details?: { retryAfterSeconds: number; causes: object[] } })
    await scene.clock.advance(20_000)
    const got = await answer
    if ('code' in got) {
      expect(`${got.code} ${got.reason}`).toBe(outcome)
      if (got.code === 504) expect(got.details).toEqual({ causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }], retryAfterSeconds: 1 })
    } else {
      expect(got.revision).toBe(String(outcome.startsWith('now') ? old + 1 : outcome === 'old' ? old : outcome))
      if (query.includes('limit')) expect(got.count).toBe(outcome.endsWith('all') ? 46 : 2)
    }
    await scene[Symbol.asyncDispose]()
  })
})
