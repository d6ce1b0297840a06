/** Numbers of protocols and ports, as IANA and Linux have them. */
export const etherTypes = { ipv4: 0x0800, arp: 0x0806, vlan: 0x8100, ipv6: 0x86dd } as const

export const ipProtocols = { icmp: 1, ipip: 4, tcp: 6, udp: 17, ipv6: 41, gre: 47, esp: 50, icmpv6: 58, sctp: 132 } as const

export const ports = {
  dns: 53,
  geneve: 6081,
  wireguard: 51_820,
  /** Linux' and flannel's VXLAN port, and IANA's. */
  vxlan: [8472, 4789],
} as const

export function isVxlanPort(port: number): boolean {
  return port === ports.vxlan[0] || port === ports.vxlan[1]
}
