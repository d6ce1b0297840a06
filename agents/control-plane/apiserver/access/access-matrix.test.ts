/**
 * Who may do what of everything that is served, decided by the authorizers over the roles every cluster has. The table is
 * a golden file to be reviewed; GOLDEN=write makes it anew.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { resourceRows } from '../../../api/schema/definitions.ts'
import { clusterRoles } from '../bootstrap/cluster-roles.ts'
import { wantedRbac } from '../bootstrap/ensure-objects.ts'
import type { KubeObject } from '../registry/kube-object.ts'
import { anyAuthorizer, mastersAuthorizer } from './authorizer.ts'
import type { Verdict } from './authorizer.ts'
import { NodeAuthorizer } from './node-authorizer.ts'
import { NodeGraph } from './node-graph.ts'
import { RbacAuthorizer } from './rbac-authorizer.ts'
import { asked, MemoryObjects, user } from './testing/fakes.ts'
import { anonymous } from './user-info.ts'

const letters: readonly (readonly [string, string])[] = [['get', 'g'], ['list', 'l'], ['watch', 'w'], ['create', 'c'], ['update', 'u'], ['patch', 'p'], ['delete', 'd'], ['deletecollection', 'D']]
const known = ['system:authenticated']
const identities = {
  anonymous,
  plain: user('jane', known),
  edit: user('eddie', known),
  admin: user('ada', known),
  account: user('system:serviceaccount:team:default', ['system:serviceaccounts', 'system:serviceaccounts:team', ...known]),
  node: user('system:node:n1', ['system:nodes', ...known]),
  scheduler: user('system:kube-scheduler', known),
  masters: user('root', ['system:masters', ...known]),
}
const paths = ['/', '/api', '/apis/apps', '/healthz', '/livez/ping', '/readyz', '/version', '/metrics', '/openapi/v2', '/openapi/v3/apis/apps/v1', '/.well-known/openid-configuration', '/openid/v1/jwks', '/debug/inspect', '/statusz', '/flagz', '/logs']

/** A pod of the team on node n1 that names one object of each kind, all called "thing". */
const pod: KubeObject = {
  kind: 'Pod', apiVersion: 'v1', metadata: { namespace: 'team', name: 'thing' },
  spec: { nodeName: 'n1', serviceAccountName: 'thing', resourceClaims: [{ name: 'c', resourceClaimName: 'thing' }], volumes: [{ name: 's', secret: { secretName: 'thing' } }, { name: 'c', configMap: { name: 'thing' } }, { name: 'p', persistentVolumeClaim: { claimName: 'thing' } }] },
}

function createAuthorizer() {
  const objects = new MemoryObjects()
  for (const { resource, namespace, object } of wantedRbac()) objects.put(resource, { ...object, kind: { clusterroles: 'ClusterRole', clusterrolebindings: 'ClusterRoleBinding', roles: 'Role', rolebindings: 'RoleBinding' }[resource]!, metadata: { ...object.metadata, ...(namespace === '' ? {} : { namespace }) } })
  for (const [role, subject] of [['edit', 'eddie'], ['admin', 'ada']] as const) objects.put('rolebindings', { kind: 'RoleBinding', metadata: { namespace: 'team', name: role }, roleRef: { kind: 'ClusterRole', name: role }, subjects: [{ kind: 'User', name: subject }] })
  const graph = new NodeGraph()
  graph.podChanged('team/thing', 'n1', () => pod, false)
  graph.volumeChanged({ kind: 'PersistentVolume', apiVersion: 'v1', metadata: { name: 'thing' }, spec: { claimRef: { namespace: 'team', name: 'thing' } } }, false)
  return anyAuthorizer([mastersAuthorizer, new NodeAuthorizer(graph, clusterRoles.find(role => role.name === 'system:node')!.rules), new RbacAuthorizer(objects)])
}

const authorizer = createAuthorizer()
const allows = (more: Parameters<typeof asked>[0]) => (authorizer.authorize(asked(more)) as Verdict).decision === 'allow'

