/**
 * The QEMU command line of a machine, as a pure function of what is known before it starts.
 *
 *   QC1  Every path of the machine is relative: QEMU runs in the machine's directory.
 *   QC2  Nothing secret stands here; credentials are files (see credentials.ts).
 *   QC3  Devices have fixed places, because the guest names its cards by them (0x10 mgmt0, 0x11 lan0) and because a
 *        clone must have the very devices of its template.
 *   QC4  The management card leads nowhere (`restrict`) but from one port of 127.0.0.1 to the guest's sshd.
 *   QC6  Disks that come and go hang on a SCSI bus of their own, which tells the guest itself: no ACPI, no PCI hot-plug.
 *   QC5  The guest may restart itself: there is no -no-reboot. Its shutdown ends QEMU.
 *   QC7  A machine has as many processors as its specification says. Only ACPI tells a Debian kernel of more than one (it
 *        reads no MP tables, so acpi=off does not help): with one processor alone the kernel is spared ACPI's interrupt
 *        links, which saves 0.4 s of an emulated boot.
 *   QC8  An emulated guest places programs at the same addresses every time (norandmaps): with random ones QEMU translates
 *        every program and library anew at each start (52 MB of translated code a pod instead of 6). What is translated is
 *        all thrown away when the room for it is full; a worker that has just come up has filled 350 to 400 MB.
 *   QC9  Before QEMU 8.1 processors that are emulated side by side kill a guest now and then: one translates code that another
 *        is patching, and goes on with the breakpoint of the patch after that has been taken away ("Oops: int3"; a kernel patches
 *        itself at boot, when its clock is set, whenever a feature is first used). There they take turns on one thread.
 */
import { managementMac } from '../machine-addresses.ts'
import type { MachineSpec } from '../machine.ts'
import { type Accelerator, sandboxArguments } from './acceleration.ts'
import { credentialsOf } from './credentials.ts'
import { identityPort } from './personalise.ts'
import { qemuFiles } from './qemu-files.ts'

/** Where disks are plugged in (qemu-disks.ts). */
export const scsiBus = 'scsi'

export interface QemuStart {
  readonly accelerator: Accelerator
  /** Of QEMU: 7.2.22 */
  readonly programVersion: string
  readonly sandbox: boolean
  readonly sshPort: number
  /** anonymous: as usual. shared: a file that can become a template. private: a clone's copy-on-write view of a template's file. */
  readonly memory: { readonly type: 'anonymous' } | { readonly type: 'shared'; readonly file: string } | { readonly type: 'private'; readonly file: string }
  /** The topmost layer (disk-layers.ts). */
  readonly disk?: string
  /** Waits for a device state over QMP instead of booting. */
  readonly incoming: boolean
}

/** QEMU 7.2's cmpxchg16b spoils the flags under TCG, which kills a 6.12 kernel within a minute; 5-level paging only costs time there. */
const processors: Record<Accelerator, string> = { kvm: 'host', hvf: 'host', whpx: 'max', tcg: 'max,-cx16,-la57' }
const accelerators: Record<Exclude<Accelerator, 'tcg'>, string> = { kvm: 'kvm', hvf: 'hvf', whpx: 'whpx,kernel-irqchip=off' }

export function qemuArguments(spec: MachineSpec, start: QemuStart): readonly string[] {
  return [
    '-name', spec.name,
    '-nodefaults', '-no-user-config', '-display', 'none',
    '-machine', start.memory.type === 'anonymous' ? 'pc' : 'pc,memory-backend=memory',
    '-accel', start.accelerator === 'tcg' ? `tcg,thread=${mayRunSideBySide(spec, start) ? 'multi' : 'single'},tb-size=512` : accelerators[start.accelerator],
    '-cpu', processors[start.accelerator],
    '-smp', String(spec.cpus),
    '-m', `${spec.memoryMiB}M`,
    ...memoryObject(spec, start),
    '-kernel', spec.image.kernel,
    '-initrd', spec.image.initrd,
    '-append', `${kernelArguments(spec, start.accelerator)} systemd.hostname=${spec.name} systemd.machine_id=${spec.identity.machineId}`,
    '-drive', `file=${start.disk ?? qemuFiles.disk},if=none,id=disk,format=qcow2,cache=writeback,discard=unmap`,
    '-device', 'virtio-blk-pci,drive=disk,addr=0x0f',
    '-netdev', `user,id=mgmt,restrict=on,hostfwd=tcp:127.0.0.1:${start.sshPort}-:22`,
    '-device', `virtio-net-pci,netdev=mgmt,id=nic-mgmt,addr=0x10,mac=${managementMac(spec.name)},romfile=`,
    '-netdev', `stream,id=lan,server=on,addr.type=unix,addr.path=${qemuFiles.lan}`,
    '-device', `virtio-net-pci,netdev=lan,id=nic-lan,addr=0x11,mac=${spec.lan.mac},romfile=`,
    '-device', 'virtio-rng-pci,addr=0x12',
    '-device', `virtio-scsi-pci,id=${scsiBus},addr=0x13`,
    '-chardev', `socket,id=console,path=${qemuFiles.console},server=on,wait=off,logfile=${qemuFiles.consoleLog},logappend=on`,
    '-serial', 'chardev:console',
    '-device', 'virtio-serial-pci,addr=0x14',
    '-chardev', `socket,id=identity,path=${qemuFiles.identity},server=on,wait=off`,
    '-device', `virtserialport,chardev=identity,name=${identityPort}`,
    '-chardev', `socket,id=monitor,path=${qemuFiles.monitor},server=on,wait=off`,
    '-mon', 'chardev=monitor,mode=control',
    ...credentialsOf(spec).flatMap(credential => ['-smbios', `type=11,path=${credential.file}`]),
    '-pidfile', qemuFiles.pid,
    ...(start.sandbox ? sandboxArguments : []),
    ...(start.incoming ? ['-incoming', 'defer'] : []),
  ]
}

/** QC9 */
function mayRunSideBySide({ cpus }: MachineSpec, { programVersion }: QemuStart): boolean {
  const [major = 0, minor = 0] = programVersion.split('.').map(Number)
  return cpus === 1 || major > 8 || (major === 8 && minor >= 1)
}

function kernelArguments({ cpus, image }: MachineSpec, accelerator: Accelerator): string {
  return [image.kernelArguments, ...(cpus === 1 ? ['pci=noacpi'] : []), ...(accelerator === 'tcg' ? ['norandmaps'] : [])].join(' ') // QC7, QC8
}

function memoryObject(spec: MachineSpec, start: QemuStart): readonly string[] {
  if (start.memory.type === 'anonymous') return []
  const path = start.memory.file.replaceAll(',', ',,')
  return ['-object', `memory-backend-file,id=memory,size=${spec.memoryMiB}M,mem-path=${path},share=${start.memory.type === 'shared' ? 'on' : 'off'}`]
}
