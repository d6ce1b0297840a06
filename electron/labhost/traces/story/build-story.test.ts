import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Attributes } from '../../../../agents/base/spans.ts'
import { sentenceText } from '../../../contract/story-sentences.ts'
import type { Story } from '../../../contract/stories.ts'
import type { KnownSpan } from '../span-store.ts'
import { buildStory } from './build-story.ts'
import type { PlainContent, StoryInput } from './story-input.ts'

const deployment = { 'k8s.group': 'apps', 'k8s.resource': 'deployments', 'k8s.namespace': 'default', 'k8s.name': 'web' }
const replicaSet = { 'k8s.group': 'apps', 'k8s.resource': 'replicasets', 'k8s.namespace': 'default', 'k8s.name': 'web-1' }
const pod = { 'k8s.group': '', 'k8s.resource': 'pods', 'k8s.namespace': 'default', 'k8s.name': 'web-1-a' }

/** "id parent component[@node] name start-end" with attributes and links. */
function span(line: string, attributes: Attributes = {}, links: readonly string[] = []): KnownSpan {
  const [id, parent, place, start, end, ...name] = line.split(' ') as [string, string, string, string, string, ...string[]]
  const [component, node] = place.split('@') as [string, string | undefined]
  return {
    context: { traceId: 'trace', spanId: id }, ...(parent === '-' ? {} : { parent }), component, node: node ?? null, name: name.join(' '), startMs: Number(start), endMs: Number(end), attributes,
    links: links.map(spanId => ({ traceId: 'trace', spanId })),
  }
}

function write(id: string, parent: string, at: number, object: Attributes, revision: number, asked: Attributes): KnownSpan[] {
  const subject = { ...object, 'k8s.uid': `uid-${String(object['k8s.name'])}`, 'k8s.resource_version': String(revision) }
  return [
    span(`${id} ${parent} kube-apiserver ${at} ${at + 9} request`, { ...subject, 'http.response.status_code': 201, 'k8s.verb': 'create', 'audit_id': `audit-${id}`, ...asked }),
    span(`${id}-authn ${id} kube-apiserver ${at} ${at + 1} authentication`),
    span(`${id}-authz ${id} kube-apiserver ${at + 1} ${at + 2} authorization`, { 'authorization.decision': 'allow', 'authorization.reason': 'RBAC' }),
    span(`${id}-plugin ${id} kube-apiserver ${at + 2} ${at + 3} admission plugin`, { 'admission.plugin': 'NamespaceLifecycle', 'admission.phase': 'admit' }),
    span(`${id}-store ${id} kube-apiserver ${at + 4} ${at + 8} store`, { ...subject, 'store.revision': revision }),
    span(`${id}-etcd - etcd ${at + 5} ${at + 7} etcd write`, { 'store.key': '/registry/…', 'store.revision': revision }),
  ]
}

function told(id: string, at: number, object: Attributes, revision: number, watcher: string, agent = watcher, node?: string): KnownSpan[] {
  const subject = { ...object, 'k8s.resource_version': String(revision), 'k8s.change': 'ADDED' }
  return [
    span(`${id}-watch - kube-apiserver ${at} ${at} watch`, { ...subject, 'user_agent.original': `${agent}/v1.36.0 (linux/amd64)`, 'user': node === undefined ? 'somebody' : `system:node:${node}` }),
    span(`${id} - ${watcher}${node === undefined ? '' : `@${node}`} ${at + 1} ${at + 2} informer`, subject),
  ]
}

