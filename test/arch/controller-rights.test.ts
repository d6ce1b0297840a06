/**
 * Every request that stands in the code of a controller (of both managers) is one that its service account may make by
 * upstream's roles, also where no test goes: rare paths ask with the same rights. What is asked for types or subresources
 * that are only known when it runs is looked at where controllers run, in test/faults. What is asked by a path that is put
 * together when it runs (client.raw) is told here, in `rawAsks`: a controller whose code can do so has to stand there.
 */
import { readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { controllerTable as cloudControllers } from '../../agents/control-plane/cloud-controller-manager/controller-list.ts'
import { controllerEntries } from '../../agents/control-plane/controller-manager/controller-list.ts'
import * as resources from '../../agents/api/resources.ts'
import type { ResourceType } from '../../agents/api/resources.ts'
import { type Asked, type AskedPath, rightsOf } from '../fakes/service-account-rights.ts'

const controlPlane = join(import.meta.dirname, '../../agents/control-plane')
const types = resources as unknown as Readonly<Record<string, ResourceType | undefined>>

const scaleOfAnything: Asked = { verb: 'get', group: 'stable.example.com', resource: 'crontabs', subresource: 'scale' }

/** What controllers ask by paths of their own making. */
const rawAsks: Readonly<Record<string, readonly (Asked | AskedPath)[]>> = {
  'horizontal-pod-autoscaler-controller': [
    scaleOfAnything,
    { ...scaleOfAnything, verb: 'update' },
    { verb: 'get', path: '/apis/custom.metrics.k8s.io' },
    { verb: 'get', group: 'custom.metrics.k8s.io', resource: 'pods', subresource: 'requests-per-second' },
    { verb: 'get', group: 'external.metrics.k8s.io', resource: 'queue-length', subresource: '' },
  ],
  'disruption-controller': [scaleOfAnything],
  'validatingadmissionpolicy-status-controller': [{ verb: 'get', path: '/openapi/v3/apis/stable.example.com/v1' }],
}

/** The text between the parenthesis that opens at `from` and the one that closes it. */
function argumentsAt(text: string, from: number): string {
  let depth = 0
  for (let at = from; at < text.length; at++) {
    if (text[at] === '(') depth++
    if (text[at] === ')' && --depth === 0) return text.slice(from + 1, at)
  }
  return text.slice(from + 1)
}

interface Source {
  readonly asks: readonly Asked[]
  /** It makes paths of its own. */
  readonly isRaw: boolean
}

/** What a file asks of the server, and what it imports from its room. */
function readSource(file: string, room: string): Source & { readonly imports: readonly string[] } {
  const text = readFileSync(file, 'utf8')
  const asks = [...text.matchAll(/client\.(create|update|patch|deleteCollection|delete|get|list|createSubresource)\(/g)].flatMap(({ 1: call, index, 0: whole }): Asked[] => {
    const given = argumentsAt(text, index + whole.length - 1)
    const type = types[/^\w+/.exec(given)?.[0] ?? '']
    const subresource = call === 'createSubresource' ? /,\s*'(\w+)'/.exec(given)?.[1] : /subresource: '(\w+)'/.exec(given)?.[1]
    const verb = call === 'createSubresource' ? 'create' : call!.toLowerCase()
    return type === undefined || /[{,] subresource [,}]/.test(given) ? [] : [{ verb, group: type.group, resource: type.resource, subresource: subresource ?? '' }]
  })
  if (/\bevents\.event\(/.test(text)) asks.push(...['create', 'patch'].map(verb => ({ verb, group: '', resource: 'events', subresource: '' })))
  const imports = [...text.matchAll(/^import (?!type).*? from '(\.[^']+)'/gm)].map(match => resolve(dirname(file), match[1]!)).filter(path => path.startsWith(room))
  return { asks, isRaw: /client\.raw\(/.test(text), imports }
}

/** The file and all that it reaches. */
function sourcesOf(file: string, room: string, seen = new Set<string>()): readonly Source[] {
  if (seen.has(file)) return []
  seen.add(file)
  const source = readSource(file, room)
  return [source, ...source.imports.flatMap(path => sourcesOf(path, room, seen))]
}

/** Files that the `create` of an entry names things from. */
function filesOf(name: string, room: string): readonly string[] {
  const listed = readFileSync(join(room, 'controller-list.ts'), 'utf8')
  const line = listed.split('\n').find(each => each.includes(`name: '${name}'`))!
  const made = new Set([...line.slice(line.indexOf('create:')).matchAll(/\w+/g)].map(([word]) => word))
  return [...listed.matchAll(/^import \{([^}]*)\} from '(\.\/controllers[^']+)'/gm)].filter(match => match[1]!.split(',').some(word => made.has(word.trim()))).map(match => resolve(room, match[2]!))
}

const controllers = [...controllerEntries.map(entry => ({ ...entry, manager: 'controller-manager' })), ...cloudControllers.entries.map(entry => ({ ...entry, manager: 'cloud-controller-manager' }))]
  .flatMap(({ name, serviceAccount, manager }) => (serviceAccount === undefined ? [] : [{ name, serviceAccount, manager }]))

const asText = (asked: Asked | AskedPath): string => ('path' in asked ? `${asked.verb} ${asked.path}` : `${asked.verb} ${[asked.resource, asked.subresource].filter(part => part !== '').join('/')} in ${asked.group === '' ? 'core' : asked.group}`)

describe('the roles of controllers allow what stands in their code', () => {
  test.each(controllers)('$name of $manager, as $serviceAccount', ({ name, serviceAccount, manager }) => {
    const room = join(controlPlane, manager)
    const files = filesOf(name, room)
    expect(files.length).toBeGreaterThan(0)
    const sources = files.flatMap(file => sourcesOf(file, room))
    const mayAsk = rightsOf(serviceAccount)
    const asks = [...sources.flatMap(source => source.asks), ...(rawAsks[name] ?? [])]
    expect(asks.filter(asked => !mayAsk(asked)).map(asText)).toEqual([])
    expect(sources.some(({ isRaw }) => isRaw), 'makes paths of its own').toBe(name in rawAsks)
  })

  test('what a role does not allow is refused', () => {
    const mayAsk = rightsOf('pod-garbage-collector')
    expect(mayAsk({ verb: 'patch', group: '', resource: 'pods', subresource: 'status' })).toBe(true)
    expect(mayAsk({ verb: 'update', group: '', resource: 'pods', subresource: 'status' })).toBe(false)
    expect(mayAsk({ verb: 'get', path: '/openapi/v3' })).toBe(true)
    expect(mayAsk({ verb: 'get', path: '/logs' })).toBe(false)
  })
})
