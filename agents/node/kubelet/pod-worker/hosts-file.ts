/**
 * The /etc/hosts the kubelet writes for a pod's containers.
 *
 *   HF1  A pod with its own network gets the usual loopback lines and its own address with its hostname.
 *   HF2  A pod on the host network gets the node's file.
 *   HF3  hostAliases follow, one line an address.
 */
import type { HostAlias } from '../../../api/groups/core-v1/types.ts'

const loopback = ['127.0.0.1\tlocalhost', '::1\tlocalhost ip6-localhost ip6-loopback', 'fe00::0\tip6-localnet', 'fe00::0\tip6-mcastprefix', 'fe00::1\tip6-allnodes', 'fe00::2\tip6-allrouters']

export interface HostsFileInput {
  readonly addresses: readonly string[]
  readonly hostname: string
  /** Fully qualified suffix of the hostname, empty without a subdomain. */
  readonly domain: string
  readonly aliases: readonly HostAlias[]
  /** The node's own file, for a pod on its network. */
  readonly nodeFile: string | undefined
}

export function renderHostsFile(input: HostsFileInput): string {
  const name = input.domain === '' ? input.hostname : `${input.hostname}.${input.domain}\t${input.hostname}`
  const own = [`# Kubernetes-managed hosts file.`, ...loopback, ...input.addresses.map(address => `${address}\t${name}`)].join('\n')
  const base = input.nodeFile === undefined ? `${own}\n` : `# Kubernetes-managed hosts file (host network).\n${input.nodeFile}`
  const aliases = input.aliases.filter(alias => (alias.hostnames ?? []).length > 0).map(alias => `${alias.ip}\t${(alias.hostnames ?? []).join('\t')}\n`)
  return base + (aliases.length > 0 ? `\n# Entries added by HostAliases.\n${aliases.join('')}` : '')
}

/** A pod's hostname: its own choice, else its name cut to what the kernel takes. */
export function podHostname(pod: { readonly metadata: { readonly name: string }; readonly spec: { readonly hostname?: string } }): string {
  const chosen = pod.spec.hostname
  if (chosen !== undefined && chosen !== '') return chosen
  return pod.metadata.name.slice(0, 63).replace(/[-.]+$/, '')
}