const spans: readonly KnownSpan[] = [
  ...write('r1', '-', 0, deployment, 10, { 'user': 'admin', 'user_agent.original': 'kubectl/v1.36.0 (linux/amd64)', 'url.path': '/apis/apps/v1/namespaces/default/deployments' }),
  ...told('i1', 10, deployment, 10, 'kube-controller-manager'),
  ...told('other', 10, deployment, 10, 'metrics-server'),
  span('q1 i1 kube-controller-manager 12 13 queue', { 'queue.name': 'deployment-controller', 'queue.key': 'default/web', 'queue.causes': ['Deployment added'] }, ['i1']),
  span('w1 q1 kube-controller-manager 13 40 reconcile', { ...deployment, 'controller': 'deployment-controller', 'controller.outcome': 'done', 'k8s.resource_version': '10' }),
  ...write('r2', 'w1', 15, replicaSet, 11, { 'user': 'deployment-controller', 'user_agent.original': 'kube-controller-manager/v1.36.0', 'url.path': '/apis/apps/v1/namespaces/default/replicasets' }),
  ...told('i2', 25, replicaSet, 11, 'kube-controller-manager'),
  span('q2 i2 kube-controller-manager 27 28 queue', { 'queue.name': 'replicaset-controller', 'queue.key': 'default/web-1', 'queue.causes': ['ReplicaSet added'] }, ['i2']),
  span('w2 q2 kube-controller-manager 28 60 reconcile', { ...replicaSet, 'controller': 'replicaset-controller', 'controller.outcome': 'done' }),
  ...write('r3', 'w2', 30, pod, 12, { 'user': 'replicaset-controller', 'user_agent.original': 'kube-controller-manager/v1.36.0', 'url.path': '/api/v1/namespaces/default/pods' }),
  ...told('i3', 40, pod, 12, 'kube-scheduler'),
  span('q3 i3 kube-scheduler 42 43 queue', { 'queue.name': 'scheduling', 'queue.key': 'default/web-1-a', 'queue.causes': ['PodAdd'] }, ['i3']),
  span('s1 q3 kube-scheduler 43 50 schedule', { ...pod, 'scheduler.nodes': 2, 'scheduler.feasible': 1, 'scheduler.node': 'node-2' }),
  span('s1-filter s1 kube-scheduler 44 45 scheduling point', { 'scheduler.point': 'Filter', 'scheduler.status': 'Success' }),
  ...write('r4', 's1', 45, pod, 13, { 'user': 'system:kube-scheduler', 'user_agent.original': 'kube-scheduler/v1.36.0', 'k8s.subresource': 'binding', 'url.path': '/api/v1/namespaces/default/pods/web-1-a/binding' }),
  ...told('i4', 55, pod, 13, 'kubelet', 'kubelet', 'node-2'),
  span('y1 i4 kubelet@node-2 57 90 sync', { ...pod, 'pod.phase': 'syncing' }, ['i4']),
  span('y1-look y1 kubelet@node-2 58 59 CRI', { 'rpc.method': 'ListPodSandbox' }),
  span('y1-run y1 kubelet@node-2 60 70 CRI', { 'rpc.method': 'RunPodSandbox', 'cri.name': 'web-1-a' }),
  span('p1 - kubelet@node-2 100 101 probe', { ...pod, 'probe.kind': 'readiness', 'probe.container': 'c', 'probe.outcome': 'success' }),
  span('stranger - kube-controller-manager 20 21 reconcile', { ...deployment, 'k8s.name': 'api', 'controller': 'deployment-controller' }),
]

const contents = new Map<string, PlainContent | null | 'forgotten'>([
  ['deployments.apps/default/web@9', null],
  ['deployments.apps/default/web@10', { kind: 'Deployment', metadata: { uid: 'uid-web' }, spec: { replicas: 1 } }],
  ['replicasets.apps/default/web-1@10', null],
  ['replicasets.apps/default/web-1@11', { kind: 'ReplicaSet', metadata: { uid: 'uid-web-1', ownerReferences: [{ uid: 'uid-web' }] } }],
  ['pods/default/web-1-a@11', null],
  ['pods/default/web-1-a@12', { kind: 'Pod', metadata: { uid: 'uid-web-1-a', ownerReferences: [{ uid: 'uid-web-1' }] }, spec: {} }],
  ['pods/default/web-1-a@13', { kind: 'Pod', metadata: { uid: 'uid-web-1-a', ownerReferences: [{ uid: 'uid-web-1' }] }, spec: { nodeName: 'node-2' } }],
])

