import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { FakeClock } from '../../../base/fake-clock.ts'
import type { Attributes, Authorizer } from '../access/authorizer.ts'
import type { KubeObject } from '../registry/kube-object.ts'
import { createAdmissionChain } from './admission.ts'
import type { AdmissionRounds } from './admission.ts'
import { readAdmissionConfiguration } from './admission-configuration.ts'
import { newSeen, object, readerOf, refusalBy, requestOf } from './admission.sample.ts'
import { alwaysPullImages } from './always-pull-images.ts'
import { denyServiceExternalIps } from './deny-service-external-ips.ts'
import { eventRateLimit } from './event-rate-limit.ts'
import { extendedResourceToleration } from './extended-resource-toleration.ts'
import { limitPodHardAntiAffinityTopology } from './limit-pod-hard-anti-affinity-topology.ts'
import { limitRanger } from './limit-ranger.ts'
import { readLimitedResources } from './limited-resources.ts'
import { namespaceAutoProvision, namespaceExists } from './namespace-existence.ts'
import { ownerReferencesPermissionEnforcement } from './owner-references-permission-enforcement.ts'
import { podNodeSelector } from './pod-node-selector.ts'
import { podAmounts } from '../../../api/quota/pod-amounts.ts'
import { podResizeValidator } from './pod-resize-validator.ts'
import { podTolerationRestriction } from './pod-toleration-restriction.ts'
import { podTopologyLabels } from './pod-topology-labels.ts'
import { resourceQuota } from './resource-quota.ts'

const pod = (spec: object = {}, metadata: object = {}): KubeObject => object('Pod', 'p', { metadata, spec: { containers: [{ name: 'c', image: 'web' }], ...spec } }, 'ns')

describe('the chain', () => {
  it('AD4: everything that changes objects runs a second time when something asked for it, never a third', async () => {
    const ran: string[] = []
    const plugin = (name: string, asks: boolean) => ({ name, concerns: () => true, admit: (_: unknown, rounds: AdmissionRounds) => {
      ran.push(`${name} ${rounds.isSecond}`)
      if (asks) rounds.askForSecond()
    } })
    expect(await createAdmissionChain([plugin('a', false), plugin('b', true)]).admit(requestOf({ object: pod() }))).toBe(true)
    expect(ran).toEqual(['a false', 'b false', 'a true', 'b true'])
    expect(await createAdmissionChain([plugin('a', false)]).admit(requestOf({ object: pod() }))).toBe(false)
  })

  it('AD2: a refusal is on the record with its reason', async () => {
    const seen = newSeen()
    await refusalBy({ name: 'No', concerns: () => true, validate() { throw new Error('never') } }, { object: pod() }, seen)
    expect(seen.verdicts).toEqual([{ plugin: 'No', phase: 'validate', atMs: 0, verdict: 'denied', ms: 0, reason: 'never' }])
  })
})

