/** The control plane of a lab as manifests: one process each, upstream flag names, its own certificate. */
import { join } from 'node:path'
import { cloudProviderName } from '../../../agents/wire/cloud/cloud-api.ts'
import type { LabSpec, SwappableComponent } from '../../contract/labs.ts'
import type { ComponentManifest } from '../components/component-manifest.ts'
import { type Installation, agentFile } from '../files/installation.ts'
import { auditFlags } from './audit-policy.ts'
import { allocatorEnvironment, memoryFlags } from './component-memory.ts'
import { manifestFor } from './component-swaps.ts'
import type { HomeFiles, LabFiles } from './lab-files.ts'
import type { LabPorts } from './lab-memory.ts'
import { nodeLocal } from './node-local.ts'

export interface ControlPlaneInputs {
  readonly spec: LabSpec
  readonly files: LabFiles
  readonly home: HomeFiles
  readonly ports: LabPorts
  readonly installation: Installation
}

export const controlPlaneNames = ['etcd', 'kube-apiserver', 'kube-scheduler', 'kube-controller-manager', 'cloud-controller-manager', 'metrics-server'] as const
export type ControlPlaneName = (typeof controlPlaneNames)[number]
/** Plays the kubelets of simulated nodes; labs that have none do without it. */
export const simulatedKubelets = 'simulated-kubelets'
export type DesktopComponentName = ControlPlaneName | typeof simulatedKubelets

export function desktopComponentsOf(spec: LabSpec): readonly DesktopComponentName[] {
  return spec.nodes.some(({ provider }) => provider === 'simulated') ? [...controlPlaneNames, simulatedKubelets] : controlPlaneNames
}

export function controlPlaneManifests(inputs: ControlPlaneInputs): Readonly<Record<DesktopComponentName, ComponentManifest>> {
  const manifests = ownManifests(inputs)
  const swapped = Object.entries(inputs.spec.components ?? {}).map(([name, program]) => [name, manifestFor(manifests[name as SwappableComponent], program, inputs.files)])
  return { ...manifests, ...Object.fromEntries(swapped) as Partial<Record<SwappableComponent, ComponentManifest>> }
}

function ownManifests(inputs: ControlPlaneInputs): Readonly<Record<DesktopComponentName, ComponentManifest>> {
  const { files, ports } = inputs
  const authorityFile = files.pki('ca.crt')
  const at = (port: number): string => `127.0.0.1:${port}`
  const common = (name: DesktopComponentName): Pick<ComponentManifest, 'name' | 'program' | 'environment' | 'logFile'> => ({
    name,
    program: [inputs.installation.node, ...memoryFlags(name), agentFile(inputs.installation, name)],
    environment: { NODE_COMPILE_CACHE: join(inputs.home.compileCache, name), ...allocatorEnvironment },
    logFile: files.log(name),
  })
  const faults: ComponentManifest['flags'] = inputs.spec.faultInjection === false ? {} : { 'fault-injection-token-file': files.faultToken }
  return {
    'etcd': {
      ...common('etcd'),
      flags: { ...etcdFlags(inputs), ...faults },
      health: { url: `http://${at(ports.etcdMetrics)}/health` },
      address: at(ports.etcd),
      inspectionUrl: `http://${at(ports.etcdMetrics)}`,
    },
    'kube-apiserver': {
      ...common('kube-apiserver'),
      flags: { ...apiServerFlags(inputs), ...faults },
      health: { url: `https://${at(ports.apiServer)}/readyz`, authorityFile },
      address: at(ports.apiServer),
      inspectionUrl: `https://${at(ports.apiServer)}`,
    },
    'kube-scheduler': {
      ...common('kube-scheduler'),
      flags: { ...clientFlags(inputs, 'scheduler', ports.scheduler), ...faults },
      health: { url: `https://${at(ports.scheduler)}/readyz`, authorityFile },
      address: at(ports.scheduler),
      inspectionUrl: `https://${at(ports.scheduler)}`,
    },
    'kube-controller-manager': {
      ...common('kube-controller-manager'),
      flags: { ...clientFlags(inputs, 'controller-manager', ports.controllerManager), ...controllerManagerFlags(inputs), ...faults },
      health: { url: `https://${at(ports.controllerManager)}/readyz`, authorityFile },
      address: at(ports.controllerManager),
      inspectionUrl: `https://${at(ports.controllerManager)}`,
    },
    'cloud-controller-manager': {
      ...common('cloud-controller-manager'),
      flags: { ...clientFlags(inputs, 'cloud-controller-manager', ports.cloudControllerManager), ...cloudControllerManagerFlags(inputs), ...faults },
      health: { url: `https://${at(ports.cloudControllerManager)}/readyz`, authorityFile },
      address: at(ports.cloudControllerManager),
      inspectionUrl: `https://${at(ports.cloudControllerManager)}`,
    },
    'metrics-server': {
      ...common('metrics-server'),
      flags: { ...metricsServerFlags(inputs), ...faults },
      health: { url: `https://${at(ports.metricsServer)}/readyz`, authorityFile },
      address: at(ports.metricsServer),
      inspectionUrl: `https://${at(ports.metricsServer)}`,
    },
    'simulated-kubelets': {
      ...common('simulated-kubelets'),
      flags: { ...simulatedKubeletsFlags(inputs), ...faults },
      health: { url: `https://${at(ports.simulatedKubelets ?? 0)}/readyz`, authorityFile },
      address: at(ports.simulatedKubelets ?? 0),
      inspectionUrl: `https://${at(ports.simulatedKubelets ?? 0)}`,
    },
  }
}

