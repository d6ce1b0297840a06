import { describe, expect, test } from 'vitest'
import { readRequestInfo } from './request-info.ts'

const read = (method: string, url: string) => {
  const [path = '', query = ''] = url.split('?')
  const { isResourceRequest, verb, group, version, namespace, resource, subresource, name } = readRequestInfo(method, path, new URLSearchParams(query))
  return isResourceRequest ? [verb, group, version, namespace, resource, subresource, name].join('|') : `path ${verb}`
}

describe('request info', () => {
  test.each([
    ['GET', '/api/v1/pods', 'list||v1||pods||'],
    ['GET', '/api/v1/namespaces/a/pods/p/log', 'get||v1|a|pods|log|p'],
    ['POST', '/apis/apps/v1/namespaces/a/deployments', 'create|apps|v1|a|deployments||'],
    ['PUT', '/apis/apps/v1/namespaces/a/deployments/d/status', 'update|apps|v1|a|deployments|status|d'],
    ['DELETE', '/api/v1/namespaces/a/pods', 'deletecollection||v1|a|pods||'],
    ['DELETE', '/api/v1/namespaces/a/pods/p', 'delete||v1|a|pods||p'],
    ['GET', '/api/v1/nodes/n', 'get||v1||nodes||n'],
  ])('RI1 %s %s', (method, url, expected) => {
    expect(read(method, url)).toBe(expected)
  })

  test.each([
    ['GET', '/api/v1/namespaces/a', 'get||v1|a|namespaces||a'],
    ['PUT', '/api/v1/namespaces/a/finalize', 'update||v1|a|namespaces|finalize|a'],
    ['GET', '/api/v1/namespaces', 'list||v1||namespaces||'],
  ])('RI2 a namespace is an object when nothing is asked of its inside: %s %s', (method, url, expected) => {
    expect(read(method, url)).toBe(expected)
  })

  test.each([
    ['/api/v1/pods?watch=true', 'watch||v1||pods||'],
    ['/api/v1/watch/namespaces/a/pods', 'watch||v1|a|pods||'],
  ])('RI3 %s', (url, expected) => {
    expect(read('GET', url)).toBe(expected)
  })

  test('RI4 a list by name is about that name', () => {
    expect(read('GET', '/api/v1/nodes?fieldSelector=metadata.name%3Dn1')).toBe('list||v1||nodes||n1')
    expect(read('GET', '/api/v1/nodes?fieldSelector=metadata.name!%3Dn1')).toBe('list||v1||nodes||')
  })

  test.each(['/healthz', '/api', '/api/v1', '/apis/apps', '/apis/apps/v1', '/openapi/v3/apis/apps/v1'])('RI1 %s is a path', url => {
    expect(read('GET', url)).toBe('path get')
  })
})
