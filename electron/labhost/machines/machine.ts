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

/** What saving needs of a line to the machine's sshd; where there is none, the machine is saved without it. */
export interface GuestLine {
  exec(argv: readonly string[], options?: { readonly stdin?: string; readonly timeoutMs?: number }): Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }>
}

/**
 * Keeps a running machine as it is at one moment: memory, devices and its own disk. Machines of one lab are frozen together
 * by whoever composes the lab, so that what passes between them is cut at one moment.
 *
 *   MC1  The order is prepare (may take long) - freeze - save (the machine stands still: only what must be taken now) - thaw -
 *        finish (may take long). Whatever fails, `thaw` makes the machine go on, and the save is disposed of.
 *   MC2  A saved machine is whole in its own directory: it needs neither the machine it was taken of nor the node image, nor
 *        another saved machine. What it has in common with them (base images, earlier layers of the disk, pages of memory that
 *        are the same) it shares by hard links or reflinks, so that deleting one directory frees what is nobody else's and
 *        breaks nothing.
 *   MC3  No file of a saved machine is ever written again, by nobody: machines that are restored from it write elsewhere.
 *   MC4  Disks that are plugged in (MachineDisks) are not part of it: their files are kept and put back by their owner, their
 *        ids and sizes by the saved machine. While the machine is frozen they hold all that the guest has written.
 *   MC5  Connections to the machine do not outlive a restore; the guest finds them broken as after a network failure.
 */
export interface MachineCheckpoints {
  /** Makes ready what can be done before: for example a program in the guest that waits to be told the time after a restore. */
  prepare(guest: GuestLine | null): Promise<void>
  /** The guest stands still when it resolves; what it has written is in its disks' files. Frozen twice is frozen. A machine that was paused on purpose stays so over `thaw` and after a restore. */
  freeze(): Promise<void>
  /**
   * Takes the machine, which is frozen, into a directory that does not exist yet (it is made, 0700) and is the save's until
   * it is finished or disposed of. `earlier`: a directory of a saved state of this machine to share data with, if there is one.
   */
  save(directory: string, earlier: string | null): Promise<MachineSave>
  /** Undoes `freeze`. On a machine that is not frozen it does nothing. */
  thaw(): Promise<void>
}

/** Disposed of before it was finished it removes its directory. */
export interface MachineSave extends AsyncDisposable {
  /** After `thaw`. Resolves when every file is on the disk (fsync) and the directory holds a whole saved machine. */
  finish(signal: AbortSignal): Promise<SavedMachine>
}

/** What a directory of a saved machine says about itself (written last into it by `finish`). */
export interface SavedMachine {
  readonly spec: MachineSpec
  /** Also what it can be restored with only: kvm, hvf, whpx, tcg. */
  readonly acceleration: string
  /** Version of the program that runs machines (QEMU); another major version refuses. */
  readonly programVersion: string
  readonly wasPaused: boolean
  readonly plugged: readonly { readonly id: string; readonly sizeBytes: number }[]
  /** Names in the directory, in any order, without the description itself; the owner of the checkpoint makes checksums of them. */
  readonly files: readonly string[]
}

/** A machine that stands in the moment of its save. */
export interface RestoredMachine extends AsyncDisposable {
  /** Paused. `resume` lets it go on. */
  readonly running: RunningMachine
  /**
   * `resume` (not where it was paused on purpose when it was saved), then sets the guest's clock and stirs its random state,
   * over what `prepare` left in it. False where nothing in the guest listens: then the clock has to be set over its sshd.
   * Once it has resolved the machine is kept; disposed of before, it is ended and its directory emptied.
   */
  wake(): Promise<{ readonly clockIsSet: boolean }>
}

/** The half of MachineCheckpoints that makes machines of what was saved. */
export interface SavedMachines {
  /** null where the directory holds no whole saved machine. Reads its description, no more. */
  read(directory: string): Promise<SavedMachine | null>
  /** Why it cannot be restored on this desktop (accelerator, program version, missing file), as one line for the user; null if it can. */
  problem(directory: string): Promise<string | null>
  /**
   * Makes a paused machine of it. `machine.directory` is made if it does not exist, else all that is in it is replaced; a
   * process that still runs in it is ended first. `machine.spec` has the saved one's size, image hash, LAN and keys (MC2: its
   * image paths need not exist); name of the identity file and everything else that lies on the desktop may be another's, so
   * that a second machine can stand beside the first. A port of the desktop that is taken is chosen anew.
   * `disks` are those that were plugged in, with the files they have now.
   * Fails with MachineError `CheckpointFailed`, leaving no process and nothing of the saved directory changed; the machine's
   * directory may be left empty, and the same call may be made again.
   */
  restore(machine: Machine, directory: string, disks: readonly PluggableDisk[]): Promise<RestoredMachine>
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
  /** null where the provider cannot keep a machine's memory (MA5: whoever asks is told so by name). */
  readonly checkpoints: MachineCheckpoints | null
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
  /** null where machines cannot be kept and restored. */
  readonly saved: SavedMachines | null
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
