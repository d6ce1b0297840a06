import { describe, expect, it } from 'vitest'
import { FakeClock } from '../../../base/fake-clock.ts'
import type { CustomResourceDefinition } from '../../../api/groups/apiextensions-v1/types.ts'
import type { KubeObject } from '../registry/kube-object.ts'
import { WebhookCallError } from '../webhooks/call-failure.ts'
import { webhookConversion } from './conversion-review.ts'

const definition = {
  metadata: { name: 'foos.example.com' },
  spec: { group: 'example.com', names: { kind: 'Foo', plural: 'foos' }, conversion: { strategy: 'Webhook', webhook: { conversionReviewVersions: ['v9', 'v1'] } } },
} as unknown as CustomResourceDefinition

const object = (name: string): KubeObject => ({ apiVersion: 'example.com/v1', kind: 'Foo', metadata: { name, namespace: 'ns', uid: `uid-${name}`, labels: { a: 'b' }, finalizers: ['x/y'] }, spec: { v: 1 } })

interface Review {
  readonly request: { readonly uid: string; readonly objects: KubeObject[] }
}

/** What is made of two objects when the webhook answers as the test says; and how the call was counted. */
async function convert(answer: (review: Review) => unknown, names = ['a', 'b']): Promise<{ objects?: readonly KubeObject[]; message?: string; failures: string[] }> {
  const failures: string[] = []
  const client = { url: '', post: async ({ body }: { body: string | Buffer }) => Buffer.from(JSON.stringify(answer(JSON.parse(String(body)) as Review))) }
  const run = webhookConversion(definition, { client: () => client, metrics: { call: (_of, failure) => { failures.push(failure) } }, clock: new FakeClock(), signal: new AbortController().signal })
  try {
    return { objects: await run(names.map(object), 'example.com/v2'), failures }
  } catch (error) {
    return { message: (error as Error).message, failures }
  }
}

const success = (review: Review, change: (object: KubeObject) => unknown = each => each) => ({
  kind: 'ConversionReview', apiVersion: 'apiextensions.k8s.io/v1',
  response: { uid: review.request.uid, result: { status: 'Success' }, convertedObjects: review.request.objects.map(each => change({ ...each, apiVersion: 'example.com/v2' })) },
})
const of = 'conversion webhook for example.com/v1, Kind=Foo'

describe('conversion reviews', () => {
  it('RV2 labels and annotations may change, other metadata is restored', async () => {
    const { objects, failures } = await convert(review => success(review, each => ({ ...each, metadata: { ...each.metadata, labels: { c: 'd' }, annotations: { e: 'f' }, finalizers: [], generation: 9 }, spec: { w: 2 } })))
    expect(objects?.[1]).toEqual({ apiVersion: 'example.com/v2', kind: 'Foo', metadata: { name: 'b', namespace: 'ns', uid: 'uid-b', labels: { c: 'd' }, annotations: { e: 'f' }, finalizers: ['x/y'] }, spec: { w: 2 } })
    expect(failures).toEqual([''])
  })

  it.each([
    ['another kind of answer', () => ({ kind: 'Pod', apiVersion: 'v1' }), `${of} failed: expected webhook response of apiextensions.k8s.io/v1, Kind=ConversionReview, got v1, Kind=Pod`, 'malformed_response'],
    ['no response', () => ({ kind: 'ConversionReview', apiVersion: 'apiextensions.k8s.io/v1' }), `${of} failed: no response provided`, 'malformed_response'],
    ['another uid', (review: Review) => ({ ...success(review), response: { ...success(review).response, uid: 'x' } }), /failed: expected response.uid="[0-9a-f-]+", got "x"$/, 'malformed_response'],
    ['a failure with a reason', (review: Review) => ({ ...success(review), response: { uid: review.request.uid, result: { status: 'Failure', message: 'no' } } }), `${of} failed: no`, 'malformed_response'],
    ['a failure without one', (review: Review) => ({ ...success(review), response: { uid: review.request.uid, result: { status: 'Bad' } } }), `${of} failed: response.result.status was 'Bad', not 'Success'`, 'malformed_response'],
    ['too few objects', (review: Review) => ({ ...success(review), response: { ...success(review).response, convertedObjects: [] } }), `${of} returned 0 objects, expected 2`, 'partial_response'],
    ['another version', (review: Review) => success(review, each => ({ ...each, apiVersion: 'example.com/v3' })), `${of} returned invalid converted object at index 0: invalid groupVersion (expected example.com/v2, received example.com/v3)`, 'invalid_converted_object'],
    ['another name', (review: Review) => success(review, each => ({ ...each, metadata: { ...each.metadata, name: 'z' } })), `${of} returned invalid converted object at index 0: must have the same name: a != z`, 'invalid_converted_object'],
    ['another uid of an object', (review: Review) => success(review, each => ({ ...each, metadata: { ...each.metadata, uid: 'z' } })), `${of} returned invalid converted object at index 0: must have the same UID: uid-a != z`, 'invalid_converted_object'],
    ['labels that are no text', (review: Review) => success(review, each => ({ ...each, metadata: { ...each.metadata, labels: { a: 1 } } })), `${of} returned invalid converted object at index 0: metadata.labels[a] must be a string, but is number in converted object`, 'invalid_converted_object'],
  ] as const)('RV2 refuses %s', async (_what, answer, message, failure) => {
    const result = await convert(answer as (review: Review) => unknown)
    if (typeof message === 'string') expect(result.message).toBe(message)
    else expect(result.message).toMatch(message)
    expect(result.failures).toEqual([`conversion_webhook_${failure}_failure`])
  })

  it('quotes a call that failed', async () => {
    const result = await convert(() => { throw new WebhookCallError('connection', 'Post "https://x/": connection refused') })
    expect(result).toEqual({ message: `${of} failed: Post "https://x/": connection refused`, failures: ['conversion_webhook_call_failure'] })
  })
})
