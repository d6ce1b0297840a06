import { expect, test } from 'vitest'
import type { Client } from '../../../machinery/client.ts'
import { shortPod } from '../parity/short-objects.ts'
import { newDefaultBinder } from './default-binder.ts'

test('DB1 the binding names the uid, so that a namesake is not bound', async () => {
  const sent: unknown[] = []
  const client = { createSubresource: (...asked: unknown[]) => { sent.push(asked.slice(1, 4)); return Promise.resolve({}) } } as unknown as Client
  const pod = shortPod('p ns=team')
  expect(await newDefaultBinder({ client }).bind(pod, 'a', new AbortController().signal)).toBe('bound')
  expect(sent).toEqual([[{ namespace: 'team', name: 'p' }, 'binding', { apiVersion: 'v1', kind: 'Binding', metadata: { name: 'p', namespace: 'team', uid: pod.metadata.uid }, target: { kind: 'Node', name: 'a' } }]])
})

test('DB1 what the API server refuses is thrown, and ends the attempt', async () => {
  const client = { createSubresource: () => Promise.reject(new Error('the pod is bound already')) } as unknown as Client
  await expect(newDefaultBinder({ client }).bind(shortPod('p'), 'a', new AbortController().signal)).rejects.toThrow('bound already')
})
