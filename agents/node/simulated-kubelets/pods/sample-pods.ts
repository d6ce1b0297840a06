/** Pods for tests of this room. */
import type { Pod, PodSpec } from '../../../api/groups/core-v1/types.ts'

export function samplePod(name: string, spec: Partial<PodSpec> = {}, metadata: Partial<Pod['metadata']> = {}): Pod {
  return {
    kind: 'Pod', apiVersion: 'v1',
    metadata: { name, namespace: 'default', uid: `uid-${name}`, resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z', generation: 1, ...metadata },
    spec: { nodeName: 'sim-1', restartPolicy: 'Always', containers: [{ name: 'web', image: 'nginx' }], ...spec },
    status: { phase: 'Pending' },
  } as Pod
}
