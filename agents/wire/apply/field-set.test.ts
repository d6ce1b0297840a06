import { describe, expect, it } from 'vitest'
import { FieldSet, ours, readFieldsV1, renderFieldsV1 } from './field-set.ts'

const stored = {
  'f:metadata': { 'f:labels': { '.': {}, 'f:app': {}, 'f:tier': {} } },
  'f:spec': { 'f:containers': { 'k:{"name":"a"}': { '.': {}, 'f:image': {}, 'f:ports': { '.': {}, 'k:{"containerPort":80,"protocol":"TCP"}': { '.': {}, 'f:containerPort': {} } } } }, 'f:finalizers': { '.': {}, 'v:"x"': {} } },
}
const all = (set: FieldSet): string[] => [...set.paths()].map(path => path.join(' '))

describe('field sets', () => {
  it('FS1 what was not changed is rendered as it was read', () => {
    const set = ours(stored)
    expect(renderFieldsV1(set)).toBe(stored)
    const more = renderFieldsV1(set.union(FieldSet.of(['f:metadata', 'f:labels', 'f:new'])))
    expect(more['f:spec']).toBe(stored['f:spec'])
    expect(more['f:metadata']).toEqual({ 'f:labels': { '.': {}, 'f:app': {}, 'f:new': {}, 'f:tier': {} } })
    expect(Object.keys((more as typeof stored)['f:metadata']['f:labels'])).toEqual(['.', 'f:app', 'f:new', 'f:tier'])
  })

  it('FS1 what was changed is not', () => {
    const set = ours(stored)
    set.insert(['f:metadata', 'f:labels', 'f:zone'])
    expect(renderFieldsV1(set)).toEqual({ ...stored, 'f:metadata': { 'f:labels': { '.': {}, 'f:app': {}, 'f:tier': {}, 'f:zone': {} } } })
    expect(stored['f:metadata']['f:labels']).not.toHaveProperty('f:zone')
  })

  it('FS1 nor what is held in another way than it was', () => {
    const labels = ours(stored).children.get('f:metadata')!.children.get('f:labels')!
    const set = new FieldSet()
    set.children.set('f:labels', labels) // below it everything, but not itself
    expect(renderFieldsV1(set)).toEqual({ 'f:labels': { 'f:app': {}, 'f:tier': {} } })
  })

  it('FS2 read when somebody looks or at once, it is the same', () => {
    const [late, early] = [ours(stored), readFieldsV1(stored)!]
    expect(all(late)).toEqual(all(early))
    expect(renderFieldsV1(early)).toEqual(stored)
    for (const path of early.paths()) expect(ours(stored).has(path), path.join(' ')).toBe(true)
    const some = FieldSet.of(['f:spec', 'f:finalizers', 'v:"x"'], ['f:metadata', 'f:labels'])
    for (const set of [late, early]) {
      expect(renderFieldsV1(set.difference(some))).toEqual(renderFieldsV1(readFieldsV1(stored)!.difference(some)))
      expect(all(set.intersection(some))).toEqual(['f:metadata f:labels', 'f:spec f:finalizers v:"x"'])
      expect(set.equals(readFieldsV1(stored)!)).toBe(true)
    }
    expect(ours({}).isEmpty).toBe(true)
  })
})
