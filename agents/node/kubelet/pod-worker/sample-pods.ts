/** Pods and observations for tests, with as little as a test wants to say. */
import type { Container, Pod, PodSpec, PodStatus } from '../../../api/groups/core-v1/types.ts'
import type { ObservedContainer, ObservedPod, ObservedSandbox } from '../cri/observed-pod.ts'
import { containerHash } from './pod-containers.ts'

export function samplePod(spec: Partial<PodSpec> = {}, more: { readonly status?: PodStatus; readonly metadata?: Partial<Pod['metadata']> } = {}): Pod {
  return {
    apiVersion: 'v1', kind: 'Pod',
    metadata: { name: 'web', namespace: 'default', uid: 'u1', resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z', ...more.metadata },
    spec: { containers: [{ name: 'main', image: 'web' }], restartPolicy: 'Always', nodeName: 'node-1', ...spec },
    status: more.status ?? {},
  }
}

export function sampleContainer(name: string, state: ObservedContainer['state'], more: Partial<ObservedContainer> & { readonly spec?: Container } = {}): ObservedContainer {
  const { spec = { name, image: 'web' }, ...rest } = more
  return {
    id: `${name}-0`, sandboxId: 's0', name, state, restartCount: 0, hash: containerHash(spec), image: 'web', imageRef: 'sha256:1', createdAtMs: 1_000, startedAtMs: 1_000,
    finishedAtMs: state === 'exited' ? 2_000 : 0, exitCode: 0, reason: '', message: '', logPath: '', terminationMessageFile: undefined, terminationMessagePolicy: 'File', ...rest,
  }
}

export function sampleObserved(containers: readonly ObservedContainer[], sandboxes: readonly Partial<ObservedSandbox>[] = [{}], addresses: readonly string[] = ['10.244.0.2']): ObservedPod {
  return {
    uid: 'u1', namespace: 'default', name: 'web', containers, addresses,
    sandboxes: sandboxes.map((sandbox, index) => ({ id: `s${sandboxes.length - 1 - index}`, attempt: sandboxes.length - 1 - index, isReady: true, createdAtMs: 500, runtimeHandler: '', ...sandbox })),
  }
}
