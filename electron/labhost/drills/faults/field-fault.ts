/** What faults of one field of an object share: its value is remembered, changed, and put back where it still is what we made it. */
import { isDeepStrictEqual } from 'node:util'
import type { FaultValues } from '../../../contract/faults.ts'
import { fieldOf } from '../claims.ts'
import type { Fault, TargetOf, WrittenKind } from '../fault.ts'
import { unlessGone } from '../unless-gone.ts'

export interface FieldFault {
  readonly kind: Pick<WrittenKind, 'name' | 'title' | 'group' | 'parameters' | 'effect' | 'evidence'> & { readonly resource: string }
  /** In words, for claims. */
  readonly field: string
  path(target: TargetOf<'object'>): string
  read(object: never): unknown
  /** A merge patch that makes it this value; null where the object has none. */
  patch(value: unknown, before: unknown): unknown
  wrong(before: unknown, parameters: FaultValues): unknown
}

export function fieldFault({ kind, field, path, read, patch, wrong }: FieldFault): Fault<'object'> {
  return {
    kind: { ...kind, target: 'object', lasts: true, providers: null, healing: 'The value that was there before is put back; an object that is gone stays gone, and what somebody else has changed meanwhile is left as it is.' },
    claims: target => [fieldOf(kind.resource, target, field)],
    prepare: async (world, target) => ({ before: read((await world.api.get(path(target))) as never) ?? null }),
    async inject(world, { target, parameters, memory }) {
      const { before } = memory as { readonly before: unknown }
      await world.api.merge(path(target), patch(wrong(before, parameters), before))
    },
    async heal(world, { target, parameters, memory }) {
      if (memory === null) return
      const { before } = memory as { readonly before: unknown }
      const now = await unlessGone(world.api.get(path(target)))
      const ours = wrong(before, parameters)
      if (now !== undefined && isDeepStrictEqual(read(now as never) ?? null, ours)) await world.api.merge(path(target), patch(before, ours))
    },
  }
}
