import { describe, expect, test } from 'vitest'
import type { OverlayNode } from './backends/backend.ts'
import { hostGw } from './backends/host-gw.ts'
import { ipip } from './backends/ipip.ts'
import { vxlan } from './backends/vxlan.ts'
import type { SeenNetwork } from './network-plan.ts'
import { planNetwork } from './network-plan.ts'
import { readSeenNetwork } from './observe.ts'

const me: OverlayNode = { name: 'node-1', address: '172.30.0.11', podCidr: '10.244.1.0/24' }
const peer: OverlayNode = { name: 'node-2', address: '172.30.0.12', podCidr: '10.244.2.0/24' }
const nothing: SeenNetwork = { devices: [], neighbours: [], forwarding: [], routes: [] }
const text = (commands: ReturnType<typeof planNetwork>) => commands.map(({ program, argv }) => `${program} ${argv.join(' ')}`)

/** What ip and bridge print on node-1 once everything is as vxlan wants it. */
const settled = readSeenNetwork({
  addresses: JSON.stringify([
    { ifname: 'lan0', flags: ['UP'], mtu: 1500, address: '52:54:00:00:00:01', addr_info: [{ family: 'inet', local: '172.30.0.11', prefixlen: 24 }] },
    { ifname: 'vxlan.kubarium', flags: ['UP'], mtu: 1450, address: '02:00:0a:f4:01:00', linkinfo: { info_kind: 'vxlan', info_data: { id: 1, local: '172.30.0.11', link: 'lan0', port: 8472, learning: false } }, addr_info: [{ family: 'inet', local: '10.244.1.0', prefixlen: 32 }, { family: 'inet6', local: 'fe80::1', prefixlen: 64 }] },
  ]),
  forwarding: { 'vxlan.kubarium': JSON.stringify([{ mac: '02:00:0a:f4:02:00', dst: '172.30.0.12', flags: ['self'], state: 'permanent' }]) },
  neighbours: JSON.stringify([{ dst: '10.244.2.0', dev: 'vxlan.kubarium', lladdr: '02:00:0a:f4:02:00', state: ['PERMANENT'] }]),
  routes: JSON.stringify([{ dst: '10.244.2.0/24', gateway: '10.244.2.0', dev: 'vxlan.kubarium', flags: ['onlink'] }]),
})

describe('network plan', () => {
  test('VX1 VX2 VX3 VX4 an empty node gets device, neighbour, forwarding entry and route', () => {
    expect(text(planNetwork(vxlan.want({ me, peers: [peer], parent: 'lan0', parentMtu: 1500 }), nothing))).toEqual([
      'ip link add vxlan.kubarium address 02:00:0a:f4:01:00 mtu 1450 type vxlan id 1 dstport 8472 local 172.30.0.11 dev lan0 nolearning',
      'ip addr replace 10.244.1.0/32 dev vxlan.kubarium',
      'ip link set vxlan.kubarium up',
      'ip neigh replace 10.244.2.0 lladdr 02:00:0a:f4:02:00 dev vxlan.kubarium nud permanent',
      'bridge fdb replace 02:00:0a:f4:02:00 dev vxlan.kubarium dst 172.30.0.12',
      'ip route replace 10.244.2.0/24 via 10.244.2.0 dev vxlan.kubarium onlink proto 73',
    ])
  })

  test('NP1 what is as wanted is not touched', () => {
    expect(planNetwork(vxlan.want({ me, peers: [peer], parent: 'lan0', parentMtu: 1500 }), settled)).toEqual([])
  })

  test('NP3 entries of a peer that has gone are taken away', () => {
    expect(text(planNetwork(vxlan.want({ me, peers: [], parent: 'lan0', parentMtu: 1500 }), settled))).toEqual([
      'ip neigh del 10.244.2.0 dev vxlan.kubarium',
      'bridge fdb del 02:00:0a:f4:02:00 dev vxlan.kubarium dst 172.30.0.12',
      'ip route del 10.244.2.0/24 dev vxlan.kubarium proto 73',
    ])
  })

  test('NP2 a device with another underlay address is made anew, with everything on it', () => {
    const moved = { ...me, address: '172.30.0.99' }
    const commands = text(planNetwork(vxlan.want({ me: moved, peers: [peer], parent: 'lan0', parentMtu: 1500 }), settled))
    expect(commands[0]).toBe('ip link del vxlan.kubarium')
    expect(commands[1]).toContain('local 172.30.0.99')
    expect(commands).toContain('ip route replace 10.244.2.0/24 via 10.244.2.0 dev vxlan.kubarium onlink proto 73')
  })

  test('NP3 changing to ipip takes the vxlan device away', () => {
    expect(text(planNetwork(ipip.want({ me, peers: [peer], parent: 'lan0', parentMtu: 1500 }), settled))).toEqual([
      'ip link del vxlan.kubarium',
      'ip link add ipip.kubarium mtu 1480 type ipip local 172.30.0.11 dev lan0',
      'ip addr replace 10.244.1.0/32 dev ipip.kubarium',
      'ip link set ipip.kubarium up',
      'ip route replace 10.244.2.0/24 via 172.30.0.12 dev ipip.kubarium onlink src 10.244.1.0 proto 73',
    ])
  })

  test('HG1 host-gw routes through the peer itself', () => {
    expect(text(planNetwork(hostGw.want({ me, peers: [peer], parent: 'lan0', parentMtu: 1500 }), nothing))).toEqual(['ip route replace 10.244.2.0/24 via 172.30.0.12 dev lan0 proto 73'])
  })

  test('a peer that moves keeps its route and gets a new forwarding entry', () => {
    const commands = text(planNetwork(vxlan.want({ me, peers: [{ ...peer, address: '172.30.0.77' }], parent: 'lan0', parentMtu: 1500 }), settled))
    expect(commands).toEqual(['bridge fdb del 02:00:0a:f4:02:00 dev vxlan.kubarium dst 172.30.0.12', 'bridge fdb replace 02:00:0a:f4:02:00 dev vxlan.kubarium dst 172.30.0.77'])
  })
})
