import { expect, test } from 'vitest'
import { readFlows } from './flows.ts'

const printed = `tcp      6 114 TIME_WAIT src=10.244.0.3 dst=10.96.0.7 sport=36656 dport=80 packets=6 bytes=400 src=10.244.1.3 dst=10.244.0.3 sport=8080 dport=36656 packets=4 bytes=900 [ASSURED] mark=0 use=1
tcp      6 104 TIME_WAIT src=10.244.0.3 dst=10.96.0.7 sport=55992 dport=80 packets=1 bytes=60 src=10.244.1.3 dst=10.244.0.3 sport=8080 dport=55992 packets=1 bytes=40 [ASSURED] mark=0 use=1
udp      17 20 src=10.244.0.3 dst=10.96.0.10 sport=41000 dport=53 src=10.244.0.2 dst=10.244.0.3 sport=53 dport=41000 mark=0 use=1
icmp     1 29 src=10.244.0.3 dst=10.244.1.3 type=8 code=0 id=5 packets=1 bytes=84 src=10.244.1.3 dst=10.244.0.3 type=0 code=0 id=5 packets=1 bytes=84 mark=0 use=1
conntrack v1.4.8 (conntrack-tools): 3 flow entries have been shown.`

test('FL1 FL2 connections of the same ends are one flow, whose target is who answers', () => {
  expect(readFlows(printed)).toEqual([
    { protocol: 'tcp', source: '10.244.0.3', destination: '10.96.0.7', port: 80, target: '10.244.1.3', targetPort: 8080, connections: 2, packets: 12, bytes: 1_400 },
    { protocol: 'icmp', source: '10.244.0.3', destination: '10.244.1.3', port: 0, target: '10.244.1.3', targetPort: 0, connections: 1, packets: 2, bytes: 168 },
    { protocol: 'udp', source: '10.244.0.3', destination: '10.96.0.10', port: 53, target: '10.244.0.2', targetPort: 53, connections: 1, packets: 0, bytes: 0 },
  ])
})

test('FL3 the busiest are told of', () => {
  expect(readFlows(printed, 1).map(({ protocol }) => protocol)).toEqual(['tcp'])
})
