/**
 * Every request that stands in the code of a controller is one that its service account may make by upstream's roles, also
 * where no test goes: rare paths ask with the same rights. What is asked for types or subresources that are only known when
 * it runs is looked at where controllers run, in test/faults.
 */
import { readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { controllerEntries } from '../../agents/control-plane/controller-manager/controller-list.ts'
import * as resources from '../../agents/api/resources.ts'
import type { ResourceType } from '../../agents/api/resources.ts'
import { type Asked, rightsOf } from '../fakes/service-account-rights.ts'

const room = join(import.meta.dirname, '../../agents/control-plane/controller-manager')
const types = resources as unknown as Readonly<Record<string, ResourceType | undefined>>

/** The text between the parenthesis that opens at `from` and the one that closes it. */
function argumentsAt(text: string, from: number): string {
  let depth = 0
  for (let at = from; at < text.length; at++) {
    if (text[at] === '(') depth++
    if (text[at] === ')' && --depth === 0) return text.slice(from + 1, at)
  }
  return text.slice(from + 1)
}

/** What a file asks of the server, and what it imports from this room. */
function readSource(file: string): { readonly asks: readonly Asked[]; readonly imports: readonly string[] } {
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
  return { asks, imports }
}

function asksOf(file: string, seen = new Set<string>()): readonly Asked[] {
  if (seen.has(file)) return []
  seen.add(file)
  const { asks, imports } = readSource(file)
  return [...asks, ...imports.flatMap(path => asksOf(path, seen))]
}

const listed = readFileSync(join(room, 'controller-list.ts'), 'utf8')

/** Files that the `create` of an entry names things from. */
function filesOf(name: string): readonly string[] {
  const line = listed.split('\n').find(each => each.includes(`name: '${name}'`))!
  const made = new Set([...line.slice(line.indexOf('create:')).matchAll(/\w+/g)].map(([word]) => word))
  return [...listed.matchAll(/^import \{([^}]*)\} from '(\.\/controllers[^']+)'/gm)].filter(match => match[1]!.split(',').some(word => made.has(word.trim()))).map(match => resolve(room, match[2]!))
}

describe('the roles of controllers allow what stands in their code', () => {
  test.each(controllerEntries.flatMap(({ name, serviceAccount }) => (serviceAccount === undefined ? [] : [{ name, serviceAccount }])))('$name, as $serviceAccount', ({ name, serviceAccount }) => {
    const files = filesOf(name)
    expect(files.length).toBeGreaterThan(0)
    const mayAsk = rightsOf(serviceAccount)
    const refused = files.flatMap(file => asksOf(file)).filter(asked => !mayAsk(asked))
    expect(refused.map(({ verb, group, resource, subresource }) => `${verb} ${[resource, subresource].filter(part => part !== '').join('/')} in ${group === '' ? 'core' : group}`)).toEqual([])
  })

  test('what a role does not allow is refused', () => {
    const mayAsk = rightsOf('pod-garbage-collector')
    expect(mayAsk({ verb: 'patch', group: '', resource: 'pods', subresource: 'status' })).toBe(true)
    expect(mayAsk({ verb: 'update', group: '', resource: 'pods', subresource: 'status' })).toBe(false)
  })
})
