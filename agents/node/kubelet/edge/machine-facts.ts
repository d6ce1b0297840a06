/** Reads what the node's machine is: processors, memory, disk, system. */
import { readFile, statfs } from 'node:fs/promises'
import { arch, availableParallelism, cpus, release } from 'node:os'
import type { MachineFacts } from '../../../machinery/kubelet/node-object.ts'
import { machineProcessors } from '../../os/machine-processors.ts'
import { machineUsage } from '../../os/machine-usage.ts'

const architectures: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64', arm: 'arm', ppc64: 'ppc64le', s390x: 's390x', riscv64: 'riscv64' }

export function nodeArchitecture(): string {
  return architectures[arch()] ?? arch()
}

export async function readMachineFacts(rootFolder: string, runtimeVersion: string, kubeletVersion: string): Promise<MachineFacts> {
  const [processors, memory, osRelease, machineId, bootId, systemUuid, disk] = await Promise.all([
    machineProcessors(cpus().length || availableParallelism()), machineUsage(), readText('/etc/os-release'), readText('/etc/machine-id'), readText('/proc/sys/kernel/random/boot_id'), readText('/sys/class/dmi/id/product_uuid'),
    statfs(rootFolder).catch(() => undefined),
  ])
  return {
    cpus: processors,
    memoryBytes: memory.totalBytes,
    diskBytes: disk === undefined ? 0 : disk.blocks * disk.bsize,
    systemInfo: {
      machineID: machineId.trim(),
      systemUUID: systemUuid.trim() === '' ? machineId.trim() : systemUuid.trim(),
      bootID: bootId.trim(),
      kernelVersion: release(),
      osImage: /^PRETTY_NAME="?([^"\n]*)"?$/m.exec(osRelease)?.[1] ?? 'Linux',
      containerRuntimeVersion: runtimeVersion,
      kubeletVersion,
      kubeProxyVersion: '',
      operatingSystem: 'linux',
      architecture: nodeArchitecture(),
    },
  }
}

async function readText(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '')
}
