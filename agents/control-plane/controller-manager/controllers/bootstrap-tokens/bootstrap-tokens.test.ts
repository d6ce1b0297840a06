import { createHmac } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ControllerScene } from '../../../../../test/fakes/controller-scene.ts'
import { createControllerScene } from '../../../../../test/fakes/controller-scene.ts'
import { configMaps, secrets } from '../../../../api/resources.ts'
import { bootstrapSignerController } from './bootstrap-signer-controller.ts'
import { tokenCleanerController } from './token-cleaner-controller.ts'

let scene: ControllerScene
beforeEach(() => { scene = createControllerScene() })
afterEach(() => scene[Symbol.asyncDispose]())

function token(id: string, more: Record<string, string> = {}) {
  const data = { 'token-id': id, 'token-secret': `secret-${id}`, 'usage-bootstrap-signing': 'true', ...more }
  scene.cluster.put(secrets, { metadata: { namespace: 'kube-system', name: `bootstrap-token-${id}` }, type: 'bootstrap.kubernetes.io/token', data: Object.fromEntries(Object.entries(data).map(([name, text]) => [name, btoa(text)])) })
}

const inMs = (ms: number) => ({ expiration: new Date(scene.clock.now() + ms).toISOString() })

describe('bootstrap tokens', () => {
  it('BG1 BG2: signs cluster-info with every token that may, and takes signatures of others away', async () => {
    token('aaaaaa')
    token('bbbbbb', { 'usage-bootstrap-signing': 'false' })
    token('cccccc', inMs(60_000))
    scene.cluster.put(configMaps, { metadata: { namespace: 'kube-public', name: 'cluster-info' }, data: { 'kubeconfig': 'text', 'other': 'kept', 'jws-kubeconfig-zzzzzz': 'old' } })
    await scene.start(bootstrapSignerController)
    const data = () => scene.cluster.peek(configMaps, { namespace: 'kube-public', name: 'cluster-info' })!.data!
    expect(Object.keys(data()).sort()).toEqual(['jws-kubeconfig-aaaaaa', 'jws-kubeconfig-cccccc', 'kubeconfig', 'other'])
    const [header, payload, signature] = data()['jws-kubeconfig-aaaaaa']!.split('.')
    expect([JSON.parse(atob(header!)), payload]).toEqual([{ alg: 'HS256', kid: 'aaaaaa' }, ''])
    expect(signature).toBe(createHmac('sha256', 'secret-aaaaaa').update(`${header}.dGV4dA`).digest('base64url'))
    await scene.settle(61_000)
    expect(Object.keys(data())).not.toContain('jws-kubeconfig-cccccc')
  })

  it('TC1: deletes tokens whose time has passed or cannot be read', async () => {
    token('aaaaaa')
    token('bbbbbb', inMs(60_000))
    token('cccccc', { expiration: 'soon' })
    await scene.start(tokenCleanerController)
    const left = () => scene.cluster.all(secrets).map(({ metadata }) => metadata.name.slice(-6))
    expect(left()).toEqual(['aaaaaa', 'bbbbbb'])
    await scene.settle(61_000)
    expect(left()).toEqual(['aaaaaa'])
  })
})
