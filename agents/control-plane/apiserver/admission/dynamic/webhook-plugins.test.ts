import { describe, expect, it } from 'vitest'
import type { KubeObject } from '../../registry/kube-object.ts'
import { createAdmissionChain } from '../admission.ts'
import type { AdmissionPlugin } from '../admission.ts'
import { newSeen, object, requestOf } from '../admission.sample.ts'
import { readReview } from './admission-review.ts'
import { configuration, depsWith, patchOf } from './dynamic.sample.ts'
import type { Answering } from './dynamic.sample.ts'
import { FollowedConfigurations } from './followed-configurations.ts'
import { hooksOf } from './webhook-hook.ts'
import { mutatingWebhooks, validatingWebhooks } from './webhook-plugins.ts'

const map = (data: Record<string, string> = {}) => object('ConfigMap', 'm', { data }, 'ns')
const add = (key: string, value = '1') => patchOf({ op: 'add', path: `/data/${key}`, value })

async function admitted(configurations: KubeObject[], answer: Answering, more: { readonly others?: AdmissionPlugin[]; readonly dryRun?: boolean } = {}) {
  const asked: string[] = []
  const seen = newSeen()
  const hooks = new FollowedConfigurations(() => configurations, hooksOf)
  const deps = depsWith(answer, asked)
  const chain = createAdmissionChain([...(more.others ?? []), mutatingWebhooks(hooks, deps), validatingWebhooks(new FollowedConfigurations(() => [], hooksOf), deps)])
  const request = requestOf({ resource: 'configmaps', object: map({ own: '1' }), dryRun: more.dryRun ?? false }, seen)
  await chain.admit(request)
  return { asked, seen, data: request.object!['data'] }
}

describe('mutating webhooks', () => {
  it('AW1: are asked in the order of configurations and webhooks, each seeing what was made before', async () => {
    const { asked, data } = await admitted([configuration('Mutating', 'b', {}), configuration('Mutating', 'a', {}, {})], (request, url) => add(url.replace('/', ''), String(Object.keys(request.object.data).length)))
    expect([asked, data]).toEqual([['a/0', 'a/1', 'b/0'], { own: '1', a0: '1', a1: '2', b0: '3' }])
  })

  it('AW3 AD4: IfNeeded is asked again only when something changed after it, and other plugins run again', async () => {
    const ran: string[] = []
    const other: AdmissionPlugin = { name: 'Other', concerns: () => true, admit: () => { ran.push('other') } }
    const again = await admitted([configuration('Mutating', 'a', { reinvocationPolicy: 'IfNeeded' }, {})], (_, url) => (url === 'a/1' ? add('late') : {}), { others: [other] })
    expect([again.asked, ran]).toEqual([['a/0', 'a/1', 'a/0'], ['other', 'other']])
    const alone = await admitted([configuration('Mutating', 'a', {}, { reinvocationPolicy: 'IfNeeded' })], (_, url) => (url === 'a/0' ? add('early') : {}))
    expect(alone.asked).toEqual(['a/0', 'a/1'])
    const byPlugin: AdmissionPlugin = { name: 'Late', concerns: () => true, admit: (request, rounds) => { if (rounds.isSecond) (request.object!['data'] as Record<string, string>)['plugin'] = '1' } }
    const changed = await admitted([configuration('Mutating', 'a', { reinvocationPolicy: 'IfNeeded' })], (request, url) => (request.object.data.x === undefined ? add('x') : { warnings: [url] }), { others: [byPlugin] })
    expect(changed.asked).toEqual(['a/0', 'a/0'])
  })

  it('notes patches and mutations for the audit log', async () => {
    const { seen } = await admitted([configuration('Mutating', 'a', {}, {})], (_, url) => (url === 'a/0' ? { ...add('x'), auditAnnotations: { seen: 'yes' } } : {}))
    expect(seen.annotations).toEqual({
      'h0.a.io/seen': 'yes',
      'patch.webhook.admission.k8s.io/round_0_index_0': '{"configuration":"a","webhook":"h0.a.io","patch":[{"op":"add","path":"/data/x","value":"1"}],"patchType":"JSONPatch"}',
      'mutation.webhook.admission.k8s.io/round_0_index_0': '{"configuration":"a","webhook":"h0.a.io","mutated":true}',
      'mutation.webhook.admission.k8s.io/round_0_index_1': '{"configuration":"a","webhook":"h1.a.io","mutated":false}',
    })
  })

  it('HC1 HC3: dry runs and denials', async () => {
    await expect(admitted([configuration('Mutating', 'a', { sideEffects: 'Some' })], () => ({}), { dryRun: true })).rejects.toThrow('admission webhook "h0.a.io" does not support dry run')
    await expect(admitted([configuration('Mutating', 'a', {})], () => ({ allowed: false, status: { reason: 'Nope' } }))).rejects.toMatchObject({ message: 'admission webhook "h0.a.io" denied the request: Nope', code: 400, status: { reason: 'Nope' } })
  })

  it('WP2: broken managedFields are put back', async () => {
    const { seen, data } = await admitted([configuration('Mutating', 'a', {})], () => patchOf({ op: 'add', path: '/metadata/managedFields', value: [{ manager: 'x' }] }, { op: 'add', path: '/data/x', value: '1' }))
    expect([data, seen.warnings[0]]).toEqual([{ own: '1', x: '1' }, expect.stringContaining('.metadata.managedFields was in an invalid state after admission')])
  })

  it('AW2: failurePolicy Ignore lets through and notes it', async () => {
    const broken: Answering = () => ({ uid: 'other' })
    await expect(admitted([configuration('Mutating', 'a', {})], broken)).rejects.toThrow('Internal error occurred: failed calling webhook "h0.a.io": received invalid webhook response: expected response.uid=')
    const { seen } = await admitted([configuration('Mutating', 'a', { failurePolicy: 'Ignore' })], broken)
    expect(seen.annotations['failed-open.mutation.webhook.admission.k8s.io/round_0_index_0']).toBe('h0.a.io')
    expect(seen.verdicts.find(verdict => verdict.by !== undefined)).toMatchObject({ by: 'a/h0.a.io', verdict: 'failed open' })
  })

  it('matchConditions: MC1 false leaves out, MC2 an error refuses or leaves out', async () => {
    const conditions = (...expressions: string[]) => ({ matchConditions: expressions.map((expression, index) => ({ name: `c${index}`, expression })) })
    const ask = async (webhook: object) => (await admitted([configuration('Mutating', 'a', webhook)], () => ({}))).asked
    expect([await ask(conditions('object.data.own == "1"', 'request.operation == "CREATE"')), await ask(conditions('object.data.none == "x"', 'false'))]).toEqual([['a/0'], []])
    await expect(ask(conditions('object.data.none == "x"'))).rejects.toThrow('configmaps "m" is forbidden: expression \'object.data.none == "x"\' resulted in error: no such key: none')
    expect(await ask({ ...conditions('object.data.none == "x"'), failurePolicy: 'Ignore' })).toEqual([])
  })
})

