import { describe, expect, it } from 'vitest'
import { createControllerScene } from '../../../../../test/fakes/controller-scene.ts'
import { secrets, serviceAccounts } from '../../../../api/resources.ts'
import { sampleConfig } from '../../controller-config.sample.ts'
import { createServiceAccountTokenController } from './service-account-token-controller.ts'

const text = (base64: string | undefined) => Buffer.from(base64 ?? '', 'base64').toString()

describe('service account tokens in secrets', () => {
  it('TK1, TK2: fills the Secret of an account, and deletes it when the account goes', async () => {
    await using scene = createControllerScene()
    await scene.start(createServiceAccountTokenController(sampleConfig)!)
    const account = scene.cluster.put(serviceAccounts, { metadata: { namespace: 'default', name: 'robot' } })
    const at = { namespace: 'default', name: 'robot-token' }
    scene.cluster.put(secrets, { metadata: { ...at, annotations: { 'kubernetes.io/service-account.name': 'robot' } }, type: 'kubernetes.io/service-account-token' })
    await scene.settle()
    const secret = scene.cluster.peek(secrets, at)!
    expect(secret.metadata.annotations?.['kubernetes.io/service-account.uid']).toBe(account.metadata.uid)
    expect([text(secret.data?.['token']), text(secret.data?.['ca.crt']), text(secret.data?.['namespace'])]).toEqual(['signed system:serviceaccount:default:robot', 'CA', 'default'])
    scene.cluster.vanish(serviceAccounts, { namespace: 'default', name: 'robot' })
    await scene.settle()
    expect(scene.cluster.peek(secrets, at)).toBeUndefined()
  })
})
