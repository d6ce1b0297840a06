import { describe, expect, test } from 'vitest'
import { fakeExchange, user } from '../access/testing/fakes.ts'
import type { Attributes, Authorizer } from '../access/authorizer.ts'
import type { UserInfo } from '../access/user-info.ts'
import { impersonation } from './impersonation.ts'

/** Rights as "verb group/resource/subresource namespace/name". */
function rightText({ verb, group, resource, subresource, namespace, name }: Attributes): string {
  return `${verb} ${group}/${resource}${subresource === '' ? '' : `/${subresource}`} ${namespace}/${name}`
}

function allowing(rights: readonly string[], asked: string[] = []): Authorizer {
  return {
    authorize(attributes) {
      asked.push(rightText(attributes))
      return rights.includes(rightText(attributes)) ? { decision: 'allow', reason: '' } : { decision: 'no-opinion', reason: '' }
    },
  }
}

async function become(headers: readonly (readonly [string, string])[], rights: readonly string[], requestor: UserInfo = user('boss'), asked: string[] = []) {
  const exchange = fakeExchange(headers, { path: '/api/v1/namespaces/a/pods/p' })
  exchange.user = requestor
  await impersonation(allowing(rights, asked))(exchange, async () => {})
  return { user: exchange.user, impersonator: exchange.impersonator?.name, constraint: exchange.impersonationConstraint, headers: Object.keys(exchange.request.headers) }
}

const as = (name: string) => ['Impersonate-User', name] as const

describe('impersonation', () => {
  test('IM2 every part needs its own old right', async () => {
    const headers = [as('jane'), ['Impersonate-Group', 'dev, ops'], ['Impersonate-Group', 'qa'], ['Impersonate-Uid', '7'], ['Impersonate-Extra-Acme.io%2FScopes', 'view']] as const
    const rights = ['impersonate /users /jane', 'impersonate /groups /dev, ops', 'impersonate /groups /qa', 'impersonate authentication.k8s.io/uids /7', 'impersonate authentication.k8s.io/userextras/acme.io/scopes /view']
    expect(await become(headers, rights)).toEqual({ user: { name: 'jane', uid: '7', groups: ['dev, ops', 'qa', 'system:authenticated'], extra: { 'acme.io/scopes': ['view'] } }, impersonator: 'boss', constraint: '', headers: [] })
    for (const missing of rights) await expect(become(headers, rights.filter(right => right !== missing))).rejects.toMatchObject({ code: 403 })
  })

  test('IM4 a service account gets its groups, anonymous stays unauthenticated', async () => {
    expect((await become([as('system:serviceaccount:a:robot')], ['impersonate /serviceaccounts a/robot'])).user!.groups).toEqual(['system:serviceaccounts', 'system:serviceaccounts:a', 'system:authenticated'])
    expect((await become([as('system:anonymous')], ['impersonate /users /system:anonymous'])).user!.groups).toEqual(['system:unauthenticated'])
    expect((await become([as('x'), ['Impersonate-Group', 'system:unauthenticated']], ['impersonate /users /x', 'impersonate /groups /system:unauthenticated'])).user!.groups).toEqual(['system:unauthenticated'])
  })

  test('IM3 groups, uid or extra alone are a 400; none of them is nothing', async () => {
    await expect(become([['Impersonate-Group', 'system:masters']], [])).rejects.toMatchObject({ code: 400, message: 'requested groups without impersonating a user name' })
    await expect(become([['Impersonate-Extra-A', 'b'], ['Impersonate-Uid', '1']], [])).rejects.toMatchObject({ code: 400 })
    expect(await become([['Accept', 'x']], [])).toMatchObject({ user: { name: 'boss' }, headers: ['accept'] })
  })

  test('IM1 narrow rights are asked on the request and on the user', async () => {
    const rights = ['impersonate-on:user-info:get /pods a/p', 'impersonate:user-info authentication.k8s.io/users /jane']
    expect(await become([as('jane')], rights)).toMatchObject({ user: { name: 'jane', groups: ['system:authenticated'] }, constraint: 'impersonate:user-info' })
    await expect(become([as('jane')], rights.slice(0, 1))).rejects.toMatchObject({ code: 403, message: expect.stringContaining('cannot impersonate:user-info resource "users" in API group "authentication.k8s.io" at the cluster scope') })
    await expect(become([as('jane'), ['Impersonate-Group', 'system:masters']], [...rights, 'impersonate:user-info authentication.k8s.io/groups /system:masters'])).rejects.toMatchObject({ message: expect.stringContaining('impersonating the system:masters group is not allowed') })
  })

  test('MO1 an agent may act as the node its token names, and as no other', async () => {
    const agent = user('system:serviceaccount:kube-system:agent', [], { extra: { 'authentication.kubernetes.io/node-name': ['n1'] } })
    const rights = ['impersonate-on:associated-node:get /pods a/p', 'impersonate:associated-node authentication.k8s.io/nodes /*']
    expect(await become([as('system:node:n1')], rights, agent)).toMatchObject({ user: { name: 'system:node:n1', groups: ['system:nodes', 'system:authenticated'] }, constraint: 'impersonate:associated-node' })
    await expect(become([as('system:node:n2')], rights, agent)).rejects.toMatchObject({ code: 403 })
  })

  test('MO2 nodes and service accounts are taken by name alone in the narrow way', async () => {
    expect(await become([as('system:node:n9')], ['impersonate-on:arbitrary-node:get /pods a/p', 'impersonate:arbitrary-node authentication.k8s.io/nodes /n9'])).toMatchObject({ user: { groups: ['system:nodes', 'system:authenticated'] } })
    expect(await become([as('system:serviceaccount:a:robot')], ['impersonate-on:serviceaccount:get /pods a/p', 'impersonate:serviceaccount authentication.k8s.io/serviceaccounts a/robot'])).toMatchObject({ constraint: 'impersonate:serviceaccount' })
    await expect(become([as('system:node:n9'), ['Impersonate-Group', 'x']], ['impersonate-on:arbitrary-node:get /pods a/p', 'impersonate:arbitrary-node authentication.k8s.io/nodes /n9'])).rejects.toMatchObject({ code: 403 })
  })

  test('MO4 many groups are asked about together first', async () => {
    const asked: string[] = []
    const groups = ['a', 'b', 'c', 'd'].map(group => ['Impersonate-Group', group] as const)
    await become([as('jane'), ...groups], ['impersonate-on:user-info:get /pods a/p', 'impersonate:user-info authentication.k8s.io/users /jane', 'impersonate:user-info authentication.k8s.io/groups /*'], user('boss'), asked)
    expect(asked.filter(text => text.includes('/groups'))).toEqual(['impersonate:user-info authentication.k8s.io/groups /*'])
  })

  test('IM6 the first refusal is told, in the words of an ordinary one', async () => {
    await expect(become([as('jane')], [])).rejects.toMatchObject({ code: 403, message: 'pods "p" is forbidden: User "boss" cannot impersonate-on:user-info:get resource "pods" in API group "" in the namespace "a"' })
  })
})
