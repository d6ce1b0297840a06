/**
 * A machine is what a node of a lab runs on. Providers make machines; whoever composes a lab sees only this interface.
 *
 *   MA1  A machine lives wholly under its directory (and, while it runs, in the processes, mounts and cgroups that its
 *        provider made for it). `delete` leaves none of them behind, in whatever state it finds them.
 *   MA2  A running machine does not depend on the lab host's process: after a `kill -9` of the lab host `adopt` finds it.
 *   MA3  The way in is a byte stream to the machine's sshd. Who speaks SSH over it is not the provider's business.
 *   MA4  Identity (hostname, machine id, host key, authorised key, LAN address, MACs) comes from the specification;
 *        nothing of it is baked into an image.
 *   MA5  What a provider cannot do it refuses by name.
 */
import type { Duplex } from 'node:stream'
import type { DoctorFinding, Provider, SshTarget } from '../../contract/labs.ts'

/** Files of one built node image, all read-only to machines. */
export interface NodeImage {
  /** Content hash of the recipe's inputs; names the image. */
  readonly hash: string
  readonly kernel: string
  readonly initrd: string
  /** qcow2, root file system without a partition table. */
  readonly disk: string
  /** What the image wants on the kernel's command line. */
  readonly kernelArguments: string
  /** The same root file system as a folder; null where the image was built without it. */
  readonly rootfs: string | null
  /** Ready content of /var/lib/containerd for machines that cannot use the one in rootfs; null where there is none. */
  readonly containerd: string | null
}

export interface MachineIdentity {
  /** One line of authorized_keys for root. */
  readonly authorizedKey: string
  /** Private key that opens the machine, on the desktop's disk; only named, never read here. */
  readonly identityFile: string
  /** ed25519 in OpenSSH's PEM form. */
  readonly hostKeyPrivate: string
  /** "ssh-ed25519 AAAA…" */
  readonly hostKeyPublic: string
  /** 32 hex digits. */
  readonly machineId: string
}

export interface MachineLan {
  readonly address: string
  readonly prefix: number
  readonly mac: string
}

export interface MachineSpec {
  /** Also the hostname: a DNS label. */
  readonly name: string
  readonly provider: Provider
  readonly cpus: number
  readonly memoryMiB: number
  /** Virtual size of the disk; it grows on the host as it is written. */
  readonly diskMiB: number
  readonly image: NodeImage
  readonly lan: MachineLan
  readonly identity: MachineIdentity
}

/** A machine as it lies on disk, running or not. */
export interface Machine {
  readonly spec: MachineSpec
  /** 0700, owned by this machine alone. */
  readonly directory: string
}

/** How the machine's LAN interface leaves it. */
export type LanAttachment =
  /** QEMU listens here; the switch of the lab host dials it. uint32 big-endian length, then the frame. */
  | { readonly type: 'frame-stream'; readonly socketPath: string }
  /**
   * A port of a kernel bridge that belongs to the lab; no frames pass through the lab host. In a lab that also has
   * machines of the other kind `openUplink` gives a socket, one for the whole bridge, for the switch to dial.
   */
  | { readonly type: 'bridge'; openUplink(): Promise<string> }

/** In the order a machine lives through them; paused and running alternate. */
export type MachineRunState = 'running' | 'paused' | 'exited'

export interface MachineUsage {
  /** Since the machine was started. */
  readonly cpuSeconds: number
  readonly memoryBytes: number
}

/** A block device that is plugged into a running machine, beside the disk it was made with. */
export interface PluggableDisk {
  /** Letters, digits and hyphens, at most 63. Inside the machine the device is known by it. */
  readonly id: string
  /** Raw image on the desktop, absolute. */
  readonly file: string
}

/**
 * Disks that come and go while a machine runs. They are not part of its specification: a machine that starts has none.
 *
 *   MD1  Plugging in what is in, and taking out what is not in, succeed and change nothing.
 *   MD2  One file is in one machine at most; the second is refused.
 *   MD3  Inside, a disk is found by its id: by the name that the SCSI disk gives itself (/sys/block/…/device/vpd_pg83), or as
 *        /dev/kubarium/<id> where there is no bus.
 */
export interface MachineDisks {
  /** Ids of what is plugged in. */
  list(): Promise<readonly string[]>
  plugIn(disk: PluggableDisk): Promise<void>
  takeOut(id: string): Promise<void>
  /** The file behind it has grown: makes the machine see it. */
  grow(disk: PluggableDisk, sizeBytes: number): Promise<void>
}

export interface SerialConsole {
  /** Everything the machine ever printed there, appended over all its starts. */
  readonly logFile: string
  /** What is typed goes to the machine, what it prints comes back; any number may be open. */
  open(signal?: AbortSignal): Promise<Duplex>
}

export interface RunningMachine {
  readonly name: string
  readonly machine: Machine
  /** The process whose end is the machine's end. */
  readonly pid: number
  /** kvm, hvf, whpx, tcg; null where no virtual machine is involved. */
  readonly acceleration: string | null
  readonly lan: LanAttachment
  /** The local TCP port that leads to its sshd, where there is one. */
  readonly sshPort: number | null
  readonly state: MachineRunState
  readonly disks: MachineDisks
  /** One try to reach its sshd; resolves once the server's banner is on its way. */
  connect(signal: AbortSignal): Promise<Duplex>
  sshTarget(): SshTarget
  /** null where the machine has no serial port. */
  console(): SerialConsole | null
  /** The plug is pulled: nothing inside is asked. */
  powerOff(): Promise<void>
  /** Clean: the inside is asked to stop, by `ask` where given, else by the provider's own means; after timeoutMs the plug is pulled. */
  shutdown(timeoutMs: number, ask?: () => Promise<unknown>): Promise<{ readonly clean: boolean }>
  /** The reset button: memory is lost, disks stay, the same machine starts again. */
  reset(): Promise<void>
  pause(): Promise<void>
  resume(): Promise<void>
  usage(): Promise<MachineUsage>
  /** Called once, also when the machine is already gone. */
  onExit(callback: (how: MachineExit) => void): Disposable
  /** Lets go of the machine without touching it: sockets and timers of this process end, the machine goes on. */
  release(): void
}

export interface MachineExit {
  /** True when it ended because powerOff or shutdown of this object was called. */
  readonly wanted: boolean
  /** What is known about it, as one line for the user. */
  readonly reason: string
}

export interface MachineProvider {
  readonly name: Provider
  /** What this desktop lacks for the provider to work; every finding `ok` means it works. */
  check(): Promise<readonly DoctorFinding[]>
  /** Makes the directory and what must exist before the first start. Repeating it with the same spec changes nothing. */
  create(spec: MachineSpec, directory: string): Promise<Machine>
  start(machine: Machine): Promise<RunningMachine>
  /** Finds a machine that is still running although the process that started it is gone. */
  adopt(machine: Machine): Promise<RunningMachine | null>
  /** Ends it if it runs and removes all traces. Succeeds on what is half made or already gone. */
  delete(machine: Machine): Promise<void>
}
