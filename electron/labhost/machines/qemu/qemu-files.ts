/** Names in a QEMU machine's directory. QEMU runs inside that directory and knows them by these names alone, so that neither length nor odd letters of the path matter. */
export const qemuFiles = {
  /** Hard link to the image's (or template's) disk, so that the image may be cleaned away while a machine still stands on it. */
  base: 'base.qcow2',
  disk: 'disk.qcow2',
  /** Which layer of the disk is written (disk-layers.ts); without it, disk.qcow2. */
  topmost: 'disk.json',
  /** Of a clone: the image under the template's disk. */
  image: 'image.qcow2',
  /** Guest memory as a file; only on template candidates. */
  memory: 'memory',
  pid: 'qemu.pid',
  monitor: 'qmp.sock',
  lan: 'lan.sock',
  console: 'console.sock',
  consoleLog: 'console.log',
  /** Where a clone is told who it is. */
  identity: 'identity.sock',
  log: 'qemu.log',
} as const

/** Names in the directory of a saved machine; layers of its disk have the names that they have in the machine's. */
export const savedFiles = {
  /** Written last. */
  description: 'saved.json',
  memory: 'saved.memory',
  devices: 'devices.state',
  kernel: 'kernel',
  initrd: 'initrd',
} as const

/** Names in a template's directory. */
export const templateFiles = {
  manifest: 'template.json',
  memory: 'memory',
  disk: 'disk.qcow2',
  image: 'image.qcow2',
  devices: 'devices.state',
} as const
