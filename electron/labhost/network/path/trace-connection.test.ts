import { expect, test } from 'vitest'
import { readNodeFacts } from './node-facts.ts'
import { type TraceQuestion, traceConnection } from './trace-connection.ts'

interface NodeText { readonly number: number; readonly peer: number; readonly kind?: 'vxlan' | 'ipip' | 'host-gw'; readonly forward?: string; readonly routes?: boolean }

const service = '-d 10.96.0.7/32 -p tcp -m comment --comment "default/web cluster IP" -m tcp --dport 80'
const rules = `*nat
:PREROUTING ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:KUBE-MARK-MASQ - [0:0]
:KUBE-POSTROUTING - [0:0]
:KUBE-SERVICES - [0:0]
:KUBE-SVC-WEB - [0:0]
:KUBE-SEP-ONE - [0:0]
:KUBE-SEP-TWO - [0:0]
[8:480] -A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
[5:44] -A POSTROUTING -m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING
[0:0] -A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000
[5:44] -A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN
[0:0] -A KUBE-POSTROUTING -j MARK --set-xmark 0x4000/0x0
[0:0] -A KUBE-POSTROUTING -m comment --comment "kubernetes service traffic requiring SNAT" -j MASQUERADE --random-fully
[7:420] -A KUBE-SERVICES ${service} -j KUBE-SVC-WEB
[0:0] -A KUBE-SVC-WEB ! -s 10.244.0.0/16 ${service} -j KUBE-MARK-MASQ
[3:180] -A KUBE-SVC-WEB -m comment --comment "default/web -> 10.244.0.3:8080" -m statistic --mode random --probability 0.50000000000 -j KUBE-SEP-ONE
[4:240] -A KUBE-SVC-WEB -m comment --comment "default/web -> 10.244.1.3:8080" -j KUBE-SEP-TWO
[0:0] -A KUBE-SEP-ONE -s 10.244.0.3/32 -m comment --comment "default/web" -j KUBE-MARK-MASQ
[3:180] -A KUBE-SEP-ONE -p tcp -m comment --comment "default/web" -m tcp -j DNAT --to-destination 10.244.0.3:8080
[0:0] -A KUBE-SEP-TWO -s 10.244.1.3/32 -m comment --comment "default/web" -j KUBE-MARK-MASQ
[4:240] -A KUBE-SEP-TWO -p tcp -m comment --comment "default/web" -m recent --set --name KUBE-SEP-TWO --mask 255.255.255.255 --rsource -m tcp -j DNAT --to-destination 10.244.1.3:8080
COMMIT
*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:KUBE-FORWARD - [0:0]
:KUBE-SERVICES - [0:0]
`
const ends = `[0:0] -A FORWARD -m conntrack --ctstate NEW -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
[9:9] -A FORWARD -m comment --comment "kubernetes forwarding rules" -j KUBE-FORWARD
[0:0] -A KUBE-SERVICES -d 10.96.0.9/32 -p tcp -m comment --comment "default/empty has no endpoints" -m tcp --dport 80 -j REJECT --reject-with icmp-port-unreachable
[9:9] -A KUBE-FORWARD -m comment --comment "kubernetes forwarding conntrack rule" -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
COMMIT`

