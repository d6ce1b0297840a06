import { describe, expect, test } from 'vitest'
import type { ConfigMap, Secret, Service } from '../../../api/groups/core-v1/types.ts'
import { podCgroupParent, podCgroupPath, podUidOfCgroup } from './cgroup-names.ts'
import { podResolverConfig, readResolvConf } from './dns-config.ts'
import { buildEnvironment, ConfigError, serviceEnvironment, type EnvironmentSources } from './environment.ts'
import { readFieldPath, readResourceField } from './field-paths.ts'
import { podHostname, renderHostsFile } from './hosts-file.ts'
import { linuxResourcesOf, oomScoreAdj, podResourcesOf, qosClassOf } from './resources.ts'
import { RestartBackoff } from './restart-backoff.ts'
import { samplePod } from './sample-pods.ts'
import { sandboxHostname } from './sandbox-config.ts'
import { linuxSecurityOf } from './security.ts'
import { expandVariables } from './variable-expansion.ts'

const facts = { nodeName: 'node-1', hostAddresses: ['172.30.0.11'], podAddresses: ['10.244.0.2'], allocatable: { cpu: '2', memory: '1Gi' } }
const withResources = (...resources: ({ limits?: Record<string, string>; requests?: Record<string, string> } | undefined)[]) => samplePod({ containers: resources.map((entry, index) => ({ name: `c${index}`, image: 'web', ...(entry === undefined ? {} : { resources: entry }) })) })

describe('variable expansion', () => {
  const values: Record<string, string> = { A: 'a', B: '$(A)', EMPTY: '' }
  test.each([
    ['$(A)', 'a'], ['x$(A)y$(A)', 'xaya'], ['$(B)', '$(A)'], ['$(NONE)', '$(NONE)'], ['$$(A)', '$(A)'], ['$$$(A)', '$a'], ['$(A', '$(A'], ['$', '$'], ['a$b', 'a$b'], ['$(EMPTY)', ''], ['$()', '$()'],
  ])('VE1 VE2 VE3 %s -> %s', (text, wanted) => {
    expect(expandVariables(text, name => values[name])).toBe(wanted)
  })
})

describe('restart back-off', () => {
  test('RB1 RB2 RB3 10 s doubling to 5 min, from the failure, forgotten after 10 min', () => {
    const backoff = new RestartBackoff()
    let now = 0
    const delays: number[] = []
    for (let round = 0; round < 8; round++) {
      const until = backoff.blockedUntil('k', now, now)
      delays.push(until === undefined ? 0 : until - now)
      now = until ?? now
      backoff.attempted('k', now)
    }
    expect(delays.map(delay => delay / 1000)).toEqual([0, 10, 20, 40, 80, 160, 300, 300])
    expect(backoff.blockedUntil('k', now + 601_000, now + 601_000)).toBeUndefined()
    backoff.attempted('k', now + 602_000)
    expect(backoff.delayMs('k')).toBe(10_000)
  })
})

