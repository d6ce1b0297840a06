/** The address every node has on `lo`, where the lab host publishes what nodes need of the desktop. */
export const nodeLocal = {
  address: '198.18.0.1',
  apiPort: 6443,
  registryPort: 5000,
  /** Not published on nodes: where the API server finds the lab's metrics server through the egress proxy. */
  metricsPort: 4443,
  apiServer: 'https://198.18.0.1:6443',
} as const