describe('validating webhooks', () => {
  it('AW1: are asked all at once; the first refusal in order is the answer, and warnings of all are kept', async () => {
    const asked: string[] = []
    const seen = newSeen()
    const hooks = new FollowedConfigurations(() => [configuration('Validating', 'a', {}, {}, {})], hooksOf)
    const chain = createAdmissionChain([validatingWebhooks(hooks, depsWith((_, url) => ({ allowed: url === 'a/0', warnings: [url], status: { message: url } }), asked))])
    await expect(chain.validate(requestOf({ resource: 'configmaps', object: map() }, seen))).rejects.toThrow('admission webhook "h1.a.io" denied the request: a/1')
    expect([asked, seen.warnings]).toEqual([['a/0', 'a/1', 'a/2'], ['a/0', 'a/1', 'a/2']])
  })

  it('AW4: without configurations nothing is asked', () => {
    const plugin = validatingWebhooks(new FollowedConfigurations(() => [], hooksOf), depsWith(() => ({})))
    expect(plugin.concerns(requestOf({ object: map() }))).toBe(false)
  })
})

describe('configurations', () => {
  it('are compiled once for each version, and read again only after a change', () => {
    let reads = 0
    let compiled = 0
    let version = '1'
    const followed = new FollowedConfigurations(() => {
      reads += 1
      return [{ ...map(), metadata: { name: 'b', uid: 'b', resourceVersion: version } }, { ...map(), metadata: { name: 'a', uid: 'a', resourceVersion: '1' } }]
    }, ({ metadata }) => {
      compiled += 1
      return [metadata.name!]
    })
    expect([followed.all, followed.all, reads, compiled]).toEqual([['a', 'b'], ['a', 'b'], 1, 2])
    version = '2'
    followed.forget()
    expect([followed.all, reads, compiled]).toEqual([['a', 'b'], 2, 3])
  })
})

describe('answers', () => {
  it('AR2: v1beta1 is taken as it comes', async () => {
    const body = Buffer.from(JSON.stringify({ response: { allowed: true, patch: Buffer.from('[]').toString('base64') } }))
    expect(await readReview(body, { uid: 'u', version: 'v1beta1' }, true)).toMatchObject({ allowed: true, patch: '[]', patchType: 'JSONPatch' })
    await expect(readReview(Buffer.from('{'), { uid: 'u', version: 'v1' }, true)).rejects.toThrow("couldn't get version/kind; json parse error")
  })
})