/** Upstream's EgressSelectorConfiguration: everything in the cluster is dialled through the lab host's proxy. */
export function egressSelectorConfiguration(socket: string): unknown {
  return {
    apiVersion: 'apiserver.k8s.io/v1beta1',
    kind: 'EgressSelectorConfiguration',
    egressSelections: [{ name: 'cluster', connection: { proxyProtocol: 'HTTPConnect', transport: { uds: { udsName: socket } } } }],
  }
}

/** Kubeconfigs the components of the desktop read, by file name in the lab's run folder. */
export const componentKubeconfigs = { 'scheduler': 'scheduler.kubeconfig', 'controller-manager': 'controller-manager.kubeconfig', 'cloud-controller-manager': 'cloud-controller-manager.kubeconfig', 'metrics-server': 'metrics-server.kubeconfig', 'simulated-kubelets': 'simulated-kubelets.kubeconfig' } as const

function etcdFlags({ files, ports }: ControlPlaneInputs): ComponentManifest['flags'] {
  return {
    'data-dir': files.etcdDir,
    'listen-client-urls': `https://127.0.0.1:${ports.etcd}`,
    'advertise-client-urls': `https://127.0.0.1:${ports.etcd}`,
    'listen-metrics-urls': `http://127.0.0.1:${ports.etcdMetrics}`,
    'cert-file': files.pki('etcd-server.crt'),
    'key-file': files.pki('etcd-server.key'),
    'trusted-ca-file': files.pki('etcd-ca.crt'),
    'client-cert-auth': true,
  }
}

