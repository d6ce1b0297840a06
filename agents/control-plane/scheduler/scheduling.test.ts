import { describe, expect, test } from 'vitest'
import { cluster, decide, node, outcome, pod } from './testing/scenario.ts'

const nothingToEvict = (nodes: number) => `no new claims to deallocate, preemption: 0/${nodes} nodes are available: ${nodes} No preemption victims found for incoming pod.`
const notHelpful = (nodes: number) => `no new claims to deallocate, preemption: 0/${nodes} nodes are available: ${nodes} Preemption is not helpful for scheduling.`

describe('NodeResourcesFit', () => {
  test('RF1 a pod goes where its requests fit', () => {
    const full = cluster([{ node: node('a', { cpu: '1' }), pods: [pod('x', { requests: { cpu: '800m' } })] }, { node: node('b', { cpu: '1' }) }])
    expect(outcome(pod('p', { requests: { cpu: '500m' } }), full)).toBe('b')
  })

  test('RF1 each lack is named and counted', () => {
    const small = cluster([
      { node: node('a', { cpu: '1', memory: '1Gi' }), pods: [pod('x', { requests: { cpu: '1', memory: '1Gi' } })] },
      { node: node('b', { cpu: '1', memory: '4Gi' }), pods: [pod('y', { requests: { cpu: '1' } })] },
    ])
    expect(outcome(pod('p', { requests: { cpu: '500m', memory: '512Mi' } }), small)).toBe(`0/2 nodes are available: 1 Insufficient memory, 2 Insufficient cpu. ${nothingToEvict(2)}`)
  })

  test('RF2 a node with all its pods takes no more', () => {
    const full = cluster([{ node: node('a', { pods: '1' }), pods: [pod('x')] }])
    expect(outcome(pod('p'), full)).toBe(`0/1 nodes are available: 1 Too many pods. ${nothingToEvict(1)}`)
  })

  test('RF3 a request larger than the node is not worth a preemption', () => {
    const small = cluster([{ node: node('a', { cpu: '1' }), pods: [pod('x', { requests: { cpu: '1' }, priority: -5 })] }])
    expect(outcome(pod('p', { requests: { cpu: '3' }, priority: 10 }), small)).toBe(`0/1 nodes are available: 1 Insufficient cpu. ${notHelpful(1)}`)
  })

  test('RF4 the emptier node is preferred', () => {
    const uneven = cluster([{ node: node('a'), pods: [pod('x', { requests: { cpu: '1', memory: '1Gi' } })] }, { node: node('b') }])
    expect(outcome(pod('p', { requests: { cpu: '100m', memory: '100Mi' } }), uneven)).toBe('b')
  })

  test('PF1 an init container counts by its own turn, sidecars add up', () => {
    const wanted = pod('p', { requests: { cpu: '100m' }, spec: { initContainers: [{ name: 'side', restartPolicy: 'Always', resources: { requests: { cpu: '300m' } } }, { name: 'setup', resources: { requests: { cpu: '700m' } } }] } })
    expect(outcome(wanted, cluster([{ node: node('a', { cpu: '999m' }) }]))).toContain('Insufficient cpu')
    expect(outcome(wanted, cluster([{ node: node('a', { cpu: '1' }) }]))).toBe('a')
  })
})

