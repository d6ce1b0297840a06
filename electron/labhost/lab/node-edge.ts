/**
 * The door by which the desktop's load balancers enter a node from outside.
 *
 * A connection that sshd opens begins on the node itself, and kube-proxy treats what begins there otherwise than what comes
 * from outside: externalTrafficPolicy Local would not be kept. So each node gets a network namespace of two addresses: what
 * is sent to `address` there is sent on to the node's address on the LAN, and so arrives from outside.
 *
 *   NE1  Made when it is first needed, and again when the line to the node was lost (it may have rebooted).
 *   NE2  Making it twice changes nothing.
 *   NE3  Datagrams go over a relay that runs on the node, one a node, started when the first session needs it
 *        (network/datagram-line.ts); when it or the line to the node is lost, the next session starts another.
 */
import type { Duplex } from 'node:stream'
import type { Clock } from '../../../agents/base/clock.ts'
import { DatagramLine, type DatagramListener, type DatagramSession } from '../network/datagram-line.ts'
import type { SshLink } from '../provision/ssh-link.ts'
import { PerLink } from './per-link.ts'

export const nodeEdge = { namespace: 'kubarium-edge', address: '169.254.77.2' } as const

const makeMs = 30_000

/** $1 is the node's address on the LAN. */
const script = `set -e
lan=$1
ip netns list | grep -q '^kubarium-edge' || ip netns add kubarium-edge
ip link show edge0 >/dev/null 2>&1 || ip link add edge0 type veth peer name edge1 netns kubarium-edge
ip addr replace 169.254.77.1/30 dev edge0
ip link set edge0 up
ip -n kubarium-edge link set lo up
ip -n kubarium-edge addr replace 169.254.77.2/30 dev edge1
ip -n kubarium-edge link set edge1 up
ip -n kubarium-edge route replace default via 169.254.77.1
ip netns exec kubarium-edge sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.send_redirects=0 net.ipv4.conf.edge1.send_redirects=0
ip netns exec kubarium-edge nft -f - <<END
table ip edge
delete table ip edge
table ip edge {
  chain in { type nat hook prerouting priority -100; iifname "edge1" dnat to $lan; }
  chain out { type nat hook postrouting priority 100; oifname "edge1" masquerade; }
}
END
`

/** A node as seen from its edge. */
export interface EdgeNode {
  readonly name: string
  readonly address: string
  link(): SshLink
}

export interface NodeEdgesOptions {
  readonly clock: Clock
  /** The command that runs the relay on a node, without the host it is for. */
  readonly relayCommand: () => readonly string[]
}

export class NodeEdges {
  readonly #options: NodeEdgesOptions
  readonly #made = new PerLink<Promise<unknown>>()
  readonly #lines = new PerLink<Promise<DatagramLine>>()
  readonly #open = new Set<DatagramLine>()

  constructor(options: NodeEdgesOptions) {
    this.#options = options
  }

  close(): void {
    for (const line of this.#open) line.close()
  }

  /** A connection that reaches a port of the node as one from outside. */
  async enter(node: EdgeNode, port: number, signal: AbortSignal): Promise<Duplex> {
    const link = node.link()
    await this.#make(node.name, link, node.address)
    return link.dial(nodeEdge.address, port, signal)
  }

  /** A session whose datagrams reach a port of the node as those of one client from outside. */
  async enterDatagrams(node: EdgeNode, port: number, listener: DatagramListener): Promise<DatagramSession> {
    return (await this.#line(node)).open(port, listener)
  }

  #line(node: EdgeNode): Promise<DatagramLine> { // NE3
    const link = node.link()
    const known = this.#lines.get(node.name, link)
    if (known !== undefined) return known
    const starting = this.#startRelay(node, link)
    this.#lines.set(node.name, link, starting)
    const forget = (): void => { if (this.#lines.get(node.name, link) === starting) this.#lines.forget(node.name) }
    starting.then(line => { line.closed.then(forget, forget) }, forget)
    return starting
  }

  async #startRelay(node: EdgeNode, link: SshLink): Promise<DatagramLine> {
    await this.#make(node.name, link, node.address)
    const relay = await link.open([...this.#options.relayCommand(), nodeEdge.address])
    const line = new DatagramLine(relay, this.#options.clock)
    this.#open.add(line)
    void line.closed.then(() => this.#open.delete(line))
    return line
  }

  #make(name: string, link: SshLink, lanAddress: string): Promise<unknown> {
    const known = this.#made.get(name, link) // NE1
    if (known !== undefined) return known
    const done = link.run(['sh', '-s', '--', lanAddress], { stdin: script, timeoutMs: makeMs })
    this.#made.set(name, link, done)
    done.catch(() => { this.#made.forget(name) })
    return done
  }
}
