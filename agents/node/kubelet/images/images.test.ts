import { describe, expect, test } from 'vitest'
import type { Secret } from '../../../api/groups/core-v1/types.ts'
import { FakeClock } from '../../../base/fake-clock.ts'
import { FakeRuntime } from '../cri/fake-runtime.ts'
import { samplePod } from '../pod-worker/sample-pods.ts'
import { ImagePuller } from './image-puller.ts'
import { defaultPullPolicy, readImageReference } from './image-reference.ts'
import { authsFor } from './pull-secrets.ts'

describe('image references', () => {
  const digest = `sha256:${'a'.repeat(64)}`
  test.each([
    ['web', 'docker.io/library/web:latest'], ['busybox:1.36', 'docker.io/library/busybox:1.36'], ['kubarium/dns', 'docker.io/kubarium/dns:latest'],
    ['registry.k8s.io/pause:3.10', 'registry.k8s.io/pause:3.10'], ['localhost/x', 'localhost/x:latest'], ['host:5000/a/b:t', 'host:5000/a/b:t'], [`web@${digest}`, `docker.io/library/web@${digest}`],
  ])('IR1 %s is %s', (name, text) => {
    expect(readImageReference(name)?.text).toBe(text)
  })

  test.each(['', 'UPPER', 'a//b', 'a:', 'a b', '-x', 'a'.repeat(5000), 'f'.repeat(64)])('IR2 %j is no image', name => {
    expect(readImageReference(name)).toBeUndefined()
  })

  test('default pull policy', () => {
    expect(['web', 'web:latest', 'web:1', `web@${digest}`].map(defaultPullPolicy)).toEqual(['Always', 'Always', 'IfNotPresent', 'IfNotPresent'])
  })
})

describe('image puller', () => {
  function scene() {
    const clock = new FakeClock()
    const runtime = new FakeRuntime(clock)
    const puller = new ImagePuller(runtime, clock)
    const told: string[] = []
    const ensure = (image: string, imagePullPolicy?: string) =>
      puller.ensure(samplePod(), { name: 'main', image, ...(imagePullPolicy === undefined ? {} : { imagePullPolicy }) }, () => Promise.resolve([]), (_type, reason) => void told.push(reason), new AbortController().signal).then(found => found.ref, (error: { reason?: string }) => error.reason)
    return { clock, runtime, ensure, told }
  }

  test('IP1 policies', async () => {
    const { runtime, ensure } = scene()
    expect(await ensure('web:1', 'Never')).toBe('ErrImageNeverPull')
    runtime.addImage('docker.io/library/web:1')
    expect(await ensure('web:1', 'Never')).toBe('sha256:docker.io/library/web:1')
    expect(await ensure('web:1')).toBe('sha256:docker.io/library/web:1')
    expect(runtime.calls).toEqual([])
    await ensure('web:1', 'Always')
    expect(runtime.calls).toEqual(['pull docker.io/library/web:1'])
    expect(await ensure('Bad//')).toBe('InvalidImageName')
  })

  test('IP2 IP4 a failed pull backs off, then is tried again', async () => {
    const { clock, runtime, ensure, told } = scene()
    runtime.fail = call => (call.startsWith('pull') ? new Error('no registry') : undefined)
    expect(await ensure('web')).toBe('ErrImagePull')
    expect(await ensure('web')).toBe('ImagePullBackOff')
    await clock.advance(10_001)
    expect(await ensure('web')).toBe('ErrImagePull')
    await clock.advance(10_001)
    expect(await ensure('web')).toBe('ImagePullBackOff')
    runtime.fail = () => undefined
    await clock.advance(10_001)
    expect(await ensure('web')).toBe('sha256:docker.io/library/web:latest')
    expect(told).toEqual(['Pulling', 'Failed', 'BackOff', 'Pulling', 'Failed', 'BackOff', 'Pulling', 'Pulled'])
  })

  test('IP3 two who want one image share the pull', async () => {
    const { runtime, ensure } = scene()
    await Promise.all([ensure('web'), ensure('web')])
    expect(runtime.calls).toEqual(['pull docker.io/library/web:latest'])
  })
})

test('pull secrets fit by registry and path, the closest first', () => {
  const secret = (auths: object) => ({ data: { '.dockerconfigjson': Buffer.from(JSON.stringify({ auths })).toString('base64') } }) as unknown as Secret
  const found = authsFor(readImageReference('host:5000/team/app')!, [secret({ 'https://host:5000/v1/': { auth: 'A' }, 'host:5000/team': { username: 'u', password: 'p' }, 'other': { auth: 'X' } }), { data: { '.dockerconfigjson': '!!' } } as unknown as Secret])
  expect(found).toEqual([{ serverAddress: 'host:5000/team', username: 'u', password: 'p' }, { serverAddress: 'host:5000', auth: 'A' }])
})