describe('resources', () => {
  test('RS3 QoS classes', () => {
    expect(qosClassOf(withResources(undefined))).toBe('BestEffort')
    expect(qosClassOf(withResources({ limits: { cpu: '1', memory: '1Gi' } }))).toBe('Guaranteed')
    expect(qosClassOf(withResources({ limits: { cpu: '1000m', memory: '1Gi' }, requests: { cpu: '1', memory: '1024Mi' } }))).toBe('Guaranteed')
    expect(qosClassOf(withResources({ limits: { cpu: '1', memory: '1Gi' } }, undefined))).toBe('Burstable')
    expect(qosClassOf(withResources({ requests: { cpu: '1m' } }))).toBe('Burstable')
  })

  test('RS1 RS2 shares and quota', () => {
    const pod = withResources({ limits: { cpu: '500m', memory: '64Mi' }, requests: { cpu: '250m' } })
    expect(linuxResourcesOf(pod, pod.spec.containers[0]!, 2 ** 30)).toEqual({ cpuPeriod: 100_000, cpuQuota: 50_000, cpuShares: 256, memoryLimitInBytes: 67_108_864, oomScoreAdj: 938 })
    const none = withResources(undefined)
    expect(linuxResourcesOf(none, none.spec.containers[0]!, 2 ** 30)).toMatchObject({ cpuQuota: 0, cpuShares: 2, memoryLimitInBytes: 0, oomScoreAdj: 1000 })
    expect(linuxResourcesOf(withResources({ limits: { cpu: '1m' } }), withResources({ limits: { cpu: '1m' } }).spec.containers[0]!, 1).cpuQuota).toBe(1_000)
  })

  test('RS4 oom score', () => {
    const burstable = withResources({ requests: { memory: '1' } })
    expect(oomScoreAdj(burstable, burstable.spec.containers[0]!, 2 ** 30)).toBe(999)
    expect(oomScoreAdj(withResources({ limits: { cpu: '1', memory: '1Gi' } }), { name: 'c0' }, 2 ** 30)).toBe(-997)
    expect(oomScoreAdj(samplePod({ priority: 2_000_001_000 }), { name: 'main' }, 1)).toBe(-997)
  })

  test('a pod needs its largest init step or all regular containers, sidecars throughout', () => {
    const pod = samplePod({
      initContainers: [{ name: 'big', resources: { limits: { cpu: '3', memory: '1' } } }, { name: 'side', restartPolicy: 'Always', resources: { limits: { cpu: '1', memory: '1' } } }],
      containers: [{ name: 'a', resources: { limits: { cpu: '1', memory: '1' } } }],
    })
    expect(podResourcesOf(pod).cpuShares).toBe(3072)
  })
})

describe('cgroup names', () => {
  test('CN1 CN2 both drivers', () => {
    expect(podCgroupParent('systemd', 'Burstable', 'a-b')).toBe('kubepods-burstable-poda_b.slice')
    expect(podCgroupParent('systemd', 'Guaranteed', 'a-b')).toBe('kubepods-poda_b.slice')
    expect(podCgroupPath('systemd', 'BestEffort', 'a-b')).toBe('/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-poda_b.slice')
    expect(podCgroupParent('cgroupfs', 'BestEffort', 'a-b')).toBe('/kubepods/besteffort/poda-b')
    expect(podCgroupParent('cgroupfs', 'Guaranteed', 'a-b')).toBe('/kubepods/poda-b')
    expect(['kubepods-burstable-poda_b.slice', 'poda-b', 'besteffort', 'kubepods-poda_b.slice'].map(podUidOfCgroup)).toEqual(['a-b', 'a-b', undefined, 'a-b'])
  })
})