describe('plugins of pods', () => {
  it('AP1 AP2: AlwaysPullImages', async () => {
    const made = pod({ containers: [{ name: 'c', image: 'web', imagePullPolicy: 'Never' }], volumes: [{ name: 'v', image: { reference: 'x' } }] })
    expect(await refusalBy(alwaysPullImages(), { object: made })).toBeUndefined()
    expect([made['spec']]).toEqual([{ containers: [{ name: 'c', image: 'web', imagePullPolicy: 'Always' }], volumes: [{ name: 'v', image: { reference: 'x', pullPolicy: 'Always' } }] }])
    const same = pod({ containers: [{ name: 'c', image: 'web', imagePullPolicy: 'Never' }] })
    await refusalBy(alwaysPullImages(), { operation: 'UPDATE', object: same, oldObject: pod() })
    expect(same['spec']).toEqual({ containers: [{ name: 'c', image: 'web', imagePullPolicy: 'Never' }] })
  })

  it('LimitPodHardAntiAffinityTopology', async () => {
    const spread = pod({ affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'zone' }] } } })
    expect(await refusalBy(limitPodHardAntiAffinityTopology(), { object: spread })).toBe('pods "p" is forbidden: affinity.PodAntiAffinity.RequiredDuringScheduling has TopologyKey zone but only key kubernetes.io/hostname is allowed')
  })

  it('ExtendedResourceToleration', async () => {
    const asks = pod({ containers: [{ name: 'c', resources: { requests: { 'example.com/gpu': '1', cpu: '1', 'kubernetes.io/x': '1' } } }] })
    await refusalBy(extendedResourceToleration(), { object: asks })
    expect((asks['spec'] as { tolerations: unknown }).tolerations).toEqual([{ key: 'example.com/gpu', operator: 'Exists', effect: 'NoSchedule' }])
  })

  it('PN1 PN2: PodNodeSelector', async () => {
    const reader = readerOf({ namespaces: [object('Namespace', 'ns', { metadata: { annotations: { 'scheduler.alpha.kubernetes.io/node-selector': 'env=dev, disk=ssd' } } })] })
    const plain = pod({ nodeSelector: { own: 'x' } })
    expect(await refusalBy(podNodeSelector(reader, undefined), { object: plain })).toBeUndefined()
    expect((plain['spec'] as { nodeSelector: unknown }).nodeSelector).toEqual({ env: 'dev', disk: 'ssd', own: 'x' })
    expect(await refusalBy(podNodeSelector(reader, undefined), { object: pod({ nodeSelector: { env: 'prod' } }) })).toBe('pods "p" is forbidden: pod node label selector conflicts with its namespace node label selector')
    const configured = { podNodeSelectorPluginConfig: { clusterDefaultNodeSelector: 'a=b', ns: 'env=dev' } }
    expect(await refusalBy(podNodeSelector(reader, configured), { object: pod() })).toContain('labels conflict with its namespace whitelist')
    const elsewhere = pod()
    await refusalBy(podNodeSelector(readerOf({ namespaces: [object('Namespace', 'ns')] }), { podNodeSelectorPluginConfig: { clusterDefaultNodeSelector: 'a=b' } }), { object: elsewhere })
    expect((elsewhere['spec'] as { nodeSelector: unknown }).nodeSelector).toEqual({ a: 'b' })
  })

  it('PT1 PT2 PT3: PodTolerationRestriction', async () => {
    const annotations = { 'scheduler.alpha.kubernetes.io/defaultTolerations': '[{"key":"a","operator":"Exists"}]', 'scheduler.alpha.kubernetes.io/tolerationsWhitelist': '[{"key":"a","operator":"Exists"},{"key":"node.kubernetes.io/memory-pressure","operator":"Exists"}]' }
    const plugin = podTolerationRestriction(readerOf({ namespaces: [object('Namespace', 'ns', { metadata: { annotations } })] }), undefined)
    const burstable = pod({ containers: [{ name: 'c', resources: { requests: { cpu: '1' } } }], tolerations: [{ key: 'a', operator: 'Equal', value: 'x', effect: 'NoSchedule' }] })
    expect(await refusalBy(plugin, { object: burstable })).toBeUndefined()
    expect((burstable['spec'] as { tolerations: unknown }).tolerations).toEqual([{ key: 'a', operator: 'Exists' }, { key: 'node.kubernetes.io/memory-pressure', operator: 'Exists', effect: 'NoSchedule' }])
    expect(await refusalBy(plugin, { object: pod({ tolerations: [{ key: 'b', operator: 'Exists' }] }) })).toBe('pod tolerations (possibly merged with namespace default tolerations) conflict with its namespace whitelist')
  })

  it('PL1 PL2: PodTopologyLabels', async () => {
    const plugin = podTopologyLabels(readerOf({ nodes: [object('Node', 'n', { metadata: { labels: { 'topology.kubernetes.io/zone': 'z1', other: 'x' } } })] }))
    const binding = object('Binding', 'p', { target: { kind: 'Node', name: 'n' } }, 'ns')
    await refusalBy(plugin, { object: binding, subresource: 'binding' })
    expect(binding.metadata.labels).toEqual({ 'topology.kubernetes.io/zone': 'z1' })
    const placed = pod({ nodeName: 'unknown' })
    await refusalBy(plugin, { object: placed })
    expect(placed.metadata.labels).toBeUndefined()
  })

  it('RV1 RV2: PodResizeValidator', async () => {
    const plugin = podResizeValidator(readerOf({ nodes: [object('Node', 'n', { status: { allocatable: { cpu: '2', memory: '1Gi' } } }), object('Node', 'w', { metadata: { labels: { 'kubernetes.io/os': 'windows' } } })] }))
    const resize = (nodeName: string, cpu: string, generation = 2) => refusalBy(plugin, { operation: 'UPDATE', subresource: 'resize', oldObject: pod({}, { generation: 1 }), object: pod({ nodeName, containers: [{ name: 'c', resources: { requests: { cpu, memory: '100Mi' } } }], initContainers: [{ name: 's', restartPolicy: 'Always', resources: { requests: { cpu: '500m' } } }] }, { generation }) })
    expect(await resize('n', '1500m')).toBeUndefined()
    expect(await resize('n', '1600m')).toBe("pods \"p\" is forbidden: node didn't have enough allocatable resources: cpu, requested: 2100, allocatable: 2000")
    expect(await resize('n', '9', 1)).toBeUndefined()
    expect(await resize('w', '1')).toBe('pods "p" is forbidden: pod resize is only supported on linux nodes, node "w" is "windows"')
    expect(await resize('gone', '1')).toBe('pods "p" is forbidden: node "gone" not found')
  })
})