const input: StoryInput = { lab: 'default', root: { group: 'apps', resource: 'deployments', namespace: 'default', name: 'web' }, spans, audit: [], contents, silent: [] }

function asText({ objects, steps }: Story): string {
  return [
    ...objects.map(({ id, parent }) => `${id} <- ${parent ?? 'asked for'}`), '',
    ...steps.map(({ id, lane, node, causes, why, wrote }) => [`${id} [${causes.join(' ')}] ${lane}${node === null ? '' : `@${node}`}: ${sentenceText(why, 'en')}`, ...(wrote?.changes ?? []).map(({ path, before, after }) => `    ${path}: ${before ?? '-'} -> ${after ?? '-'}`)].join('\n')),
  ].join('\n')
}

describe('the story of a deployment', () => {
  test('goes from the client to the container, each step with its causes (golden)', () => {
    const file = join(import.meta.dirname, 'deployment.golden.txt')
    const text = `${asText(buildStory(input).story)}\n`
    if (process.env['GOLDEN'] === 'write') writeFileSync(file, text)
    expect(text).toBe(readFileSync(file, 'utf8'))
  })

  test('BS1 every step is a span that was told, and BS3 a delivery that woke nothing of the story is not in it', () => {
    const { steps } = buildStory(input).story
    const ids = new Set(spans.map(({ context }) => context.spanId))
    expect(steps.filter(({ id }) => !ids.has(id))).toEqual([])
    expect(steps.map(({ id }) => id)).not.toContain('other-watch')
    expect(steps.map(({ id }) => id)).not.toContain('stranger')
  })

  test('BS5 no step comes before its causes, even when the clocks of machines differ', () => {
    const early = spans.map(each => (each.node === 'node-2' ? { ...each, startMs: each.startMs - 1_000, endMs: each.endMs - 1_000 } : each))
    const { steps } = buildStory({ ...input, spans: early }).story
    const place = new Map(steps.map(({ id }, index) => [id, index]))
    for (const { id, causes } of steps) for (const cause of causes) expect(place.get(cause), `${cause} before ${id}`).toBeLessThan(place.get(id)!)
  })

  test('BS6 what was done with an earlier object of the name is not told', () => {
    const again = write('r9', '-', 200, deployment, 30, { 'user': 'admin', 'user_agent.original': 'kubectl/v1.36.0', 'url.path': '/apis/apps/v1/namespaces/default/deployments' })
    const { steps } = buildStory({ ...input, spans: [...spans, ...again] }).story
    expect(steps.map(({ id }) => id)).toContain('r9')
    expect(steps.map(({ id }) => id)).not.toContain('r1')
  })

  test('CO3 versions that are not known yet are asked for', () => {
    const { wanted, story } = buildStory({ ...input, contents: new Map() })
    expect(wanted).toContainEqual({ object: 'deployments.apps/default/web', collection: '/apis/apps/v1/namespaces/default/deployments', name: 'web', revision: 10 })
    expect(story.steps.find(({ id }) => id === 'r1-store')?.wrote?.changes).toBeNull()
  })

  test('what nobody followed is told from the audit log, once', () => {
    const record = { atMs: -50, durationMs: 3, verb: 'patch', user: 'admin', agent: 'kubectl/v1.36.0', group: 'apps', resource: 'deployments', subresource: '', namespace: 'default', name: 'web', code: 200 }
    const audit = [{ ...record, auditId: 'audit-r1', atMs: 0 }, { ...record, auditId: 'before' }, { ...record, auditId: 'after', atMs: 300 }]
    const { steps } = buildStory({ ...input, audit }).story
    expect(steps.filter(({ source }) => source === 'audit').map(({ id }) => id)).toEqual(['after'])
  })
})