describe('DNS and hosts', () => {
  const host = readResolvConf('# c\nsearch lan.\nnameserver 192.168.1.1\noptions timeout:1\n')
  const cluster = { servers: ['10.96.0.10'], domain: 'cluster.local' }

  test('DN1 ClusterFirst', () => {
    expect(podResolverConfig(samplePod(), host, cluster)).toEqual({ servers: ['10.96.0.10'], searches: ['default.svc.cluster.local', 'svc.cluster.local', 'cluster.local', 'lan'], options: ['ndots:5'] })
  })

  test('DN2 Default, and ClusterFirst on the host network', () => {
    expect(podResolverConfig(samplePod({ dnsPolicy: 'Default' }), host, cluster)).toEqual(host)
    expect(podResolverConfig(samplePod({ hostNetwork: true }), host, cluster)).toEqual(host)
    expect(podResolverConfig(samplePod({ hostNetwork: true, dnsPolicy: 'ClusterFirstWithHostNet' }), host, cluster).servers).toEqual(['10.96.0.10'])
  })

  test('DN3 DN4 dnsConfig is added, its options win, duplicates go', () => {
    const dnsConfig = { nameservers: ['1.1.1.1', '10.96.0.10'], searches: ['x.y', 'cluster.local'], options: [{ name: 'ndots', value: '2' }, { name: 'edns0' }] }
    const config = podResolverConfig(samplePod({ dnsConfig }), host, cluster)
    expect([config.servers, config.options]).toEqual([['10.96.0.10', '1.1.1.1'], ['ndots:2', 'edns0']])
    expect(config.searches.filter(search => search === 'cluster.local')).toHaveLength(1)
    expect(podResolverConfig(samplePod({ dnsPolicy: 'None', dnsConfig }), host, cluster).servers).toEqual(['1.1.1.1', '10.96.0.10'])
  })

  test('HF1 HF3 the pod knows its own name', () => {
    const text = renderHostsFile({ addresses: ['10.244.0.2'], hostname: 'web', domain: 'sub.default.svc.cluster.local', aliases: [{ ip: '1.2.3.4', hostnames: ['a', 'b'] }], nodeFile: undefined })
    expect(text).toContain('10.244.0.2\tweb.sub.default.svc.cluster.local\tweb\n')
    expect(text).toContain('1.2.3.4\ta\tb\n')
    expect(renderHostsFile({ addresses: [], hostname: 'x', domain: '', aliases: [], nodeFile: '127.0.0.1 localhost\n' })).toContain('127.0.0.1 localhost')
  })

  test('an override of the hostname wins over hostname and subdomain', () => {
    const pod = samplePod({ hostname: 'own', subdomain: 'sub', hostnameOverride: 'db.example.com' })
    expect(sandboxHostname(pod, 'cluster.local')).toEqual({ hostname: 'db.example.com', domain: '' })
  })

  test('long names are cut to what a hostname may be', () => {
    expect(podHostname({ metadata: { name: `${'a'.repeat(62)}-bcd` }, spec: {} })).toBe('a'.repeat(62))
  })
})

describe('downward API', () => {
  const pod = samplePod({ serviceAccountName: 'sa', containers: [{ name: 'main', resources: { limits: { cpu: '250m' }, requests: { memory: '100Mi' } } }] }, { metadata: { labels: { b: '2', a: 'q"x' } } })
  test('FP1 fields', () => {
    expect(['metadata.name', 'spec.nodeName', 'status.podIP', 'status.hostIP', "metadata.labels['b']", 'metadata.labels', 'spec.serviceAccountName'].map(path => readFieldPath(pod, path, facts))).toEqual(['web', 'node-1', '10.244.0.2', '172.30.0.11', '2', 'a="q\\"x"\nb="2"', 'sa'])
    expect(() => readFieldPath(pod, 'spec.nope', facts)).toThrow(/unsupported/)
  })

  test('FP2 FP3 resources', () => {
    const main = pod.spec.containers[0]!
    expect(readResourceField(pod, main, { resource: 'limits.cpu' }, facts)).toBe('1')
    expect(readResourceField(pod, main, { resource: 'limits.cpu', divisor: '1m' }, facts)).toBe('250')
    expect(readResourceField(pod, main, { resource: 'requests.memory', divisor: '1Mi' }, facts)).toBe('100')
    expect(readResourceField(pod, main, { resource: 'limits.memory' }, facts)).toBe(String(2 ** 30))
  })
})

