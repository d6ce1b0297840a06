/**
 * Does once what every worker does when it joins, so that a template has the kernel's modules loaded and the programs in
 * memory: rules with the matches kube-proxy uses, links of the kinds the overlay and CNI make, a container, each agent's
 * version. Nothing of it stays.
 *
 *   WU1  It is data: chains of commands, each with its words as they are and what it reads. No shell puts them together.
 *   WU2  Chains run beside one another, the commands of a chain one after the other; how a command ends does not matter.
 *   WU3  What is written is on the disk at the end. A line that is lost, and a command that never ends, is an error.
 */
import type { CommandResult, ExecOptions } from '../provision/collect.ts'

export interface WarmUpCommand {
  readonly argv: readonly string[]
  readonly stdin?: string
}

export type WarmUp = readonly (readonly WarmUpCommand[])[]

const rules = [
  '*nat',
  ':WARM-UP - [0:0]',
  '-A WARM-UP -p tcp -m comment --comment warm-up -m statistic --mode random --probability 0.5 -m tcp --dport 1 -j DNAT --to-destination 127.0.0.1:1',
  '-A WARM-UP -m addrtype --dst-type LOCAL -m mark --mark 0x4000/0x4000 -j MASQUERADE --random-fully',
  '-A WARM-UP -m conntrack --ctstate INVALID -j MARK --set-xmark 0x4000/0x4000',
  'COMMIT',
  '',
].join('\n')

const links = [
  'link add warm0 type vxlan id 99 dstport 8472 dev lan0', 'link del warm0', 'link add warm1 type bridge', 'link del warm1',
  'link add warm2 type veth peer name warm3', 'link del warm2', '',
].join('\n')

const chains: WarmUp = [
  [
    { argv: ['iptables-restore', '--noflush'], stdin: rules }, { argv: ['iptables', '-w', '-t', 'nat', '-F', 'WARM-UP'] }, { argv: ['iptables', '-w', '-t', 'nat', '-X', 'WARM-UP'] },
    { argv: ['iptables-save'] }, { argv: ['conntrack', '-L'] },
  ],
  [{ argv: ['ip', '-force', '-batch', '-'], stdin: links }, { argv: ['bridge', 'fdb', 'show'] }, { argv: ['ip', '-j', 'route', 'show', 'table', 'all'] }],
  [{ argv: ['ctr', '-n', 'k8s.io', 'run', '--rm', 'docker.io/library/busybox:latest', 'warm-up', 'true'] }],
  ['bridge', 'host-local', 'portmap', 'loopback'].map(plugin => ({ argv: ['env', 'CNI_COMMAND=VERSION', `/usr/lib/cni/${plugin}`] })),
]

/** @param agents what prints each agent's version */
export function warmUpOf(agents: readonly (readonly string[])[]): WarmUp {
  return [...chains, ...agents.map(argv => [{ argv }])]
}

export interface WarmUpRunner {
  exec(argv: readonly string[], options?: ExecOptions): Promise<CommandResult>
}

export async function runWarmUp(runner: WarmUpRunner, warmUp: WarmUp, options: { readonly timeoutMs: number; readonly signal?: AbortSignal }): Promise<void> {
  const runChain = async (chain: readonly WarmUpCommand[]): Promise<void> => {
    for (const { argv, stdin } of chain) await runner.exec(argv, { ...options, ...(stdin === undefined ? {} : { stdin }) })
  }
  await Promise.all(warmUp.map(runChain)) // WU2
  await runner.exec(['sync'], options) // WU3
}
