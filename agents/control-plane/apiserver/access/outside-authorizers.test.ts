import { describe, expect, test } from 'vitest'
import { FakeClock } from '../../../base/fake-clock.ts'
import { seededRandom } from '../../../base/random.ts'
import { noMetrics } from '../../../machinery/metrics.ts'
import { WebhookCallError } from '../webhooks/call-failure.ts'
import { abacAuthorizer } from './abac-authorizer.ts'
import { readAuthorizationConfig } from './authorization-config.ts'
import { alwaysAllow, alwaysDeny, anyAuthorizer } from './authorizer.ts'
import type { Verdict } from './authorizer.ts'
import { asked, user } from './testing/fakes.ts'
import { WebhookAuthorizer } from './webhook-authorizer.ts'
import type { WebhookAuthorizerOptions } from './webhook-authorizer.ts'
import { webhookTokens } from './webhook-tokens.ts'

const policy = (spec: object) => JSON.stringify({ apiVersion: 'abac.authorization.kubernetes.io/v1beta1', kind: 'Policy', spec })

describe('several authorizers', () => {
  test('AR1 AR2 the first that decides is followed; reasons and errors of the rest are told together', async () => {
    const failing = { authorize: async (): Promise<Verdict> => ({ decision: 'no-opinion', reason: '', error: 'no answer' }) }
    expect(await anyAuthorizer([alwaysDeny, failing, alwaysAllow]).authorize(asked({ user: user('x') }))).toEqual({ decision: 'allow', reason: '' })
    expect(await anyAuthorizer([alwaysDeny, failing, alwaysDeny]).authorize(asked({ user: user('x') }))).toEqual({ decision: 'no-opinion', reason: 'Everything is forbidden.\nEverything is forbidden.', error: 'no answer' })
    const denying = { authorize: (): Verdict => ({ decision: 'deny', reason: 'never' }) }
    expect(await anyAuthorizer([denying, alwaysAllow]).authorize(asked({ user: user('x') }))).toEqual({ decision: 'deny', reason: 'never' })
  })
})

describe('ABAC', () => {
  const authorizer = abacAuthorizer(['# who may what', '', policy({ user: 'alice', namespace: '*', resource: '*', apiGroup: '*' }), policy({ group: 'readers', readonly: true, namespace: 'a', resource: 'pods' }), policy({ user: '*', nonResourcePath: '/healthz*' }), '{"user":"old"}'].join('\n'), 'policies')
  const decision = (more: Parameters<typeof asked>[0]) => (authorizer.authorize(asked(more)) as Verdict).decision

  test('AB1 AB2 AB3 all parts must match', () => {
    expect(decision({ user: user('alice'), verb: 'delete', namespace: 'x', resource: 'nodes' })).toBe('allow')
    expect(decision({ user: user('alice'), isResourceRequest: false, path: '/metrics' })).toBe('no-opinion')
    expect(decision({ user: user('bob', ['readers']), namespace: 'a' })).toBe('allow')
    expect(decision({ user: user('bob', ['readers']), namespace: 'b' })).toBe('no-opinion')
    expect(decision({ user: user('bob', ['readers']), namespace: 'a', verb: 'create' })).toBe('no-opinion')
    expect(decision({ user: user('bob', ['system:authenticated']), isResourceRequest: false, path: '/healthz/etcd' })).toBe('allow')
    expect(decision({ user: user('nobody'), isResourceRequest: false, path: '/healthz' })).toBe('no-opinion')
    expect(decision({ user: user('old'), verb: 'delete', namespace: 'x', resource: 'nodes', group: 'any' })).toBe('allow')
    expect(authorizer.authorize(asked({ user: user('x') }))).toEqual({ decision: 'no-opinion', reason: 'No policy matched.' })
  })

  test('AB4 a line that cannot be read stops the server with its number', () => {
    expect(() => abacAuthorizer(`${policy({})}\nnot json`, 'policies')).toThrow('error reading policy file policies, line 2')
    expect(() => abacAuthorizer('{"kind":"Policy","apiVersion":"v9"}', 'policies')).toThrow('no kind "Policy" is registered for version "v9"')
  })
})

function hook(answers: (object | Error)[], more: Partial<WebhookAuthorizerOptions> = {}) {
  const clock = new FakeClock()
  const sent: Record<string, unknown>[] = []
  const client = {
    url: 'https://hook',
    async post({ body }: { body: string | Buffer }) {
      sent.push(JSON.parse(String(body)) as Record<string, unknown>)
      const answer = answers.length > 1 ? answers.shift()! : answers[0]!
      if (answer instanceof Error) throw answer
      return Buffer.from(JSON.stringify(answer))
    },
  }
  const calls = { client, clock, random: seededRandom(1), timeoutMs: 30_000, signal: new AbortController().signal }
  const options: WebhookAuthorizerOptions = { name: 'hook', version: 'v1', authorizedMs: 5_000, unauthorizedMs: 1_000, onFailure: 'no-opinion', matches: undefined, ...more }
  return { clock, sent, calls, authorizer: new WebhookAuthorizer(options, calls, noMetrics) }
}

