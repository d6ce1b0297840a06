import { describe, expect, it } from 'vitest'
import type { Endpoint, EndpointSlice } from '../../../api/groups/discovery-v1/types.ts'
import { planSlices } from './plan-slices.ts'

const endpoint = (name: string): Endpoint => ({ addresses: [name], conditions: { ready: true }, targetRef: { kind: 'Pod', name, uid: name } }) as Endpoint
const many = (prefix: string, count: number) => Array.from({ length: count }, (_, index) => endpoint(`${prefix}${index}`))
const sliceOf = (name: string, endpoints: Endpoint[]) => ({ metadata: { name }, addressType: 'IPv4', endpoints, ports: [] }) as unknown as EndpointSlice

/** Which slices are written, and how many endpoints each has then. */
function plan(current: readonly EndpointSlice[], wanted: readonly Endpoint[]) {
  const { create, update } = planSlices(current, [{ ports: [], endpoints: [...wanted] }], slice => slice)
  return { made: create.map(({ endpoints }) => endpoints.length), written: update.map(({ metadata, endpoints = [] }) => `${metadata.name} ${endpoints?.length}`).sort() }
}

describe('endpoint slices', () => {
  const [a, b, c] = [many('a', 60), many('b', 90), many('c', 97)]
  const current = [sliceOf('a', a), sliceOf('b', b), sliceOf('c', c)]

  it('ES3: new endpoints fill what is written anyway, and a rest goes into the fullest slice that has room for all of it', () => {
    expect(plan(current, [...a, ...b.slice(1), ...c, ...many('new', 15)])).toEqual({ made: [], written: ['a 64', 'b 100'] })
  })

  it('ES3: without room for all of the rest a new slice is made', () => {
    expect(plan(current, [...a, ...b, ...c, ...many('new', 45)])).toEqual({ made: [45], written: [] })
    expect(plan(current, [...a, ...b, ...c, ...many('new', 110)])).toEqual({ made: [100], written: ['b 100'] })
  })
})