describe('environment', () => {
  const sources: EnvironmentSources = {
    configMap: name => Promise.resolve(name === 'cm' ? ({ data: { ONE: '1', 'bad key=': 'x' } } as unknown as ConfigMap) : undefined),
    secret: name => Promise.resolve(name === 'se' ? ({ data: { PW: Buffer.from('s3').toString('base64') } } as unknown as Secret) : undefined),
    services: () => [],
  }
  const build = (container: object) => buildEnvironment(samplePod(), { name: 'main', ...container }, sources, facts)

  test('EN1 EN3 envFrom, then env over it, with references', async () => {
    const { variables, skipped } = await build({ envFrom: [{ prefix: 'P_', configMapRef: { name: 'cm' } }, { secretRef: { name: 'se' } }], env: [{ name: 'A', value: '$(P_ONE)-$(PW)' }, { name: 'PW', value: 'over' }, { name: 'B', value: '$(A) $(PW)' }] })
    expect(Object.fromEntries(variables.map(({ key, value }) => [key, value]))).toEqual({ P_ONE: '1', PW: 'over', A: '1-s3', B: '1-s3 over' })
    expect(skipped).toEqual(['P_bad key='])
  })

  test('EN2 what is missing and required is an error, optional is skipped', async () => {
    await expect(build({ env: [{ name: 'X', valueFrom: { configMapKeyRef: { name: 'nope', key: 'k' } } }] })).rejects.toThrow(new ConfigError('configmap "nope" not found'))
    await expect(build({ env: [{ name: 'X', valueFrom: { secretKeyRef: { name: 'se', key: 'k' } } }] })).rejects.toThrow("couldn't find key k in secret se")
    await expect(build({ envFrom: [{ secretRef: { name: 'nope' } }] })).rejects.toThrow(ConfigError)
    expect((await build({ env: [{ name: 'X', valueFrom: { configMapKeyRef: { name: 'nope', key: 'k', optional: true } } }] })).variables).toEqual([])
  })

  test('EN4 service variables', () => {
    const service = (namespace: string, name: string, clusterIP: string) => ({ metadata: { name, namespace }, spec: { clusterIP, ports: [{ name: 'http', port: 80, protocol: 'TCP' }] } }) as unknown as Service
    const services = [service('default', 'kubernetes', '10.96.0.1'), service('default', 'my-web', '10.96.0.9'), service('other', 'x', '10.96.0.8'), service('default', 'headless', 'None')]
    const variables = serviceEnvironment(services, 'default', true)
    expect(variables.get('MY_WEB_PORT_80_TCP')).toBe('tcp://10.96.0.9:80')
    expect(variables.get('MY_WEB_SERVICE_PORT_HTTP')).toBe('80')
    expect(variables.has('X_SERVICE_HOST') || variables.has('HEADLESS_SERVICE_HOST')).toBe(false)
    expect([...serviceEnvironment(services, 'default', false).keys()].filter(key => key.endsWith('_SERVICE_HOST'))).toEqual(['KUBERNETES_SERVICE_HOST'])
  })
})

describe('security', () => {
  const root = { uid: 0, username: '' }
  test('SE1 runAsNonRoot', () => {
    const pod = samplePod({ securityContext: { runAsNonRoot: true } })
    expect(() => linuxSecurityOf(pod, { name: 'main' }, root, undefined)).toThrow(/image will run as root/)
    expect(() => linuxSecurityOf(pod, { name: 'main' }, { uid: undefined, username: 'app' }, undefined)).toThrow(/non-numeric user/)
    expect(() => linuxSecurityOf(pod, { name: 'main', securityContext: { runAsUser: 0 } }, root, undefined)).toThrow(/breaks non-root policy/)
    expect(linuxSecurityOf(pod, { name: 'main', securityContext: { runAsUser: 5 } }, root, undefined).runAsUser).toBe(5)
  })

  test('SE2 SE3 the container goes before the pod', () => {
    const pod = samplePod({ securityContext: { runAsUser: 1, runAsGroup: 2, fsGroup: 3, supplementalGroups: [4], seccompProfile: { type: 'RuntimeDefault' } }, shareProcessNamespace: true })
    expect(linuxSecurityOf(pod, { name: 'main', securityContext: { runAsUser: 9, allowPrivilegeEscalation: false, capabilities: { add: ['CAP_NET_ADMIN'], drop: ['all'] } } }, root, undefined)).toMatchObject({
      runAsUser: 9, runAsGroup: 2, supplementalGroups: [3, 4], noNewPrivs: true, seccomp: { profileType: 'RuntimeDefault' }, capabilities: { addCapabilities: ['NET_ADMIN'], dropCapabilities: ['ALL'] }, namespaceOptions: { pid: 'POD', network: 'POD' },
    })
    expect(linuxSecurityOf(samplePod(), { name: 'main', securityContext: { privileged: true, allowPrivilegeEscalation: false } }, root, undefined)).toMatchObject({ noNewPrivs: false, maskedPaths: [], seccomp: { profileType: 'Unconfined' } })
  })
})
