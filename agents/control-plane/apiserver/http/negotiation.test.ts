import { describe, expect, test } from 'vitest'
import { anyForm, bodyType, negotiate, plainForm } from './negotiation.ts'

const table = 'application/json;as=Table;v=v1;g=meta.k8s.io'

describe('negotiation', () => {
  test.each([undefined, '', '*/*', 'application/*', 'application/json, */*', 'application/json;charset=utf-8'])('NG2 %s means JSON', accept => {
    expect(negotiate(accept, anyForm)).toEqual({ encoding: 'json' })
  })

  test('NG1 the first clause that can be served wins, by falling q', () => {
    expect(negotiate('application/vnd.kubernetes.protobuf,application/json', anyForm)?.encoding).toBe('protobuf')
    expect(negotiate('application/vnd.kubernetes.protobuf;q=0.1,application/json', anyForm)?.encoding).toBe('json')
    expect(negotiate('text/html,application/yaml', anyForm)?.encoding).toBe('yaml')
    expect(negotiate('text/html', anyForm)).toBeUndefined()
  })

  test('NG3 tables have no protobuf form and need an endpoint that makes them', () => {
    expect(negotiate(`${table},application/json`, anyForm)).toEqual({ encoding: 'json', transform: 'Table', transformVersion: 'v1' })
    expect(negotiate(`${table},application/json`, plainForm)).toEqual({ encoding: 'json' })
    expect(negotiate('application/vnd.kubernetes.protobuf;as=Table;v=v1;g=meta.k8s.io', anyForm)).toBeUndefined()
    expect(negotiate('application/vnd.kubernetes.protobuf;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io', anyForm)?.transform).toBe('PartialObjectMetadataList')
  })

  test('a body without a type is JSON, and parameters do not matter', () => {
    expect(bodyType(undefined)).toBe('application/json')
    expect(bodyType('Application/JSON; charset=UTF-8')).toBe('application/json')
  })
})