function textOf({ number, peer, kind = 'vxlan', forward = '' }: NodeText): string {
  const tunnel = kind === 'host-gw' ? 'lan0' : `${kind}.kubarium`
  const via = kind === 'vxlan' ? `10.244.${peer}.0` : `172.30.0.1${peer + 1}`
  const routes = [
    { dst: '10.96.0.0/16', dev: 'lan0', prefsrc: `172.30.0.1${number + 1}` }, { dst: `10.244.${number}.0/24`, dev: 'cni0', prefsrc: `10.244.${number}.1` },
    { dst: `10.244.${peer}.0/24`, gateway: via, dev: tunnel, flags: kind === 'host-gw' ? [] : ['onlink'] }, { dst: '172.30.0.0/24', dev: 'lan0', prefsrc: `172.30.0.1${number + 1}` },
  ]
  const address = (local: string) => [{ family: 'inet', local }]
  const devices = [
    { ifname: 'lan0', addr_info: address(`172.30.0.1${number + 1}`) }, { ifname: 'cni0', addr_info: address(`10.244.${number}.1`), linkinfo: { info_kind: 'bridge' } },
    ...(kind === 'host-gw' ? [] : [{ ifname: tunnel, addr_info: address(`10.244.${number}.0`), linkinfo: { info_kind: kind, info_data: { id: 1, port: 8472, local: `172.30.0.1${number + 1}` } } }]),
  ]
  const neighbours = [{ dst: `10.244.${number}.3`, dev: 'cni0', lladdr: `06:00:00:00:0${number}:03`, state: ['REACHABLE'] }, ...(kind === 'vxlan' ? [{ dst: via, dev: tunnel, lladdr: `02:00:0a:f4:0${peer}:00`, state: ['PERMANENT'] }] : [])]
  const forwarding = kind === 'vxlan' ? [{ mac: `02:00:0a:f4:0${peer}:00`, ifname: tunnel, dst: `172.30.0.1${peer + 1}` }] : []
  return `== rules\n${rules}${forward}${ends}\n== routes\n${JSON.stringify(routes)}\n== devices\n${JSON.stringify(devices)}\n== neighbours\n${JSON.stringify(neighbours)}\n== forwarding\n${JSON.stringify(forwarding)}\n`
}

const nodes = (change: Partial<NodeText> = {}) => [readNodeFacts('node-1', textOf({ number: 0, peer: 1, ...change })), readNodeFacts('node-2', textOf({ number: 1, peer: 0, kind: change.kind ?? 'vxlan' }))]
const ask = (change: Partial<TraceQuestion['to']> = {}, endpoint: string | null = null): TraceQuestion => ({ from: { node: 'node-1', address: '10.244.0.3', port: 40_000 }, to: { address: '10.96.0.7', port: 80, protocol: 'tcp', ...change }, endpoint })
const told = ({ steps }: ReturnType<typeof traceConnection>) => steps.map(({ leg, node, event, packet, outer }) => `${leg} ${node} ${event} ${packet.source}:${packet.sourcePort} > ${packet.destination}:${packet.destinationPort}${outer === null ? '' : ` in ${outer.kind} ${outer.source} > ${outer.destination}`}`)
const there = '10.244.0.3:40000 > 10.96.0.7:80'
const translated = '10.244.0.3:40000 > 10.244.1.3:8080'
const answer = '10.244.1.3:8080 > 10.244.0.3:40000'

test('TC1 TC2 TC3 TC4 through a Service and a VXLAN tunnel to a pod on the other node, and back', () => {
  const path = traceConnection(ask({}, '10.244.1.3:8080'), nodes())
  expect(told(path)).toEqual([
    `there node-1 sent ${there}`, `there node-1 rule ${there}`, `there node-1 rule ${there}`, `there node-1 chosen ${there}`, `there node-1 translated ${translated}`,
    `there node-1 routed ${translated}`, `there node-1 wrapped ${translated} in vxlan 172.30.0.11 > 172.30.0.12`, `there node-1 crossed ${translated} in vxlan 172.30.0.11 > 172.30.0.12`,
    `there node-2 unwrapped ${translated}`, `there node-2 routed ${translated}`, `there node-2 delivered ${translated}`,
    `back node-2 sent ${answer}`, `back node-2 routed ${answer}`, `back node-2 rule ${answer}`, `back node-2 accepted ${answer}`,
    `back node-2 wrapped ${answer} in vxlan 172.30.0.12 > 172.30.0.11`, `back node-2 crossed ${answer} in vxlan 172.30.0.12 > 172.30.0.11`,
    `back node-1 unwrapped ${answer}`, `back node-1 routed ${answer}`, `back node-1 rule ${answer}`, `back node-1 accepted ${answer}`,
    'back node-1 restored 10.96.0.7:80 > 10.244.0.3:40000', 'back node-1 delivered 10.96.0.7:80 > 10.244.0.3:40000',
  ])
  expect(path.endpoints).toEqual([{ address: '10.244.0.3:8080', share: 0.5 }, { address: '10.244.1.3:8080', share: 0.5 }])
  expect(path.steps.find(({ event }) => event === 'wrapped')!.evidence).toBe('10.244.1.0 dev vxlan.kubarium lladdr 02:00:0a:f4:01:00 PERMANENT\n02:00:0a:f4:01:00 dev vxlan.kubarium dst 172.30.0.12')
  expect(path.steps.find(({ event }) => event === 'chosen')).toMatchObject({ share: 0.5, counted: 4, evidence: '-A KUBE-SVC-WEB -m comment --comment "default/web -> 10.244.1.3:8080" -j KUBE-SEP-TWO' })
  expect(path.unjudged).toEqual([])
})

