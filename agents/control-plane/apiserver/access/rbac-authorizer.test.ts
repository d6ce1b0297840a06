import { describe, expect, test } from 'vitest'
import { roleEscalation } from '../admission/role-escalation.ts'
import { noNotes } from '../admission/admission.ts'
import type { AdmissionRequest } from '../admission/admission.ts'
import type { KubeObject } from '../registry/kube-object.ts'
import { RbacAuthorizer, rbacGroup } from './rbac-authorizer.ts'
import type { PolicyRule } from './rbac-authorizer.ts'
import { asked, MemoryObjects, user } from './testing/fakes.ts'

const objects = new MemoryObjects()
const role = (kind: string, name: string, rules: readonly PolicyRule[], namespace?: string) => objects.put(kind === 'Role' ? 'roles' : 'clusterroles', { kind, metadata: { name, ...(namespace === undefined ? {} : { namespace }) }, rules })
const bind = (name: string, roleKind: string, roleName: string, subjects: object[], namespace?: string) => objects.put(namespace === undefined ? 'clusterrolebindings' : 'rolebindings', { kind: namespace === undefined ? 'ClusterRoleBinding' : 'RoleBinding', metadata: { name, ...(namespace === undefined ? {} : { namespace }) }, roleRef: { kind: roleKind, name: roleName }, subjects })

role('ClusterRole', 'reader', [{ verbs: ['get', 'list'], apiGroups: [''], resources: ['pods', 'pods/log'] }, { verbs: ['get'], nonResourceURLs: ['/logs/*'] }])
role('ClusterRole', 'scaler', [{ verbs: ['update'], apiGroups: ['*'], resources: ['*/scale'] }])
role('Role', 'keeper', [{ verbs: ['get', 'update'], apiGroups: [''], resources: ['secrets'], resourceNames: ['key'] }], 'a')
bind('readers', 'ClusterRole', 'reader', [{ kind: 'Group', name: 'dev' }])
bind('readers-of-a', 'ClusterRole', 'reader', [{ kind: 'User', name: 'ann' }], 'a')
bind('keepers', 'Role', 'keeper', [{ kind: 'ServiceAccount', name: 'robot' }], 'a')
bind('scalers', 'ClusterRole', 'scaler', [{ kind: 'User', name: 'ann' }], 'a')
bind('broken', 'ClusterRole', 'gone', [{ kind: 'User', name: 'bob' }, { kind: 'User', name: 'ann' }])
bind('granters', 'Role', 'granter', [{ kind: 'User', name: 'greg' }], 'a')
role('Role', 'granter', [{ verbs: ['bind'], apiGroups: [rbacGroup], resources: ['clusterroles'], resourceNames: ['reader'] }, { verbs: ['create', 'update'], apiGroups: [rbacGroup], resources: ['roles', 'rolebindings'] }, { verbs: ['get'], apiGroups: [''], resources: ['pods'] }], 'a')

const rbac = new RbacAuthorizer(objects)
const robot = user('system:serviceaccount:a:robot')

describe('RBAC', () => {
  test.each([
    ['RB1', asked({ user: user('x', ['dev']), namespace: 'b' }), 'RBAC: allowed by ClusterRoleBinding "readers" of ClusterRole "reader" to Group "dev"'],
    ['RB1', asked({ user: user('ann'), namespace: 'a', verb: 'list' }), 'RBAC: allowed by RoleBinding "readers-of-a/a" of ClusterRole "reader" to User "ann"'],
    ['RB2', asked({ user: robot, namespace: 'a', resource: 'secrets', name: 'key' }), 'RBAC: allowed by RoleBinding "keepers/a" of Role "keeper" to ServiceAccount "robot/a"'],
    ['RB2', asked({ user: user('ann'), namespace: 'a', group: 'apps', resource: 'deployments', subresource: 'scale', verb: 'update' }), 'RBAC: allowed by RoleBinding "scalers/a" of ClusterRole "scaler" to User "ann"'],
    ['RB3', asked({ user: user('x', ['dev']), isResourceRequest: false, path: '/logs/x' }), 'RBAC: allowed by ClusterRoleBinding "readers" of ClusterRole "reader" to Group "dev"'],
  ])('%s allows with its reason', (_rule, attributes, reason) => {
    expect(rbac.authorize(attributes)).toEqual({ decision: 'allow', reason })
  })

  test.each([
    ['RB1', asked({ user: user('ann'), namespace: 'b' })],
    ['RB2', asked({ user: robot, namespace: 'a', resource: 'secrets', name: 'other' })],
    ['RB2', asked({ user: robot, namespace: 'a', resource: 'secrets', verb: 'list' })],
    ['RB2', asked({ user: user('x', ['dev']), subresource: 'exec' })],
    ['RB3', asked({ user: user('ann'), isResourceRequest: false, path: '/logs/x' })],
  ])('%s has no opinion', (_rule, attributes) => {
    expect((rbac.authorize(attributes)).decision).toBe('no-opinion')
  })

  test('RB5 a binding to a role that is not there is told to whom it would have helped', () => {
    expect(rbac.authorize(asked({ user: user('bob'), resource: 'nodes' }))).toEqual({ decision: 'no-opinion', reason: 'RBAC: clusterrole.rbac.authorization.k8s.io "gone" not found' })
    expect(rbac.rulesFor(user('bob'), 'a')).toEqual({ rules: [], incomplete: false, errors: ['clusterrole.rbac.authorization.k8s.io "gone" not found'] })
  })
})