const jane = user('jane', ['dev'], { uid: '7', extra: { 'acme.io/x': ['y'] } })

describe('webhook authorizer', () => {
  test('the review says who asks for what, selectors as requirements', async () => {
    const { authorizer, sent } = hook([{ status: { allowed: true, reason: 'fine' } }])
    expect(await authorizer.authorize(asked({ user: jane, verb: 'list', namespace: 'a', fieldSelector: 'spec.nodeName=n1,status.phase!=Failed', labelSelector: 'app in (a,b),!old' }))).toEqual({ decision: 'allow', reason: 'fine' })
    expect(sent).toEqual([{
      kind: 'SubjectAccessReview', apiVersion: 'authorization.k8s.io/v1', metadata: {}, status: { allowed: false },
      spec: {
        user: 'jane', groups: ['dev'], uid: '7', extra: { 'acme.io/x': ['y'] },
        resourceAttributes: {
          namespace: 'a', verb: 'list', version: 'v1', resource: 'pods',
          fieldSelector: { requirements: [{ key: 'spec.nodeName', operator: 'In', values: ['n1'] }, { key: 'status.phase', operator: 'NotIn', values: ['Failed'] }] },
          labelSelector: { requirements: [{ key: 'app', operator: 'In', values: ['a', 'b'] }, { key: 'old', operator: 'DoesNotExist' }] },
        },
      },
    }])
  })

  test('WA2 answers are kept, each kind for its time', async () => {
    const { authorizer, sent, clock } = hook([{ status: { allowed: false, reason: 'no' } }, { status: { allowed: true } }])
    const ask = async () => ((await authorizer.authorize(asked({ user: jane })))).decision
    expect([await ask(), await ask(), sent.length]).toEqual(['no-opinion', 'no-opinion', 1])
    await clock.advance(1_001)
    expect([await ask(), await ask(), sent.length]).toEqual(['allow', 'allow', 2])
    await clock.advance(4_000)
    expect([await ask(), sent.length]).toEqual(['allow', 2])
    await clock.advance(1_001)
    await ask()
    expect(sent.length).toBe(3)
  })

  test('WA1 WA4 denials, contradictions and failures', async () => {
    const ask = async (answer: object | Error, more: Partial<WebhookAuthorizerOptions> = {}) => await hook([answer], more).authorizer.authorize(asked({ user: jane }))
    expect(await ask({ status: { allowed: false, denied: true, reason: 'never' } })).toEqual({ decision: 'deny', reason: 'never' })
    expect(await ask({ status: { allowed: true, denied: true } })).toMatchObject({ decision: 'deny', error: 'webhook subject access review returned both allow and deny response' })
    const broken = new WebhookCallError('answer', 'the server said no', 404)
    expect(await ask(broken)).toEqual({ decision: 'no-opinion', reason: '', error: 'the server said no' })
    expect(await ask(broken, { onFailure: 'deny' })).toEqual({ decision: 'deny', reason: '', error: 'the server said no' })
  })

  test('WA3 conditions come first; v1beta1 has its own word for groups', async () => {
    const skipped = hook([{ status: { allowed: true } }], { matches: () => false })
    expect(await skipped.authorizer.authorize(asked({ user: jane }))).toEqual({ decision: 'no-opinion', reason: '' })
    expect(skipped.sent).toEqual([])
    const old = hook([{ status: { allowed: true } }], { version: 'v1beta1' })
    await old.authorizer.authorize(asked({ user: jane }))
    expect(old.sent[0]).toMatchObject({ apiVersion: 'authorization.k8s.io/v1beta1', spec: { group: ['dev'] } })
  })

  test('WK1 a connection that breaks is tried again', async () => {
    const { authorizer, sent, clock } = hook([new WebhookCallError('connection', 'reset'), new WebhookCallError('answer', 'busy', 503), { status: { allowed: true } }])
    const answer = authorizer.authorize(asked({ user: jane }))
    for (let step = 0; step < 4; step++) await clock.advance(1_000)
    expect(await answer).toMatchObject({ decision: 'allow' })
    expect(sent).toHaveLength(3)
  })

  test('WT1 WT2 tokens are asked about for audiences', async () => {
    const { calls, sent } = hook([{ status: { authenticated: true, user: { username: 'bob', groups: ['g'] } } }])
    expect(await webhookTokens(calls, 'v1', ['api']).authenticate('t')).toEqual({ user: user('bob', ['g']), audiences: ['api'] })
    expect(sent[0]).toMatchObject({ kind: 'TokenReview', spec: { token: 't', audiences: ['api'] } })
    expect(await webhookTokens(calls, 'v1', ['api']).authenticate('t', ['other'])).toBeUndefined()
    await expect(webhookTokens(hook([{ status: { authenticated: false, error: 'unknown' } }]).calls, 'v1', []).authenticate('t')).rejects.toThrow('unknown')
  })
})