describe('amounts', () => {
  it('PR-1 PR-2 PR-3: what a pod asks for as a whole', () => {
    const asks = (cpu: string, more: object = {}) => ({ name: 'x', resources: { requests: { cpu } }, ...more })
    const spec = { containers: [asks('1'), asks('500m')], initContainers: [asks('250m', { restartPolicy: 'Always' }), asks('2')], overhead: { cpu: '100m' } }
    expect([podAmounts(spec, 'requests'), podAmounts(spec, 'requests', true), podAmounts(spec, 'limits', true)]).toEqual([{ cpu: '2250m' }, { cpu: '2350m' }, {}])
    expect(podAmounts({ ...spec, resources: { requests: { cpu: '3', 'example.com/x': '1' } } } as never, 'requests')).toEqual({ cpu: '3' })
  })

  it('LimitRanger: claims and resizes', async () => {
    const plugin = limitRanger(readerOf({ limitranges: [object('LimitRange', 'l', { spec: { limits: [{ type: 'PersistentVolumeClaim', min: { storage: '1Gi' }, max: { storage: '2Gi' } }, { type: 'Container', max: { cpu: '1' } }] } }, 'ns')] }))
    const claim = (storage: string) => refusalBy(plugin, { resource: 'persistentvolumeclaims', object: object('PersistentVolumeClaim', 'c', { spec: { resources: { requests: { storage } } } }, 'ns') })
    expect([await claim('1Gi'), await claim('3Gi'), await claim('1Mi')]).toEqual([undefined, 'persistentvolumeclaims "c" is forbidden: maximum storage usage per PersistentVolumeClaim is 2Gi, but request is 3Gi', 'persistentvolumeclaims "c" is forbidden: minimum storage usage per PersistentVolumeClaim is 1Gi, but request is 1Mi'])
    const big = pod({ containers: [{ name: 'c', resources: { requests: { cpu: '1' }, limits: { cpu: '2' } } }] })
    expect(await refusalBy(plugin, { operation: 'UPDATE', subresource: 'resize', object: big, oldObject: pod() })).toBe('pods "p" is forbidden: maximum cpu usage per Container is 1, but limit is 2')
  })

  it('LI1 LI2: ResourceQuota limits what no quota covers', async () => {
    const limited = readLimitedResources({ kind: 'ResourceQuotaConfiguration', limitedResources: [{ resource: 'persistentvolumeclaims', matchContains: ['gold.storageclass'] }] })
    const plugin = resourceQuota(readerOf({}), limited, () => { throw new Error('nothing to charge') })
    const claim = (storageClassName: string) => refusalBy(plugin, { resource: 'persistentvolumeclaims', object: object('PersistentVolumeClaim', 'c', { spec: { storageClassName, resources: { requests: { storage: '1Gi' } } } }, 'ns') })
    expect([await claim('silver'), await claim('gold')]).toEqual([undefined, 'persistentvolumeclaims "c" is forbidden: insufficient quota to consume: gold.storageclass.storage.k8s.io/persistentvolumeclaims,gold.storageclass.storage.k8s.io/requests.storage'])
  })

  it('LI2: a pod of a limited scope needs a quota of that scope', async () => {
    const limited = readLimitedResources({ kind: 'ResourceQuotaConfiguration', limitedResources: [{ resource: 'pods', matchScopes: [{ scopeName: 'PriorityClass', operator: 'In', values: ['cluster-services'] }] }] })
    const quota = object('ResourceQuota', 'q', { spec: { scopeSelector: { matchExpressions: [{ scopeName: 'PriorityClass', operator: 'In', values: ['cluster-services'] }] } }, status: { hard: {} } }, 'ns')
    const important = pod({ priorityClassName: 'cluster-services', containers: [] })
    const without = resourceQuota(readerOf({}), limited, () => { throw new Error('nothing to charge') })
    expect(await refusalBy(without, { object: important })).toBe('pods "p" is forbidden: insufficient quota to match these scopes: [{PriorityClass In [cluster-services]}]')
    expect(await refusalBy(without, { object: pod() })).toBeUndefined()
    const covered = resourceQuota(readerOf({ resourcequotas: [quota] }), limited, () => ({}) as never)
    expect(await refusalBy(covered, { object: important })).toBeUndefined()
    expect(() => readLimitedResources({ kind: 'ResourceQuotaConfiguration', limitedResources: [{ resource: 'pods', matchScopes: [{ scopeName: 'PriorityClass', operator: 'Near' }] }] })).toThrow('limitedResources[0].matchScopes[0].operator: Unsupported value: "Near"')
  })

  it('RQ5: of several quotas none is charged unless all allow it', async () => {
    const quota = (name: string, pods: string) => object('ResourceQuota', name, { spec: {}, status: { hard: { pods }, used: { pods: '1' } } }, 'ns')
    const stored = new Map([quota('a', '5'), quota('b', '1'), quota('late', '5')].map(each => [each.metadata.name!, each]))
    const written: string[] = []
    const writer = {
      readFresh: ({ name }: { name: string }) => Promise.resolve(stored.get(name)),
      update: ({ name }: { name: string }, change: (current: KubeObject) => KubeObject) => {
        const next = change(name === 'late' ? quota('late', '1') : stored.get(name)!) // used up meanwhile
        written.push(`${name} ${JSON.stringify((next['status'] as { used: object }).used)}`)
        stored.set(name, next)
        return Promise.resolve(undefined)
      },
    }
    const refusal = (...names: string[]) => refusalBy(resourceQuota(readerOf({ resourcequotas: names.map(name => stored.get(name)!) }), [], () => ({ writer, quotas: {} }) as never), { object: pod() })
    expect(await refusal('a', 'b')).toBe('pods "p" is forbidden: exceeded quota: b, requested: pods=1, used: pods=1, limited: pods=1')
    expect(written).toEqual([])
    expect(await refusal('a', 'late')).toMatch('exceeded quota: late')
    expect(written).toEqual(['a {"pods":"2"}', 'a {"pods":"1"}'])
  })
})

