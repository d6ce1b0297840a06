/**
 * What a worker gets over SSH. Software is the same on every worker of a version and may be kept in a template;
 * identity belongs to one node of one lab and never is.
 */
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { standbyFiles, standbyVariable } from '../../../agents/base/standby.ts'
import { providerIdOf } from '../../../agents/wire/cloud/cloud-api.ts'
import type { LabSpec, NodeSpec } from '../../contract/labs.ts'
import { type Installation, agentFile } from '../files/installation.ts'
import { usualNetwork } from '../network/routing/router-plan.ts'
import type { LabPki } from '../pki/lab-pki.ts'
import type { RemoteFile } from '../provision/remote-file.ts'
import type { Service } from '../provision/service.ts'
import { allocatorEnvironment, memoryFlags } from './component-memory.ts'
import { dnsServiceAddress, documentOf, labDefaults, readLab } from './lab-spec.ts'
import { routesOfNetwork } from './lan-plan.ts'
import { nodeLocal } from './node-local.ts'
import { rehearsedNode } from './rehearsal-api.ts'
import { cautiousCpus } from './usual-cpus.ts'

/** What makes a worker Ready comes first; what it then does for the cluster starts when it is, or the first waits for the processor. */
export const agentsThatMakeReady = ['overlay', 'kubelet'] as const
export const agentsOfReadyNode = ['kube-proxy'] as const
/** Agents of a worker, in the order they are started. */
export const nodeAgents = [...agentsThatMakeReady, ...agentsOfReadyNode] as const
export type NodeAgent = (typeof nodeAgents)[number]
/** Services whose state is shown for every worker. */
export const nodeServices = ['containerd', ...nodeAgents] as const

const paths = {
  node: '/usr/local/bin/node',
  agents: '/opt/kubarium/agents',
  pki: '/etc/kubernetes/pki',
  configuration: '/etc/kubarium',
  compileCache: '/var/cache/kubarium',
  standby: '/run/kubarium/standby',
} as const

const faultTokenFile = `${paths.configuration}/fault-token`

export function softwareFiles(installation: Installation, agents: readonly NodeAgent[] = nodeAgents): readonly RemoteFile[] {
  return agents.filter(name => existsSync(agentFile(installation, name))).map(name => ({ path: `${paths.agents}/${name}.mjs`, content: { file: agentFile(installation, name) } }))
}

export function softwareDigest(installation: Installation): string {
  const digest = createHash('sha256')
  for (const name of nodeAgents) if (existsSync(agentFile(installation, name))) digest.update(name).update(readFileSync(agentFile(installation, name)))
  digest.update(JSON.stringify(standbyServices(installation)))
  return digest.digest('hex').slice(0, 16)
}

/** What prints each agent's version; the code it compiles is kept for the next start. */
export function agentVersionCommands(installation: Installation): readonly (readonly string[])[] {
  return nodeAgents.filter(name => existsSync(agentFile(installation, name))).map(name => ['env', `NODE_COMPILE_CACHE=${paths.compileCache}`, paths.node, ...memoryFlags(name), `${paths.agents}/${name}.mjs`, '--version'])
}

/** The node's end of UDP load balancers: a few kilobytes that go with the command, so that no node keeps them. */
export function datagramRelayCommand(installation: Installation): readonly string[] {
  return [paths.node, '--input-type=module', '-e', readFileSync(agentFile(installation, 'datagram-relay'), 'utf8')]
}

export async function identityFiles(agents: readonly NodeAgent[], pki: LabPki, lab: string, node: NodeSpec, lanAddress: string, faultToken?: string): Promise<readonly RemoteFile[]> {
  const { authority, kubeletClient, kubeletServer } = await pki.ensureNode(node.name, [lanAddress])
  const secret = (path: string, content: string): RemoteFile => ({ path, content, mode: 0o600 })
  const kubeconfig = (agent: NodeAgent, client: Parameters<LabPki['kubeconfig']>[0], user: string) => secret(`${paths.configuration}/${agent}.kubeconfig`, pki.kubeconfig(client, user, nodeLocal.apiServer, lab))
  const files: Readonly<Record<NodeAgent, () => readonly RemoteFile[]>> = {
    'overlay': () => [kubeconfig('overlay', 'overlay', 'system:overlay')],
    'kubelet': () => [
      { path: `${paths.pki}/ca.crt`, content: authority },
      secret(`${paths.pki}/kubelet.crt`, kubeletServer.certificate),
      secret(`${paths.pki}/kubelet.key`, kubeletServer.key),
      kubeconfig('kubelet', kubeletClient, `system:node:${node.name}`),
    ],
    'kube-proxy': () => [kubeconfig('kube-proxy', 'kube-proxy', 'system:kube-proxy')],
  }
  return [...agents.flatMap(agent => files[agent]()), ...(faultToken === undefined ? [] : [secret(faultTokenFile, faultToken)])]
}

/** A namespace machine stands on the desktop's own disk: how full that is says nothing about the node. */
const sharedDisk = { 'eviction-hard': 'memory.available<50Mi,nodefs.available<1Gi,imagefs.available<500Mi', 'image-gc-high-threshold': 100, 'image-gc-low-threshold': 99 } as const

export interface AgentSurroundings {
  readonly installation: Installation
  readonly lab: LabSpec
  readonly node: NodeSpec
  readonly lanAddress: string
}

