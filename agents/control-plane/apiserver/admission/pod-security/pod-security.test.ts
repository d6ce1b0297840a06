import { describe, expect, it } from 'vitest'
import { newSeen, object, readerOf, refusalBy } from '../admission.sample.ts'
import { examine } from './check.ts'
import { readPodSecurityConfiguration } from './configuration.ts'
import { evaluatePod, failingText } from './evaluate.ts'
import { podSecurity } from './plugin.ts'
import { policyOf, defaultPolicy, levelVersionText } from './policy.ts'

const failing = (spec: object, level: 'baseline' | 'restricted', minor = Infinity, annotations: Record<string, string> = {}) => failingText(evaluatePod(examine(annotations, { containers: [{ name: 'a' }], ...spec }), { level, minor }))
const sound = { securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } }, containers: [{ name: 'a', securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } } }] }

describe('baseline', () => {
  it('says what is wrong in upstream\'s words and order', () => {
    expect(failing({}, 'baseline')).toBe('')
    expect(failing({
      hostNetwork: true, hostPID: true, volumes: [{ name: 'h', hostPath: { path: '/' } }], securityContext: { sysctls: [{ name: 'kernel.x' }], seLinuxOptions: { type: 'spc_t', user: 'u' }, windowsOptions: { hostProcess: true } },
      containers: [
        { name: 'a', ports: [{ hostPort: 81 }, { hostPort: 80 }], securityContext: { privileged: true, procMount: 'Unmasked', capabilities: { add: ['SYS_ADMIN', 'CHOWN'] } }, livenessProbe: { httpGet: { host: 'evil' } } },
        { name: 'b', securityContext: { seccompProfile: { type: 'Unconfined' }, appArmorProfile: { type: 'Unconfined' } } },
      ],
    }, 'baseline')).toBe([
      'forbidden AppArmor profile (container "b" must not set AppArmor profile type to "Unconfined")',
      'non-default capabilities (container "a" must not include "SYS_ADMIN" in securityContext.capabilities.add)',
      'host namespaces (hostNetwork=true, hostPID=true)',
      'hostPath volumes (volume "h")',
      'hostPort (container "a" uses hostPorts 80, 81)',
      'probe or lifecycle host (container "a" uses probe or lifecycle host "evil")',
      'privileged (container "a" must not set securityContext.privileged=true)',
      'procMount (container "a" must not set securityContext.procMount to "Unmasked")',
      'seLinuxOptions (pod set forbidden securityContext.seLinuxOptions: type "spc_t"; user may not be set)',
      'seccompProfile (container "b" must not set securityContext.seccompProfile.type to "Unconfined")',
      'forbidden sysctls (kernel.x)',
      'hostProcess (pod must not set securityContext.windowsOptions.hostProcess=true)',
    ].join(', '))
  })

  it('PS-E1: older versions are as they were', () => {
    const probe = { containers: [{ name: 'a', livenessProbe: { httpGet: { host: 'x' } } }] }
    expect([failing(probe, 'baseline', 33), failing(probe, 'baseline', 34)]).toEqual(['', 'probe or lifecycle host (container "a" uses probe or lifecycle host "x")'])
    const tcp = { securityContext: { sysctls: [{ name: 'net.ipv4.tcp_rmem' }] } }
    expect([failing(tcp, 'baseline', 31), failing(tcp, 'baseline', 32)]).toEqual(['forbidden sysctls (net.ipv4.tcp_rmem)', ''])
    expect(failing({}, 'baseline', 18, { 'seccomp.security.alpha.kubernetes.io/pod': 'unconfined' })).toBe('seccompProfile (forbidden annotation seccomp.security.alpha.kubernetes.io/pod="unconfined")')
    const ownUsers = { hostUsers: false, containers: [{ name: 'a', securityContext: { procMount: 'Unmasked' } }] }
    expect([failing(ownUsers, 'baseline', 34), failing(ownUsers, 'baseline')]).toEqual(['procMount (container "a" must not set securityContext.procMount to "Unmasked")', ''])
  })
})

describe('restricted', () => {
  it('says what is wrong in upstream\'s words and order', () => {
    expect(failing(sound, 'restricted')).toBe('')
    expect(failing({}, 'restricted')).toBe('allowPrivilegeEscalation != false (container "a" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container "a" must set securityContext.capabilities.drop=["ALL"]), runAsNonRoot != true (pod or container "a" must set securityContext.runAsNonRoot=true), seccompProfile (pod or container "a" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")')
    expect(failing({ ...sound, securityContext: { ...sound.securityContext, runAsUser: 0 }, volumes: [{ name: 'n', nfs: {} }, { name: 'x' }] }, 'restricted')).toBe('restricted volume types (volumes "n", "x" use restricted volume types "nfs", "unknown"), runAsUser=0 (pod must not set runAsUser=0)')
    expect(failing({ ...sound, os: { name: 'windows' }, containers: [{ name: 'a' }] }, 'restricted')).toBe('')
  })

  it('a container may override the pod, either way', () => {
    expect(failing({ ...sound, containers: [{ name: 'a', securityContext: { ...sound.containers[0]!.securityContext, runAsNonRoot: false, seccompProfile: { type: 'Unconfined' } } }] }, 'restricted')).toBe('runAsNonRoot != true (container "a" must not set securityContext.runAsNonRoot=false), seccompProfile (container "a" must not set securityContext.seccompProfile.type to "Unconfined")')
  })
})

