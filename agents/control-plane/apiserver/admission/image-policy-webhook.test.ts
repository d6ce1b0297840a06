import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { FakeClock } from '../../../base/fake-clock.ts'
import type { WebhookClients } from '../webhooks/webhook-client.ts'
import { newSeen, object, refusalBy } from './admission.sample.ts'
import { imagePolicyWebhook } from './image-policy-webhook.ts'

let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kubarium-image-policy-'))
  writeFileSync(join(folder, 'reviewer.kubeconfig'), JSON.stringify({
    apiVersion: 'v1', kind: 'Config', 'current-context': 'c', contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
    clusters: [{ name: 'c', cluster: { server: 'https://reviewer.example' } }], users: [{ name: 'u', user: { token: 'secret' } }],
  }))
})

afterAll(() => {
  rmSync(folder, { recursive: true })
})

type Answer = { allowed?: boolean; reason?: string; auditAnnotations?: Record<string, string> } | Error

/** The plugin with a backend that gives these answers in turn, the last one again and again. */
function pluginWith(answers: readonly Answer[], settings: object = {}) {
  const clock = new FakeClock()
  const asked: { kind: string; spec: unknown }[] = []
  const clients = {
    clientWith: ({ url }: { url: string }) => ({
      url,
      post: ({ body }: { body: string }) => {
        const answer = answers[Math.min(asked.length, answers.length - 1)]!
        asked.push(JSON.parse(body) as { kind: string; spec: unknown })
        return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(Buffer.from(JSON.stringify({ kind: 'ImageReview', status: answer })))
      },
    }),
  } as unknown as WebhookClients
  const plugin = imagePolicyWebhook({ imagePolicy: { kubeConfigFile: 'reviewer.kubeconfig', allowTTL: 50, denyTTL: 10, retryBackoff: 100, defaultAllow: false, ...settings } }, { clients, clock, folder })
  return { plugin, clock, asked }
}

const pod = (more: object = {}) => object('Pod', 'p', { metadata: { annotations: { 'team.image-policy.k8s.io/ticket': '7', other: 'x' } }, spec: { containers: [{ name: 'c', image: 'web:1' }], initContainers: [{ name: 'i', image: 'init:1' }], ephemeralContainers: [{ name: 'e', image: 'debug:1' }], ...more } }, 'ns')

describe('ImagePolicyWebhook', () => {
  test('IP1 the backend is asked about images, ephemeral ones when those are changed, with the annotations meant for it', async () => {
    const { plugin, asked } = pluginWith([{ allowed: true }])
    await refusalBy(plugin, { object: pod() })
    await refusalBy(plugin, { object: pod(), oldObject: pod(), operation: 'UPDATE', subresource: 'ephemeralcontainers' })
    expect(asked).toMatchObject([
      { kind: 'ImageReview', spec: { containers: [{ image: 'web:1' }, { image: 'init:1' }], annotations: { 'team.image-policy.k8s.io/ticket': '7' }, namespace: 'ns' } },
      { kind: 'ImageReview', spec: { containers: [{ image: 'debug:1' }] } },
    ])
  })

  test('a denial says why, and what the backend notes goes into the audit log', async () => {
    const { plugin } = pluginWith([{ allowed: false, reason: 'not signed', auditAnnotations: { signer: 'nobody' } }])
    const seen = newSeen()
    expect(await refusalBy(plugin, { object: pod() }, seen)).toBe('pods "p" is forbidden: image policy webhook backend denied one or more images: not signed')
    expect(seen.annotations).toEqual({ 'imagepolicywebhook.image-policy.k8s.io/signer': 'nobody' })
  })

  test('IP2 answers are remembered, denials for a shorter time', async () => {
    const { plugin, clock, asked } = pluginWith([{ allowed: false }, { allowed: true }])
    const refusal = () => refusalBy(plugin, { object: pod() })
    expect([await refusal(), await refusal(), asked.length]).toEqual([expect.stringContaining('rejected by webhook backend'), expect.stringContaining('rejected by webhook backend'), 1])
    await clock.advance(10_000)
    expect([await refusal(), asked.length]).toEqual([undefined, 2])
    await clock.advance(49_000)
    expect([await refusal(), asked.length]).toEqual([undefined, 2])
    await clock.advance(1_000)
    expect([await refusal(), asked.length]).toEqual([undefined, 3])
  })

  test.each([
    [false, 'pods "p" is forbidden: connection refused', {}],
    [true, undefined, { 'imagepolicywebhook.image-policy.k8s.io/failed-open': 'true' }],
  ])('IP3 without an answer after five tries, defaultAllow %s decides', async (defaultAllow, refusal, annotations) => {
    const { plugin, clock, asked } = pluginWith([new Error('connection refused')], { defaultAllow })
    const seen = newSeen()
    const refused = refusalBy(plugin, { object: pod() }, seen)
    await clock.advance(100 + 150 + 225 + 338)
    expect([await refused, seen.annotations, asked.length]).toEqual([refusal, annotations, 5])
  })

  test('settings that mean nothing are refused', () => {
    expect(() => pluginWith([], { allowTTL: 4_000 })).toThrow('ImagePolicyWebhook: allowTTL: must be between 1 and 1800 seconds')
  })
})
