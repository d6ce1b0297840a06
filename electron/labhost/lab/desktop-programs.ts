/** Programs of the desktop that answer at an address of the cluster, for the API server's egress proxy (ER4). */
import { connect } from 'node:net'
import type { Dialer } from '../network/egress-proxy.ts'
import type { DesktopPrograms } from './egress-routes.ts'
import type { LabPorts } from './lab-memory.ts'
import { nodeLocal } from './node-local.ts'

export function desktopPrograms(ports: () => LabPorts): DesktopPrograms {
  return { [`${nodeLocal.address}:${nodeLocal.metricsPort}`]: { dial: (_host, _port, signal) => dialLoopback(ports().metricsServer, signal) } }
}

function dialLoopback(port: number, signal?: AbortSignal): ReturnType<Dialer['dial']> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, ...(signal === undefined ? {} : { signal }) })
    socket.once('error', reject)
    socket.once('connect', () => {
      socket.off('error', reject)
      resolve(socket)
    })
  })
}