function apiServerFlags({ files, ports, spec }: ControlPlaneInputs): ComponentManifest['flags'] {
  return {
    'etcd-servers': `https://127.0.0.1:${ports.etcd}`,
    'etcd-cafile': files.pki('etcd-ca.crt'),
    'etcd-certfile': files.pki('apiserver-etcd-client.crt'),
    'etcd-keyfile': files.pki('apiserver-etcd-client.key'),
    'bind-address': '127.0.0.1',
    'secure-port': ports.apiServer,
    'advertise-address': nodeLocal.address,
    'tls-cert-file': files.pki('apiserver.crt'),
    'tls-private-key-file': files.pki('apiserver.key'),
    'client-ca-file': files.pki('ca.crt'),
    'service-account-issuer': 'https://kubernetes.default.svc.cluster.local',
    'service-account-key-file': files.pki('sa.pub'),
    'service-account-signing-key-file': files.pki('sa.key'),
    'service-cluster-ip-range': spec.networks.serviceCidr,
    'kubelet-client-certificate': files.pki('apiserver-kubelet-client.crt'),
    'kubelet-client-key': files.pki('apiserver-kubelet-client.key'),
    'kubelet-certificate-authority': files.pki('ca.crt'),
    'authorization-mode': 'Node,RBAC',
    'requestheader-client-ca-file': files.pki('front-proxy-ca.crt'),
    'requestheader-allowed-names': 'front-proxy-client',
    'requestheader-username-headers': 'X-Remote-User',
    'requestheader-group-headers': 'X-Remote-Group',
    'requestheader-extra-headers-prefix': 'X-Remote-Extra-',
    'proxy-client-cert-file': files.pki('front-proxy-client.crt'),
    'proxy-client-key-file': files.pki('front-proxy-client.key'),
    'egress-selector-config-file': files.egressConfig,
    ...auditFlags(files.auditPolicy, files.log('kube-apiserver-audit')),
  }
}

function clientFlags({ files }: ControlPlaneInputs, certificate: keyof typeof componentKubeconfigs, port: number): ComponentManifest['flags'] {
  const kubeconfig = files.run(componentKubeconfigs[certificate])
  return {
    'kubeconfig': kubeconfig,
    'authentication-kubeconfig': kubeconfig,
    'authorization-kubeconfig': kubeconfig,
    'bind-address': '127.0.0.1',
    'secure-port': port,
    'tls-cert-file': files.pki(`${certificate}.crt`),
    'tls-private-key-file': files.pki(`${certificate}.key`),
    'client-ca-file': files.pki('ca.crt'),
    'leader-elect': true,
  }
}

function simulatedKubeletsFlags({ files, ports }: ControlPlaneInputs): ComponentManifest['flags'] {
  return {
    'kubeconfig': files.run(componentKubeconfigs['simulated-kubelets']),
    'config': files.simulatedNodesJson,
    'bind-address': '127.0.0.1',
    'secure-port': ports.simulatedKubelets ?? 0,
    'tls-cert-file': files.pki('simulated-kubelets-server.crt'),
    'tls-private-key-file': files.pki('simulated-kubelets-server.key'),
    'client-ca-file': files.pki('ca.crt'),
  }
}

function controllerManagerFlags({ files, spec }: ControlPlaneInputs): ComponentManifest['flags'] {
  return {
    'cluster-cidr': spec.networks.podCidr,
    'service-cluster-ip-range': spec.networks.serviceCidr,
    'allocate-node-cidrs': true,
    'node-cidr-mask-size': 24,
    'root-ca-file': files.pki('ca.crt'),
    'service-account-private-key-file': files.pki('sa.key'),
    'cluster-signing-cert-file': files.pki('ca.crt'),
    'cluster-signing-key-file': files.pki('ca.key'),
    'use-service-account-credentials': true,
  }
}

function cloudControllerManagerFlags({ files, spec }: ControlPlaneInputs): ComponentManifest['flags'] {
  return {
    'cloud-provider': cloudProviderName,
    'cloud-config': files.cloudConfig,
    'cluster-cidr': spec.networks.podCidr,
    'allocate-node-cidrs': true,
    'configure-cloud-routes': spec.overlay === 'host-gw',
    'use-service-account-credentials': true,
  }
}

function metricsServerFlags({ files, ports }: ControlPlaneInputs): ComponentManifest['flags'] {
  return {
    'kubeconfig': files.run(componentKubeconfigs['metrics-server']),
    'bind-address': '127.0.0.1',
    'secure-port': ports.metricsServer,
    'tls-cert-file': files.pki('metrics-server.crt'),
    'tls-private-key-file': files.pki('metrics-server.key'),
    'client-ca-file': files.pki('ca.crt'),
    'requestheader-client-ca-file': files.pki('front-proxy-ca.crt'),
    'requestheader-allowed-names': 'front-proxy-client',
  }
}