describe('labels', () => {
  const read = (labels: Record<string, string>) => {
    const { policy, errors } = policyOf(Object.fromEntries(Object.entries(labels).map(([key, value]) => [`pod-security.kubernetes.io/${key}`, value])), defaultPolicy)
    return [levelVersionText(policy.enforce), levelVersionText(policy.audit), levelVersionText(policy.warn), errors.length]
  }

  it('PS-P1 PS-P2 PS-P3', () => {
    expect(read({ enforce: 'baseline', 'enforce-version': 'v1.30' })).toEqual(['baseline:v1.30', 'privileged:latest', 'baseline:v1.30', 0])
    expect(read({ enforce: 'restricted', warn: 'baseline' })).toEqual(['restricted:latest', 'privileged:latest', 'baseline:latest', 0])
    expect(read({ enforce: 'nope', audit: 'nope', 'warn-version': '1.2' })).toEqual(['restricted:latest', 'privileged:latest', 'privileged:latest', 3])
  })
})

describe('the plugin', () => {
  const namespace = (labels: Record<string, string>) => object('Namespace', 'ns', { metadata: { labels: Object.fromEntries(Object.entries(labels).map(([key, value]) => [`pod-security.kubernetes.io/${key}`, value])) } })
  const pod = (spec: object = {}) => object('Pod', 'p', { spec: { containers: [{ name: 'a', image: 'x' }], ...spec } }, 'ns')
  const plugin = (labels: Record<string, string>, configuration?: unknown, pods: object[] = []) => podSecurity(readerOf({ namespaces: [namespace(labels)], pods: pods as never }), readPodSecurityConfiguration(configuration))

  it('PS-1: enforce refuses pods, workloads are warned, audit is noted', async () => {
    const seen = newSeen()
    expect(await refusalBy(plugin({ enforce: 'baseline', audit: 'baseline' }), { object: pod({ hostPID: true }) }, seen)).toBe('pods "p" is forbidden: violates PodSecurity "baseline:latest": host namespaces (hostPID=true)')
    expect([seen.warnings, seen.annotations]).toEqual([[], { 'pod-security.kubernetes.io/enforce-policy': 'baseline:latest', 'pod-security.kubernetes.io/audit-violations': 'would violate PodSecurity "baseline:latest": host namespaces (hostPID=true)' }])
    const workload = newSeen()
    const deployment = object('Deployment', 'd', { spec: { template: { spec: { hostPID: true, containers: [{ name: 'a' }] } } } }, 'ns')
    expect(await refusalBy(plugin({ enforce: 'baseline' }), { group: 'apps', resource: 'deployments', object: deployment }, workload)).toBeUndefined()
    expect(workload.warnings).toEqual(['would violate PodSecurity "baseline:latest": host namespaces (hostPID=true)'])
  })

  it('PS-2: exemptions and defaults come from the configuration', async () => {
    const configuration = (exemptions: object) => ({ apiVersion: 'pod-security.admission.config.k8s.io/v1', kind: 'PodSecurityConfiguration', defaults: { enforce: 'baseline', 'enforce-version': 'v1.30' }, exemptions })
    const bad = pod({ hostPID: true, runtimeClassName: 'kata' })
    expect(await refusalBy(plugin({}, configuration({})), { object: bad })).toContain('violates PodSecurity "baseline:v1.30"')
    for (const [what, exemptions] of [['user', { usernames: ['jane'] }], ['namespace', { namespaces: ['ns'] }], ['runtimeClass', { runtimeClasses: ['kata'] }]] as const) {
      const seen = newSeen()
      expect(await refusalBy(plugin({}, configuration(exemptions)), { object: bad }, seen)).toBeUndefined()
      expect(seen.annotations['pod-security.kubernetes.io/exempt']).toBe(what)
    }
    expect(() => readPodSecurityConfiguration({ ...configuration({}), defaults: { enforce: 'x' } })).toThrow('defaults.enforce: Invalid value: "x": must be one of privileged, baseline, restricted')
  })

  it('PS-3: an update that brings no image is let through', async () => {
    const enforcing = plugin({ enforce: 'baseline' })
    expect(await refusalBy(enforcing, { operation: 'UPDATE', object: pod({ hostPID: true }), oldObject: pod({ hostPID: true }) })).toBeUndefined()
    expect(await refusalBy(enforcing, { operation: 'UPDATE', subresource: 'ephemeralcontainers', object: pod({ hostPID: true, ephemeralContainers: [{ name: 'e', image: 'x' }] }), oldObject: pod({ hostPID: true }) })).toContain('violates')
  })

  it('PS-4 PS-W1 PS-W2: namespaces', async () => {
    const other = (name: string, spec: object) => ({ ...pod(spec), metadata: { name, namespace: 'ns' } })
    const checking = plugin({}, undefined, [other('b', { hostPID: true }), other('a', { hostPID: true }), other('c', { hostNetwork: true, volumes: [{ name: 'h', hostPath: {} }] }), other('d', {})])
    const change = (to: Record<string, string>, seen = newSeen()) => refusalBy(checking, { operation: 'UPDATE', resource: 'namespaces', namespace: 'ns', object: namespace(to), oldObject: namespace({}) }, seen)
    const seen = newSeen()
    expect(await change({ enforce: 'baseline' }, seen)).toBeUndefined()
    expect(seen.warnings).toEqual(['existing pods in namespace "ns" violate the new PodSecurity enforce level "baseline:latest"', 'a (and 1 other pod): host namespaces', 'c: host namespaces, hostPath volumes'])
    expect(await change({ enforce: 'tight' })).toBe('Namespace "ns" is invalid: metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: "tight": must be one of privileged, baseline, restricted')
  })
})
