import { createHash, randomBytes } from 'node:crypto'

/**
 * MAC of the index-th machine's LAN interface (1-based, below 65536). Locally administered, unicast, and the same at
 * every start, so that a peer's neighbour entry survives a restart of the machine.
 */
export function lanMac(index: number): string {
  return `52:54:00:30:${hexPair(index >> 8)}:${hexPair(index)}`
}

/** MAC of the management interface of a virtual machine. Each has a network of its own, so only its class matters. */
export function managementMac(machineName: string): string {
  const [a, b] = createHash('sha256').update(machineName).digest()
  return `52:54:00:31:${hexPair(a!)}:${hexPair(b!)}`
}

export function newMachineId(): string {
  return randomBytes(16).toString('hex')
}

function hexPair(value: number): string {
  return (value & 0xff).toString(16).padStart(2, '0')
}