test('WC2 chance without a wish takes the first; a pod that meets itself is masqueraded', () => {
  const path = traceConnection(ask(), nodes())
  expect(told(path).slice(3)).toEqual([
    `there node-1 chosen ${there}`, `there node-1 rule ${there}`, `there node-1 marked ${there}`, 'there node-1 translated 10.244.0.3:40000 > 10.244.0.3:8080',
    'there node-1 routed 10.244.0.3:40000 > 10.244.0.3:8080', 'there node-1 rule 10.244.0.3:40000 > 10.244.0.3:8080', 'there node-1 marked 10.244.0.3:40000 > 10.244.0.3:8080',
    'there node-1 masqueraded 10.244.0.1:40000 > 10.244.0.3:8080', 'there node-1 delivered 10.244.0.1:40000 > 10.244.0.3:8080',
    'back node-1 sent 10.244.0.3:8080 > 10.244.0.1:40000', 'back node-1 restored 10.96.0.7:80 > 10.244.0.3:40000', 'back node-1 delivered 10.96.0.7:80 > 10.244.0.3:40000',
  ])
})

test('TC5 a Service without endpoints is refused, and an address that no route leads to is not sent', () => {
  const refused = traceConnection(ask({ address: '10.96.0.9' }), nodes())
  expect(refused.steps.at(-1)).toMatchObject({ leg: 'there', event: 'rejected', evidence: '-A KUBE-SERVICES -d 10.96.0.9/32 -p tcp -m comment --comment "default/empty has no endpoints" -m tcp --dport 80 -j REJECT --reject-with icmp-port-unreachable' })
  expect(traceConnection(ask({ address: '192.0.2.1' }), nodes()).steps.at(-1)).toMatchObject({ event: 'stranded', command: 'ip route get 192.0.2.1' })
})

test('TC2 IPIP names the node by the next hop; host-gw wraps nothing', () => {
  const direct = { address: '10.244.1.3', port: 8080 }
  expect(told(traceConnection(ask(direct), nodes({ kind: 'ipip' })))).toContain(`there node-1 wrapped ${translated} in ipip 172.30.0.11 > 172.30.0.12`)
  const plain = traceConnection(ask(direct), nodes({ kind: 'host-gw' }))
  expect(plain.steps.every(({ outer }) => outer === null)).toBe(true)
  expect(plain.steps.filter(({ event }) => event === 'crossed' || event === 'delivered').map(({ leg, node, event }) => `${leg} ${node} ${event}`)).toEqual(['there node-1 crossed', 'there node-2 delivered', 'back node-2 crossed', 'back node-1 delivered'])
  expect(plain.steps.some(({ event }) => event === 'restored')).toBe(false)
})

test('RU1 a rule that is not understood is named and passed over', () => {
  const odd = '[0:0] -A FORWARD -m bpf --bytecode "1,6 0 0 0" -j DROP\n'
  const path = traceConnection(ask({ address: '10.244.1.3', port: 8080 }), nodes({ forward: odd }))
  expect(path.unjudged).toEqual(['-A FORWARD -m bpf --bytecode "1,6 0 0 0" -j DROP'])
  expect(path.steps.at(-1)).toMatchObject({ event: 'delivered', leg: 'back' })
  const dropped = traceConnection(ask({ address: '10.244.1.3', port: 8080 }), nodes({ forward: '[0:0] -A FORWARD -s 10.244.0.3/32 -o vxlan.kubarium -j DROP\n' }))
  expect(dropped.steps.at(-1)).toMatchObject({ event: 'dropped', evidence: '-A FORWARD -s 10.244.0.3/32 -o vxlan.kubarium -j DROP' })
})