describe('taints, cordon, selection', () => {
  test('TT1 NU1 NA1 reasons are sorted', () => {
    const mixed = cluster([
      { node: node('tainted', { spec: { taints: [{ key: 'k', effect: 'NoSchedule' }] } }) },
      { node: node('cordoned', { spec: { unschedulable: true } }) },
      { node: node('other') },
    ])
    const wanted = pod('p', { spec: { nodeSelector: { disk: 'ssd' } } })
    expect(outcome(wanted, mixed)).toBe(`0/3 nodes are available: 1 node(s) didn't match Pod's node affinity/selector, 1 node(s) had untolerated taint(s), 1 node(s) were unschedulable. ${notHelpful(3)}`)
  })

  test('TT1 a toleration lets the pod on', () => {
    const tainted = cluster([{ node: node('a', { spec: { taints: [{ key: 'k', value: 'v', effect: 'NoExecute' }] } }) }])
    expect(outcome(pod('p', { spec: { tolerations: [{ key: 'k', operator: 'Exists' }] } }), tainted)).toBe('a')
    expect(outcome(pod('p', { spec: { tolerations: [{ key: 'k', value: 'other' }] } }), tainted)).toContain('untolerated taint')
  })

  test('TT2 fewer PreferNoSchedule taints are better', () => {
    const soft = cluster([{ node: node('a', { spec: { taints: [{ key: 'k', effect: 'PreferNoSchedule' }] } }) }, { node: node('b') }])
    expect(outcome(pod('p'), soft)).toBe('b')
  })

  test('NS2 Gt compares numbers, NA2 preferred terms weigh', () => {
    const labelled = cluster([{ node: node('small', { labels: { gpus: '9' } }) }, { node: node('large', { labels: { gpus: '10' } }) }])
    const wanted = pod('p', { spec: { affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'gpus', operator: 'Gt', values: ['9'] }] }] } } } } })
    expect(outcome(wanted, labelled)).toBe('large')
    const prefers = pod('p', { spec: { affinity: { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 50, preference: { matchExpressions: [{ key: 'gpus', operator: 'In', values: ['9'] }] } }] } } } })
    expect(outcome(prefers, labelled)).toBe('small')
  })

  test('NN1 a named node is the only one', () => {
    const two = cluster([{ node: node('a') }, { node: node('b') }])
    expect(outcome(pod('p', { spec: { nodeName: 'b' } }), two)).toBe('b')
  })

  test('NP1 host ports clash by address, port and protocol', () => {
    const port = (hostPort: number, protocol = 'TCP', hostIP = '') => ({ spec: { containers: [{ name: 'c', ports: [{ containerPort: 80, hostPort, protocol, hostIP }] }] } })
    const taken = cluster([{ node: node('a'), pods: [pod('x', port(8080, 'TCP', '10.0.0.1'))] }])
    expect(outcome(pod('p', port(8080)), taken)).toContain("didn't have free ports")
    expect(outcome(pod('p', port(8080, 'UDP')), taken)).toBe('a')
    expect(outcome(pod('p', port(8080, 'TCP', '10.0.0.2')), taken)).toBe('a')
  })
})

describe('PodTopologySpread', () => {
  const spread = (maxSkew: number, whenUnsatisfiable = 'DoNotSchedule') => ({ labels: { app: 'web' }, spec: { topologySpreadConstraints: [{ maxSkew, topologyKey: 'zone', whenUnsatisfiable, labelSelector: { matchLabels: { app: 'web' } } }] } })
  const web = () => pod('w', { labels: { app: 'web' } })

  test('TS1 the fuller zone is refused', () => {
    const zones = cluster([{ node: node('a', { labels: { zone: '1' } }), pods: [web()] }, { node: node('b', { labels: { zone: '2' } }) }])
    expect(outcome(pod('p', spread(1)), zones)).toBe('b')
    expect(decide(pod('p', spread(1)), zones).rejections.get('a')?.reasons).toEqual(["node(s) didn't match pod topology spread constraints"])
  })

  test('TS2 a node without the label is no domain', () => {
    expect(outcome(pod('p', spread(1)), cluster([{ node: node('a') }]))).toContain('(missing required label)')
  })

  test('TS4 the soft form prefers the emptier zone', () => {
    const zones = cluster([{ node: node('a', { labels: { zone: '1' } }), pods: [web(), web()] }, { node: node('b', { labels: { zone: '2' } }), pods: [web()] }])
    expect(outcome(pod('p', spread(1, 'ScheduleAnyway')), zones)).toBe('b')
  })

  test('TS5 pods of one replica set are spread over hosts without being asked', () => {
    const lookups = { replicaSet: () => ({ metadata: { uid: 'rs' }, spec: { selector: { matchLabels: { app: 'web' } } } }) as never }
    const uneven = cluster([{ node: node('a', { cpu: '64', memory: '256Gi' }), pods: [web()] }, { node: node('b', { cpu: '4', memory: '4Gi' }), pods: [] }], lookups)
    expect(outcome(pod('p', { labels: { app: 'web' }, ownerUid: 'rs' }), uneven)).toBe('b')
  })
})

