/** Compares what we publish with the client that is generated from upstream's document of the same version. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { resourceRows } from '../schema/definitions.ts'
import { openApiV3, servedGroupVersions } from './openapi-v3.ts'
import { versionWord } from './operations.ts'
import type { GroupVersion } from './schemas.ts'

const apis = join(import.meta.dirname, '../../../node_modules/@kubernetes/client-node/dist/gen/apis')

interface PublishedOperation {
  readonly operationId: string
  readonly parameters?: readonly { readonly name: string }[]
  readonly responses: Readonly<Record<string, { readonly content: Readonly<Record<string, { readonly schema: { readonly $ref?: string } }>> }>>
}

/** Method of the generated client -> names of its parameters, and what it answers. */
function upstreamOperations(served: GroupVersion): Map<string, string> {
  const text = readFileSync(join(apis, `${versionWord(served)}Api.d.ts`), 'utf8')
  const answers = new Map([...text.matchAll(/(\w+)WithHttpInfo\(response[^)]*\): Promise<HttpInfo<(\w+)>>/g)].map(([, method = '', type = '']) => [method, kindOfModel(type)]))
  const methods = new Map<string, string>()
  for (const [, comment = '', method = ''] of text.matchAll(/\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\n {4}(\w+)\([^)]*\): Promise<RequestContext>/g)) {
    const names = [...comment.matchAll(/@param _?(\w+)/g)].map(([, name = '']) => name.replace('path2', 'path')).filter(name => name !== 'body')
    methods.set(method, `${[...new Set(names)].sort().join(' ')} -> ${answers.get(method)}`)
  }
  return methods
}

/** "V1Pod" and "CoreV1Event" are Pod and Event. */
function kindOfModel(model: string): string {
  return model.replace(/^(?:[A-Z][a-z]+)?V[12](?=[A-Z])/, '')
}

function ourOperations(served: GroupVersion): Map<string, string> {
  const methods = new Map<string, string>()
  for (const item of Object.values(openApiV3(served, {}).paths)) {
    const shared = (item['parameters'] ?? []) as { readonly name: string }[]
    for (const [method, value] of Object.entries(item)) {
      if (method === 'parameters') continue
      const { operationId, parameters = [], responses } = value as PublishedOperation
      const answer = Object.values(responses['200']!.content)[0]!.schema.$ref?.split('.').at(-1) ?? 'string'
      const names = [...shared, ...parameters].map(({ name }) => name)
      methods.set(operationId.replace(versionWord(served), ''), `${[...new Set(names)].sort().join(' ')} -> ${answer}`)
    }
  }
  return methods
}

/** Only watches over an old path are left out of generated clients. */
const isOldWatch = ([method]: readonly [string, string]) => method.startsWith('watch')

test.each(servedGroupVersions(resourceRows).map(served => [`${served.group}/${served.version}`, served] as const))('OP2 operations of %s are named as upstream names them with its parameters and answers', (_, served) => {
  expect(existsSync(apis)).toBe(true)
  const ours = [...ourOperations(served)].filter(each => !isOldWatch(each)).sort(([a], [b]) => (a < b ? -1 : 1))
  const theirs = [...upstreamOperations(served)].sort(([a], [b]) => (a < b ? -1 : 1))
  expect(ours.length).toBeGreaterThan(0)
  expect(ours.map(([name, parameters]) => `${name}: ${parameters}`)).toEqual(theirs.map(([name, parameters]) => `${name}: ${parameters}`))
})
