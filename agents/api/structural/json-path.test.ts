import { describe, expect, it } from 'vitest'
import { compileJsonPath, JsonPathError } from './json-path.ts'

const object = {
  spec: { names: ['a', 'b', 'c'], labels: { 'x.y/z': 'dotted', plain: 1 }, containers: [{ name: 'one', image: 'i1', port: 80 }, { name: 'two', image: 'i2', port: 443 }] },
  status: { conditions: [{ type: 'Ready', status: 'True' }, { type: 'Old', status: 'False' }] },
}

describe('JSON paths', () => {
  it.each([
    ['.spec.names[0]', ['a']],
    ['.spec.names[-1]', ['c']],
    ['.spec.names[*]', ['a', 'b', 'c']],
    ['.spec.names[1:]', ['b', 'c']],
    ['.spec.names[0:3:2]', ['a', 'c']],
    ['.spec.names[0,2]', ['a', 'c']],
    [".spec.labels['x.y/z']", ['dotted']],
    ['.spec.labels.x\\.y/z', ['dotted']],
    ['.spec.containers[*].image', ['i1', 'i2']],
    ["$.status.conditions[?(@.type=='Ready')].status", ['True']],
    ['.status.conditions[?(@.type!="Ready")].type', ['Old']],
    ['.spec.containers[?(@.port>100)].name', ['two']],
    ['.spec.containers[?(@.missing)].name', []],
    ['..image', ['i1', 'i2']],
    ['.spec.none.deeper', []],
    ['.spec.names.no', []],
  ])('JP1 JP2 %s', (path, found) => {
    expect(compileJsonPath(path)(object)).toEqual(found)
  })

  it('refuses what does not end', () => {
    expect(() => compileJsonPath('.spec[0')).toThrow(JsonPathError)
    expect(() => compileJsonPath('.spec[x]')).toThrow(JsonPathError)
  })

  it('reads no prototypes', () => {
    expect(compileJsonPath('.constructor')(object)).toEqual([])
    expect(compileJsonPath('.__proto__.toString')(object)).toEqual([])
  })
})