describe('InterPodAffinity', () => {
  const near = (app: string) => ({ spec: { affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { app } } }] } } } })
  const farFrom = (app: string) => ({ labels: { app }, spec: { affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { app } } }] } } } })

  test('IA3 required affinity goes where the friend is', () => {
    const two = cluster([{ node: node('a') }, { node: node('b'), pods: [pod('db', { labels: { app: 'db' } })] }])
    expect(outcome(pod('p', near('db')), two)).toBe('b')
    expect(outcome(pod('p', near('cache')), two)).toBe(`0/2 nodes are available: 2 node(s) didn't match pod affinity rules. ${notHelpful(2)}`)
  })

  test('IA4 the first of a series may start anywhere', () => {
    expect(outcome(pod('p', { labels: { app: 'ring' }, ...near('ring') }), cluster([{ node: node('a') }]))).toBe('a')
  })

  test('IA2 anti-affinity avoids its own kind, IA1 and is respected by newcomers', () => {
    const two = cluster([{ node: node('a'), pods: [pod('x', farFrom('web'))] }, { node: node('b') }])
    expect(outcome(pod('p', farFrom('web')), two)).toBe('b')
    expect(outcome(pod('q', { labels: { app: 'web' } }), two)).toBe('b')
    const one = cluster([{ node: node('a'), pods: [pod('x', farFrom('web'))] }])
    expect(outcome(pod('q', { labels: { app: 'web' } }), one)).toBe(`0/1 nodes are available: 1 node(s) didn't satisfy existing pods anti-affinity rules. ${nothingToEvict(1)}`)
  })

  test('IA6 another namespace is another matter', () => {
    const one = cluster([{ node: node('a'), pods: [pod('x', { ...farFrom('web'), namespace: 'other' })] }])
    expect(outcome(pod('q', { labels: { app: 'web' } }), one)).toBe('a')
  })
})

describe('preemption', () => {
  const low = (name: string, cpu: string, priority = 0) => pod(name, { requests: { cpu }, priority })

  test('PR1 PR3 as few as needed of the lowest go', () => {
    const full = cluster([{ node: node('a', { cpu: '2' }), pods: [low('one', '1', 5), low('two', '500m', 1), low('three', '500m', 3)] }])
    expect(outcome(pod('p', { requests: { cpu: '500m' }, priority: 10 }), full)).toBe('preempts two on a')
  })

  test('PR4 the node whose victims matter least', () => {
    const full = cluster([{ node: node('a', { cpu: '1' }), pods: [low('x', '1', 5)] }, { node: node('b', { cpu: '1' }), pods: [low('y', '1', 2)] }])
    expect(outcome(pod('p', { requests: { cpu: '1' }, priority: 10 }), full)).toBe('preempts y on b')
  })

  test('PR1 preemptionPolicy Never waits', () => {
    const full = cluster([{ node: node('a', { cpu: '1' }), pods: [low('x', '1')] }])
    expect(outcome(pod('p', { requests: { cpu: '1' }, priority: 10, spec: { preemptionPolicy: 'Never' } }), full)).toContain('not eligible due to preemptionPolicy=Never.')
  })

  test('anti-affinity with a victim is cured by evicting it', () => {
    const refuser = pod('refuser', { labels: { app: 'web' }, spec: { affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { app: 'web' } } }] } } } })
    expect(outcome(pod('p', { labels: { app: 'web' }, priority: 10 }), cluster([{ node: node('a'), pods: [refuser] }]))).toBe('preempts refuser on a')
  })
})

test('FM4 a cluster without nodes', () => {
  expect(outcome(pod('p'), cluster([]))).toBe('no nodes available to schedule pods')
})