describe('role escalation', () => {
  const plugin = roleEscalation(rbac, rbac)
  const write = async (resource: string, object: Partial<KubeObject>, more: Partial<AdmissionRequest> = {}) => {
    const request: AdmissionRequest = { operation: 'CREATE', group: rbacGroup, version: 'v1', resource, subresource: '', kind: { group: rbacGroup, version: 'v1', kind: '' }, namespace: 'a', name: '', object: { apiVersion: 'v1', kind: '', metadata: { name: 'new' }, ...object }, oldObject: undefined, options: {}, user: user('greg', ['g1']), dryRun: false, signal: new AbortController().signal, warn() {}, notes: noNotes, ...more }
    try {
      if (plugin.concerns(request)) await plugin.validate!(request)
      return 'ok'
    } catch (error) {
      return (error as Error).message
    }
  }
  const pods = (...verbs: string[]): PolicyRule => ({ verbs, apiGroups: [''], resources: ['pods', 'services'] })

  test('RE1 a role holds no more than its writer, told compactly', async () => {
    expect(await write('roles', { rules: [{ verbs: ['get'], apiGroups: [''], resources: ['pods'], resourceNames: ['x'] }] })).toBe('ok')
    expect(await write('roles', { rules: [pods('get', 'list')] })).toBe('roles.rbac.authorization.k8s.io "new" is forbidden: user "greg" (groups=["g1"]) is attempting to grant RBAC permissions not currently held:\n{APIGroups:[""], Resources:["pods"], Verbs:["list"]}\n{APIGroups:[""], Resources:["services"], Verbs:["get" "list"]}')
    expect(await write('roles', { rules: [pods('*')] }, { user: user('root', ['system:masters']) })).toBe('ok')
  })

  test('RE2 a binding needs bind, or all the role has', async () => {
    expect(await write('rolebindings', { roleRef: { kind: 'ClusterRole', name: 'reader' } })).toBe('ok')
    expect(await write('rolebindings', { roleRef: { kind: 'ClusterRole', name: 'scaler' } })).toContain('{APIGroups:["*"], Resources:["*/scale"], Verbs:["update"]}')
    expect(await write('rolebindings', { roleRef: { kind: 'Role', name: 'none' } })).toContain('role.rbac.authorization.k8s.io "none" not found')
  })

  test('RE4 RE5 aggregation is for those who may do everything; owners and finalizers hand nothing out', async () => {
    expect(await write('clusterroles', { rules: [], aggregationRule: { clusterRoleSelectors: [{ matchLabels: { a: 'b' } }] } }, { namespace: '' })).toContain('must have cluster-admin privileges to use the aggregationRule')
    const stored: KubeObject = { apiVersion: 'v1', kind: 'Role', metadata: { name: 'new', finalizers: ['x'] }, rules: [pods('*')] }
    expect(await write('roles', { ...stored, metadata: { name: 'new' } }, { operation: 'UPDATE', oldObject: stored })).toBe('ok')
    expect(await write('roles', { ...stored, metadata: { name: 'new', labels: { a: 'b' } } }, { operation: 'UPDATE', oldObject: stored })).toContain('attempting to grant')
  })
})
