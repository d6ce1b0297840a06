/** A pod's sandbox as CRI wants it. Pure. Upstream: kuberuntime_sandbox.go. */
import type { Pod } from '../../../api/groups/core-v1/types.ts'
import type { PodSandboxConfig } from '../../../wire/cri/cri-sandbox-messages.ts'
import type { Sparse } from '../../../wire/grpc/message-codec.ts'
import { criLabel } from '../cri/cri-names.ts'
import { podCgroupParent, type CgroupDriver } from './cgroup-names.ts'
import type { ResolverConfig } from './dns-config.ts'
import { podHostname } from './hosts-file.ts'
import { namespaceOptionsOf } from './namespace-options.ts'
import { podIdentity } from './pod-containers.ts'
import { podResourcesOf, qosClassOf } from './resources.ts'
import { securityProfile } from './security.ts'

export interface SandboxFacts {
  readonly attempt: number
  readonly logFolder: string
  readonly cgroupDriver: CgroupDriver
  readonly resolver: ResolverConfig
  readonly hostname: string
}

export function sandboxConfigOf(pod: Pod, facts: SandboxFacts): Sparse<PodSandboxConfig> {
  const { namespace, name, uid } = podIdentity(pod)
  const context = pod.spec.securityContext
  const everyContainer = [...(pod.spec.initContainers ?? []), ...pod.spec.containers, ...(pod.spec.ephemeralContainers ?? [])]
  return {
    metadata: { name, uid, namespace, attempt: facts.attempt },
    hostname: pod.spec.hostNetwork === true ? '' : facts.hostname,
    logDirectory: facts.logFolder,
    dnsConfig: facts.resolver,
    portMappings: pod.spec.hostNetwork === true ? [] : portMappings(pod),
    labels: { ...pod.metadata.labels, [criLabel.podName]: name, [criLabel.podNamespace]: namespace, [criLabel.podUid]: uid },
    annotations: pod.metadata.annotations ?? {},
    linux: {
      cgroupParent: podCgroupParent(facts.cgroupDriver, qosClassOf(pod), uid),
      sysctls: Object.fromEntries((context?.sysctls ?? []).map(sysctl => [sysctl.name, sysctl.value])),
      securityContext: {
        namespaceOptions: namespaceOptionsOf(pod),
        runAsUser: context?.runAsUser,
        runAsGroup: context?.runAsUser === undefined ? undefined : context.runAsGroup,
        supplementalGroups: [...(context?.fsGroup === undefined ? [] : [context.fsGroup]), ...(context?.supplementalGroups ?? [])],
        privileged: everyContainer.some(container => container.securityContext?.privileged === true),
        seccomp: securityProfile(undefined, { type: 'RuntimeDefault' }),
        selinuxOptions: context?.seLinuxOptions,
      },
      resources: podResourcesOf(pod),
    },
  }
}

function portMappings(pod: Pod): Sparse<PodSandboxConfig>['portMappings'] {
  const containers = [...(pod.spec.initContainers ?? []).filter(container => container.restartPolicy === 'Always'), ...pod.spec.containers]
  return containers.flatMap(container =>
    (container.ports ?? []).map(port => ({
      protocol: (port.protocol ?? 'TCP') as 'TCP' | 'UDP' | 'SCTP',
      containerPort: port.containerPort,
      hostPort: port.hostPort ?? 0,
      hostIp: port.hostIP ?? '',
    })),
  )
}

/** hostnameOverride wins over all, and has no domain. */
export function sandboxHostname(pod: Pod, clusterDomain: string): { hostname: string; domain: string } {
  if (pod.spec.hostnameOverride !== undefined) return { hostname: podHostname({ metadata: { name: pod.spec.hostnameOverride }, spec: {} }), domain: '' }
  const hostname = podHostname(pod)
  const domain = pod.spec.subdomain === undefined || pod.spec.subdomain === '' ? '' : `${pod.spec.subdomain}.${pod.metadata.namespace ?? 'default'}.svc.${clusterDomain}`
  return { hostname: pod.spec.setHostnameAsFQDN === true && domain !== '' ? `${hostname}.${domain}` : hostname, domain }
}