describe('authorization configuration', () => {
  const read = (authorizers: string) => readAuthorizationConfig(`apiVersion: apiserver.config.k8s.io/v1\nkind: AuthorizationConfiguration\nauthorizers:\n${authorizers}`, 'authz.yaml')

  test('ZC1 authorizers in order, once each', () => {
    expect(read('- {type: Node, name: node}\n- {type: RBAC, name: rbac}')).toEqual([{ type: 'Node', name: 'node' }, { type: 'RBAC', name: 'rbac' }])
    expect(() => read('- {type: Node, name: a}\n- {type: Node, name: b}')).toThrow('authz.yaml: authorizers[1].type: Duplicate value: "Node"')
    expect(() => read('- {type: Mandatory, name: a}')).toThrow('authorizers[0].type: Unsupported value: "Mandatory"')
    expect(() => read('- {type: RBAC, name: A_b}')).toThrow('authorizers[0].name: Invalid value: "A_b": authorizer name is invalid')
    expect(() => read('- {type: RBAC, nam: a}')).toThrow('strict decoding error: unknown field "authorizers[0].nam"')
    expect(() => read('- {type: Webhook, name: a}')).toThrow('authorizers[0].webhook: Required value: required when type=Webhook')
  })

  test('webhook settings are checked field by field', () => {
    const webhook = (fields: string) => `- {type: Webhook, name: w, webhook: {timeout: 3s, subjectAccessReviewVersion: v1, failurePolicy: Deny, connectionInfo: {type: KubeConfigFile, kubeConfigFile: ${import.meta.filename}}, ${fields}}}`
    expect(read(webhook('authorizedTTL: 1m'))).toMatchObject([{ webhook: { timeoutMs: 3_000, authorizedMs: 60_000, unauthorizedMs: 30_000, onFailure: 'deny', version: 'v1' } }])
    expect(() => read(webhook('timeout: 31s').replace('timeout: 3s, ', ''))).toThrow('authorizers[0].timeout: Invalid value: "31s": must be > 0s and <= 30s')
    expect(() => read(webhook('matchConditions: [{expression: "true"}]'))).toThrow('matchConditionSubjectAccessReviewVersion: Required value: required if match conditions are specified')
    expect(() => read(webhook('').replace(import.meta.filename, 'relative.conf'))).toThrow('connectionInfo.kubeConfigFile: Invalid value: "relative.conf": must be an absolute path')
  })

  test('ZC2 conditions decide whether the webhook is asked', () => {
    const webhook = (conditions: string) => read(`- {type: Webhook, name: w, webhook: {timeout: 3s, subjectAccessReviewVersion: v1, matchConditionSubjectAccessReviewVersion: v1, failurePolicy: Deny, connectionInfo: {type: KubeConfigFile, kubeConfigFile: ${import.meta.filename}}, matchConditions: ${conditions}}}`)
    const [first] = webhook(`[{expression: "has(request.resourceAttributes)"}, {expression: "request.resourceAttributes.namespace == 'kube-system'"}, {expression: "!('system:masters' in request.groups)"}]`)
    const matches = first!.type === 'Webhook' ? first!.webhook.matches! : () => true
    const spec = (more: object) => ({ user: 'jane', groups: ['dev'], resourceAttributes: { namespace: 'kube-system', verb: 'get' }, ...more })
    expect(matches(spec({}))).toBe(true)
    expect(matches(spec({ groups: ['system:masters'] }))).toBe(false)
    expect(matches(spec({ resourceAttributes: { namespace: 'a' } }))).toBe(false)
    expect(matches({ user: 'jane', nonResourceAttributes: { path: '/' } })).toBe(false)
    expect(matches({ user: 'jane', resourceAttributes: { verb: 'get' } })).toBe(false) // what is left out is empty, not missing
    expect(() => webhook('[{expression: "request.nothing == 1"}]')).toThrow('authorizers[0].matchConditions[0].expression: Invalid value: "request.nothing == 1": compilation failed')
    expect(() => webhook('[{expression: "true"}, {expression: " true "}]')).toThrow('matchConditions[1].expression: Duplicate value')
  })
})
