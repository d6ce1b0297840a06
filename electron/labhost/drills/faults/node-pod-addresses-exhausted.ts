/** All pod addresses of a node are taken. */
import type { Fault } from '../fault.ts'

/** Where host-local (the IPAM of the node's CNI configuration, "kubarium") keeps a file for each address. */
const folder = '/var/lib/cni/networks/kubarium'
const takeAll = 'mkdir -p "$1" && for last in $(seq 2 254); do file="$1/$2.$last"; [ -e "$file" ] || printf "%s\\n" "$3" >"$file"; done'
const giveBack = '[ -d "$1" ] || exit 0; grep -lxF "$2" "$1"/* 2>/dev/null | xargs -r rm -f'

export const nodePodAddressesExhausted: Fault<'node'> = {
  kind: {
    name: 'node-pod-addresses-exhausted', title: 'A node has no pod addresses left', group: 'node-agents', target: 'node', resource: null, parameters: [], lasts: true, providers: ['qemu', 'namespace'],
    effect: 'Every address of the pod network of the node is marked as taken.',
    evidence: 'New pods there stay in ContainerCreating with FailedCreatePodSandBox "no IP addresses available"; those that run go on.',
    healing: 'The addresses that the fault took are given back.',
  },
  claims: ({ name }) => [`the pod addresses of ${name}`],
  prepare: async (world, { name }) => {
    const { spec } = (await world.api.get(`/api/v1/nodes/${encodeURIComponent(name)}`)) as { readonly spec?: { readonly podCIDR?: string } }
    return { network: (spec?.podCIDR ?? '').split('.').slice(0, 3).join('.') }
  },
  async inject(world, { id, target, memory }) {
    await world.run(target.name, ['sh', '-c', takeAll, 'sh', folder, (memory as { readonly network: string }).network, id])
  },
  async heal(world, { id, target }) {
    await world.run(target.name, ['sh', '-c', giveBack, 'sh', folder, id])
  },
}