function agentWords(agent: NodeAgent, { lab, node, lanAddress }: AgentSurroundings): readonly string[] {
  const beyond = routesOfNetwork(lab.networks, node.network ?? usualNetwork).map(({ to, via }) => `${to}=${via}`).join(',')
  const flags: Readonly<Record<NodeAgent, Readonly<Record<string, string | number>>>> = {
    'overlay': {
      'kubeconfig': `${paths.configuration}/overlay.kubeconfig`,
      'hostname-override': node.name,
      'backend': lab.overlay,
      ...(lab.overlay === 'host-gw' ? { 'cloud-routes': 'true' } : {}),
      'interface': 'lan0',
      ...(beyond === '' ? {} : { 'underlay-routes': beyond }),
      'cluster-cidr': lab.networks.podCidr,
      'service-cluster-ip-range': lab.networks.serviceCidr,
      'cni-conf-dir': '/etc/cni/net.d',
      'healthz-bind-address': '127.0.0.1:10257',
    },
    'kubelet': {
      'kubeconfig': `${paths.configuration}/kubelet.kubeconfig`,
      'hostname-override': node.name,
      'node-ip': lanAddress,
      'cloud-provider': 'external',
      'provider-id': providerIdOf(lab.name, node.name),
      'container-runtime-endpoint': 'unix:///run/containerd/containerd.sock',
      'cgroup-driver': node.provider === 'namespace' ? 'cgroupfs' : 'systemd',
      'cluster-dns': dnsServiceAddress(lab.networks.serviceCidr),
      'cluster-domain': 'cluster.local',
      'tls-cert-file': `${paths.pki}/kubelet.crt`,
      'tls-private-key-file': `${paths.pki}/kubelet.key`,
      'client-ca-file': `${paths.pki}/ca.crt`,
      'root-dir': '/var/lib/kubelet',
      'port': 10250,
      'healthz-port': 10248,
      ...(node.provider === 'namespace' ? sharedDisk : {}),
    },
    'kube-proxy': {
      'kubeconfig': `${paths.configuration}/kube-proxy.kubeconfig`,
      'hostname-override': node.name,
      'proxy-mode': lab.proxyMode,
      'cluster-cidr': lab.networks.podCidr,
      'healthz-bind-address': '0.0.0.0:10256',
      'metrics-bind-address': '127.0.0.1:10249',
    },
  }
  const faults = lab.faultInjection === false ? {} : { 'fault-injection-token-file': faultTokenFile }
  return Object.entries({ ...flags[agent], ...faults }).map(([flag, value]) => `--${flag}=${value}`)
}

const descriptions = { 'overlay': 'Pod network', 'kubelet': 'Node agent', 'kube-proxy': 'Services of the cluster' } as const

function serviceOf(name: NodeAgent, words: readonly string[], environment: Readonly<Record<string, string>> = {}): Service {
  return {
    name,
    description: descriptions[name],
    command: [paths.node, ...memoryFlags(name), `${paths.agents}/${name}.mjs`, ...words],
    environment: { NODE_COMPILE_CACHE: paths.compileCache, ...allocatorEnvironment, ...environment },
    after: name === 'kubelet' ? ['containerd'] : [],
    restartOn: [`${paths.agents}/${name}.mjs`, `${paths.configuration}/${name}.kubeconfig`, ...(name === 'kubelet' ? [`${paths.pki}/`] : [])],
    keepsChildren: name === 'kubelet',
  }
}

function installed(installation: Installation, agents: readonly NodeAgent[]): readonly NodeAgent[] {
  return agents.filter(name => existsSync(agentFile(installation, name)))
}

export function nodeServicesOf(agents: readonly NodeAgent[], around: AgentSurroundings): readonly Service[] {
  return installed(around.installation, agents).map(name => serviceOf(name, agentWords(name, around)))
}

/** The agents as they wait in a template: the same services, without a word about any node. */
export function standbyServices(installation: Installation): readonly Service[] {
  return installed(installation, nodeAgents).map(name => serviceOf(name, [], { [standbyVariable]: `${paths.standby}/${name}` }))
}

export const standbyFolder = paths.standby

/** What an agent that stands by will go on with. */
export function standbyWordsFiles(agents: readonly NodeAgent[], around: AgentSurroundings): readonly RemoteFile[] {
  return installed(around.installation, agents).map(name => ({ path: standbyFiles(`${paths.standby}/${name}`).words, content: JSON.stringify(agentWords(name, around)), mode: 0o600 }))
}

/** What agents rehearse with in a template: a node of no lab, with credentials that open nothing. */
export async function rehearsalFiles(installation: Installation, pki: LabPki): Promise<readonly RemoteFile[]> {
  const { spec: lab } = readLab(documentOf({ name: rehearsedNode.name }))
  if (lab === null) throw new Error('the lab that agents rehearse in is not valid')
  const node: NodeSpec = { name: rehearsedNode.name, provider: 'qemu', cpus: cautiousCpus('qemu'), memoryMiB: labDefaults.memoryMiB }
  const around = { installation, lab, node, lanAddress: rehearsedNode.address }
  const words = installed(installation, agentsThatMakeReady).map(name => ({ path: standbyFiles(`${paths.standby}/${name}`).rehearsal, content: JSON.stringify(agentWords(name, around)) }))
  return [...words, ...await identityFiles(agentsThatMakeReady, pki, lab.name, node, rehearsedNode.address)]
}
