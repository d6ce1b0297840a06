/** Random JSON patches against the rfc6902 package, random merge patches against the recipe printed in RFC 7386. */
import { applyPatch as applyReference } from 'rfc6902'
import { describe, expect, test } from 'vitest'
import type { Random } from '../../base/random.ts'
import { pick, seededRandom } from '../../base/random.ts'
import { applyJsonPatch } from './json-patch.ts'
import { applyMergePatch } from './merge-patch.ts'
import { PatchError } from './patch-error.ts'

type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

const keys = ['a', 'b', 'c/d', 'e~f', '', '0', '-']

function value(random: Random, depth: number): Json {
  const roll = random.next()
  if (depth <= 0 || roll < 0.4) return pick(random, [null, true, 0, 1, -1.5, '', 'x', 'y'])!
  if (roll < 0.65) return Array.from({ length: Math.floor(random.next() * 4) }, () => value(random, depth - 1))
  return object(random, depth)
}

function object(random: Random, depth: number): { [key: string]: Json } {
  return Object.fromEntries(keys.filter(() => random.next() < 0.5).map(key => [key, value(random, depth - 1)]))
}

function escaped(token: string): string {
  return `/${token.replaceAll('~', '~0').replaceAll('/', '~1')}`
}

/** Mostly a place that exists, or that could be added. */
function path(random: Random, document: Json, isNew: boolean): string {
  let at: Json | undefined = document
  let text = ''
  for (let depth = 0; depth < 4 && typeof at === 'object' && at !== null; depth += 1) {
    if (text !== '' && random.next() < 0.25) return text
    const token: string = Array.isArray(at) ? pick(random, [...at.keys(), ...(isNew ? [at.length, '-'] : []), at.length + 1].map(String))! : pick(random, keys)!
    text += escaped(token)
    at = Array.isArray(at) ? at[Number(token)] : Object.hasOwn(at, token) ? at[token] : undefined
  }
  return text
}

function operation(random: Random, document: Json): Record<string, Json> {
  const op = pick(random, ['add', 'remove', 'replace', 'move', 'copy', 'test'])!
  const from = path(random, document, false)
  const at = path(random, document, op === 'add' || op === 'move' || op === 'copy')
  if (op === 'move' || op === 'copy') return { op, from, path: at }
  if (op === 'remove') return { op, path: at }
  const given = random.next() < 0.4 ? (readAt(document, at) ?? 'x') : value(random, 2)
  return { op, path: at, value: op === 'test' && given === null ? 'x' : given } // an absent value equals null, as upstream has it
}

function readAt(document: Json, pointer: string): Json | undefined {
  let at: Json | undefined = document
  for (const token of pointer.split('/').slice(1).map(each => each.replaceAll('~1', '/').replaceAll('~0', '~'))) {
    at = typeof at === 'object' && at !== null && Object.hasOwn(at, token) ? (at as { [key: string]: Json })[token] : undefined
  }
  return at
}

function isRefused(reference: object, patch: object): boolean {
  try {
    return applyReference(reference, structuredClone(patch) as never).some(error => error !== null)
  } catch {
    return true
  }
}

describe('random JSON patches', () => {
  test('JP1 JP3 four thousand patches end as the reference ends, and refuse what it refuses', () => {
    let refused = 0
    for (let seed = 1; seed <= 4_000; seed += 1) {
      const random = seededRandom(seed)
      const document = object(random, 4)
      const patch = Array.from({ length: 1 + Math.floor(random.next() * 3) }, () => operation(random, document))
      // A value moved into itself has nowhere to go; the reference makes a ring of it.
      const isRing = patch.some(({ op, from, path: to }) => op === 'move' && `${String(to)}/`.startsWith(`${String(from)}/`))
      if (isRing) continue
      const [before, reference] = [JSON.stringify(document), structuredClone(document)]
      const failed = isRefused(reference, patch)
      const what = `seed ${seed}\n${before}\n${JSON.stringify(patch)}`
      if (failed) refused += 1
      const run = () => applyJsonPatch(document, patch)
      if (failed) expect(run, what).toThrow(PatchError)
      else {
        try {
          expect(run(), what).toEqual(reference)
        } catch (error) {
          if (!(error instanceof PatchError && /invalid (array )?index/.test(error.message))) throw error // the package does not look at the bounds of a list
        }
      }
      expect(JSON.stringify(document), what).toBe(before)
    }
    expect(refused).toBeGreaterThan(500)
    expect(refused).toBeLessThan(3_500)
  })

  test('JP4 copies that double each other are stopped at 3 MiB', () => {
    const bomb = [{ op: 'add', path: '/a', value: ['0123456789'] }, ...Array.from({ length: 40 }, () => ({ op: 'copy', from: '/a', path: '/a/-' }))]
    expect(() => applyJsonPatch({}, bomb)).toThrow(/^Unable to complete the copy, the accumulated size increase of copy is \d+, exceeding the limit 3145728$/)
    expect(() => applyJsonPatch({}, [{ op: 'add', path: '/a', value: 'x'.repeat(100_000) }, ...Array.from({ length: 31 }, (_, index) => ({ op: 'copy', from: '/a', path: `/b${index}` }))])).not.toThrow()
  })

  test('a move into itself is refused', () => {
    expect(() => applyJsonPatch({ a: { b: 1 } }, [{ op: 'move', from: '/a', path: '/a/b' }])).toThrow(PatchError)
  })
})

describe('random merge patches', () => {
  /** RFC 7386, section 2. */
  function mergePatch(target: Json | undefined, patch: Json): Json {
    if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch
    const result: { [key: string]: Json } = typeof target === 'object' && target !== null && !Array.isArray(target) ? { ...target } : {}
    for (const [name, item] of Object.entries(patch)) {
      if (item === null) delete result[name]
      else result[name] = mergePatch(Object.hasOwn(result, name) ? result[name] : undefined, item)
    }
    return result
  }

  test('MP1 two thousand patches end as the recipe ends', () => {
    for (let seed = 1; seed <= 2_000; seed += 1) {
      const random = seededRandom(seed)
      const document = object(random, 4)
      const patch = object(random, 4)
      const before = JSON.stringify([document, patch])
      expect(applyMergePatch(document, patch), `seed ${seed}`).toEqual(mergePatch(document, patch))
      expect(JSON.stringify([document, patch])).toBe(before)
    }
  })
})
