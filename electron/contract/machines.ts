/** What a node's machine has and does, as it tells it itself. Counters count since the machine began. */

export interface MachineReport {
  /** Epoch milliseconds, by the machine's clock. */
  readonly at: number
  readonly kernel: string
  readonly uptimeSeconds: number
  readonly cpus: number
  /** Of all processors together. */
  readonly cpuSeconds: number
  /** Of the last 1, 5 and 15 minutes. A container shares them with the desktop. */
  readonly load: readonly [number, number, number]
  readonly memory: { readonly totalBytes: number; readonly usedBytes: number; readonly workingSetBytes: number }
  readonly disks: readonly MachineDisk[]
  readonly interfaces: readonly MachineInterface[]
  readonly processes: readonly MachineProcess[]
}

export interface MachineDisk {
  readonly device: string
  readonly mount: string
  readonly sizeBytes: number
  readonly usedBytes: number
}

export interface InterfaceCounters {
  readonly bytes: number
  readonly packets: number
  readonly errors: number
  readonly dropped: number
}

export interface MachineInterface {
  readonly name: string
  readonly mac: string
  readonly mtu: number
  readonly isUp: boolean
  readonly addresses: readonly string[]
  readonly received: InterfaceCounters
  readonly sent: InterfaceCounters
}

export interface MachineProcess {
  readonly pid: number
  readonly parent: number
  /** One letter of proc(5): R running, S sleeping, D waiting for a disk, Z gone and not collected, T stopped. */
  readonly state: string
  readonly command: string
  readonly cpuSeconds: number
  readonly memoryBytes: number
}

export type MachineItem =
  | { readonly state: 'known'; readonly report: MachineReport }
  /** It cannot be asked; items begin anew when it can. */
  | { readonly state: 'lost'; readonly reason: string }

export interface MachineFeeds {
  /** A report at once, then every few seconds while somebody follows. */
  'machines/report': { arguments: { readonly lab: string; readonly node: string }; item: MachineItem }
}
