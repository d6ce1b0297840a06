/**
 * The CNI configuration of a node: a bridge with addresses from the node's pod CIDR, and host ports.
 *
 *   CN1  The bridge is the pods' gateway; hairpin is on, so a pod reaches itself through its Service.
 *   CN2  No masquerade: pods and nodes see each other's own addresses.
 */
export function renderConflist(podCidr: string, mtu: number): string {
  const conflist = {
    cniVersion: '1.0.0',
    name: 'kubarium',
    plugins: [
      {
        type: 'bridge',
        bridge: 'cni0',
        isGateway: true,
        isDefaultGateway: true,
        hairpinMode: true, // CN1
        ipMasq: false, // CN2
        mtu,
        ipam: { type: 'host-local', ranges: [[{ subnet: podCidr }]] },
      },
      { type: 'portmap', capabilities: { portMappings: true } },
    ],
  }
  return `${JSON.stringify(conflist, null, 2)}\n`
}