describe('other plugins', () => {
  it('NE1 NE2: namespaces that are missing', async () => {
    const none = readerOf({})
    expect(await refusalBy(namespaceExists(none), { object: pod() })).toBe('namespaces "ns" not found')
    const made: string[] = []
    const provision = namespaceAutoProvision(none, name => {
      made.push(name)
      return Promise.resolve()
    })
    await refusalBy(provision, { object: pod() })
    await refusalBy(provision, { object: pod(), dryRun: true })
    expect(made).toEqual(['ns'])
  })

  it('DenyServiceExternalIPs', async () => {
    const service = (externalIPs?: string[]) => object('Service', 's', { spec: externalIPs === undefined ? {} : { externalIPs } }, 'ns')
    const ask = (now: KubeObject, old?: KubeObject) => refusalBy(denyServiceExternalIps(), { resource: 'services', object: now, oldObject: old, operation: old === undefined ? 'CREATE' : 'UPDATE' })
    expect([await ask(service()), await ask(service(['1.2.3.4']), service(['1.2.3.4', '5.6.7.8']))]).toEqual([undefined, undefined])
    expect(await ask(service(['9.9.9.9']), service(['1.2.3.4']))).toBe('services "s" is forbidden: Use of external IPs is denied by admission control')
  })

  it('OR1 OR2: OwnerReferencesPermissionEnforcement', async () => {
    const asked: string[] = []
    const authorizer = (allows: (attributes: Attributes) => boolean): Authorizer => ({ authorize: attributes => {
      asked.push(`${attributes.verb} ${attributes.resource}/${attributes.subresource} ${attributes.name}`)
      return { decision: allows(attributes) ? 'allow' : 'no-opinion', reason: 'no rule' }
    } })
    const owner = (blockOwnerDeletion: boolean) => ({ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'r', uid: 'u', blockOwnerDeletion })
    const forms = () => ({ resourceOfKind: () => ({ group: 'apps', version: 'v1', resource: 'replicasets', namespaced: true }) }) as never
    const owned = (blocks: boolean) => pod({}, { ownerReferences: [owner(blocks)] })
    const plugin = (allows: (attributes: Attributes) => boolean) => ownerReferencesPermissionEnforcement(authorizer(allows), forms)
    expect(await refusalBy(plugin(() => false), { object: owned(false) })).toBeUndefined()
    expect(await refusalBy(plugin(() => false), { operation: 'UPDATE', object: owned(false), oldObject: pod() })).toBe('pods "p" is forbidden: cannot set an ownerRef on a resource you can\'t delete: no rule, <nil>')
    expect(await refusalBy(plugin(({ resource }) => resource === 'pods'), { object: owned(true) })).toBe('pods "p" is forbidden: cannot set blockOwnerDeletion if an ownerReference refers to a resource you can\'t set finalizers on: no rule, <nil>')
    expect(await refusalBy(plugin(() => true), { operation: 'UPDATE', object: owned(true), oldObject: owned(true) })).toBeUndefined()
    expect(asked).toEqual(['delete pods/ p', 'update */finalizers *', 'update replicasets/finalizers r'])
  })

  it('EL1 EL2: EventRateLimit', async () => {
    const clock = new FakeClock()
    const plugin = eventRateLimit({ limits: [{ type: 'Namespace', qps: 1, burst: 2 }] }, clock)
    const event = (namespace: string) => refusalBy(plugin, { resource: 'events', object: object('Event', 'e', {}, namespace) })
    expect([await event('a'), await event('a'), await event('a'), await event('b')]).toEqual([undefined, undefined, 'Too many requests: limit reached on type Namespace for key a', undefined])
    await clock.advance(1_000)
    expect(await event('a')).toBeUndefined()
    expect(() => eventRateLimit(undefined, clock)).toThrow('must not be empty')
    expect(() => eventRateLimit({ limits: [{ type: 'Nope', qps: 1, burst: 1 }] }, clock)).toThrow('limits[0].type')
  })

  it('AC1 AC2: the configuration file', () => {
    const folder = mkdtempSync(join(tmpdir(), 'admission-'))
    const write = (name: string, text: string) => {
      writeFileSync(join(folder, name), text)
      return join(folder, name)
    }
    write('limits.yaml', 'limits: []\n')
    const file = write('all.yaml', 'apiVersion: apiserver.config.k8s.io/v1\nkind: AdmissionConfiguration\nplugins:\n- name: EventRateLimit\n  path: limits.yaml\n- name: PodSecurity\n  configuration: {kind: PodSecurityConfiguration}\n')
    const config = readAdmissionConfiguration(file)
    expect([config.of('EventRateLimit'), config.of('PodSecurity'), config.of('Other')]).toEqual([{ limits: [] }, { kind: 'PodSecurityConfiguration' }, undefined])
    expect(() => readAdmissionConfiguration(write('bad.yaml', 'kind: X\n'))).toThrow('must be AdmissionConfiguration')
    rmSync(folder, { recursive: true })
  })
})