function rightsOf(who: keyof typeof identities, of: { group: string; resource: string; subresource: string; namespaced: boolean }, namespace: string): string {
  return letters.map(([verb, letter]) => {
    const isOfMany = subresourceless(of) && ['list', 'watch', 'create', 'deletecollection'].includes(verb)
    const about = { group: of.group, resource: of.resource, subresource: of.subresource, namespace: of.namespaced ? namespace : '', name: isOfMany ? '' : 'thing' }
    return allows({ user: identities[who], verb, ...about }) ? letter : '.'
  }).join('')
}

function subresourceless({ subresource }: { subresource: string }): boolean {
  return subresource === ''
}

function* rows(): Iterable<{ group: string; resource: string; subresource: string; namespaced: boolean }> {
  for (const { group, resource, namespaced, subresources } of resourceRows) {
    yield { group, resource, subresource: '', namespaced }
    for (const { name } of subresources) yield { group, resource, subresource: name, namespaced }
  }
}

function table(): string {
  const names = Object.keys(identities) as (keyof typeof identities)[]
  const lines = [
    '# Rights on an object called "thing" (list, watch, create, deletecollection: on all), in namespace team and in another.',
    '# eddie holds edit and ada admin in team; node n1 runs a pod that names "thing" of each kind.',
    `# ${letters.map(([verb, letter]) => `${letter}=${verb}`).join(' ')}`, '',
    `${'resource'.padEnd(62)} ${names.map(name => name.padEnd(10)).join('')}`,
  ]
  const seen = new Set<string>()
  for (const row of rows()) {
    for (const namespace of row.namespaced ? ['team', 'other'] : ['']) {
      const title = `${row.group === '' ? 'core' : row.group}/${row.resource}${row.subresource === '' ? '' : `/${row.subresource}`}${namespace === '' ? '' : ` in ${namespace}`}`
      if (seen.has(title)) continue
      seen.add(title)
      lines.push(`${title.padEnd(62)} ${names.map(name => rightsOf(name, row, namespace).padEnd(10)).join('')}`.trimEnd())
    }
  }
  lines.push('')
  for (const path of paths) lines.push(`get ${path}`.padEnd(62) + ` ${names.map(name => (allows({ user: identities[name], isResourceRequest: false, path, verb: 'get' }) ? 'yes' : '.').padEnd(10)).join('')}`.trimEnd())
  return `${lines.join('\n')}\n`
}

test('S11 who may do what', () => {
  const file = new URL('access-matrix.golden.txt', import.meta.url)
  const text = table()
  if (process.env['GOLDEN'] === 'write') writeFileSync(file, text)
  expect(text).toBe(existsSync(file) ? readFileSync(file, 'utf8') : '')
})

test('S11 names that mean something elsewhere mean nothing here', () => {
  for (const namespace of ['..', '.', '', 'team/..', '*', 'team%2f', '__proto__', 'constructor']) expect(allows({ user: identities.edit, verb: 'get', resource: 'secrets', namespace, name: 'thing' })).toBe(false)
  for (const name of ['..', '../team/thing', 'thing/..', '*', '', '__proto__']) expect(allows({ user: identities.node, verb: 'get', resource: 'secrets', namespace: 'team', name })).toBe(false)
  for (const resource of ['secrets/..', '*', '', '../secrets', 'constructor', '__proto__']) expect(allows({ user: identities.edit, verb: 'get', resource, namespace: 'team', name: 'thing' })).toBe(false)
  for (const path of ['/healthz/../metrics', '/livez/..', '//metrics', '/version/x', '/api/../metrics']) expect(allows({ user: anonymous, isResourceRequest: false, path, verb: 'get' })).toBe(false)
  for (const name of ['system:node:', 'system:node:n1/..', 'system:node:__proto__', 'system:serviceaccount:team:..', 'system:masters']) expect(allows({ user: user(name, ['system:nodes', ...known]), verb: 'get', resource: 'secrets', namespace: 'team', name: 'thing' })).toBe(false)
})
