/**
 * The cgroups of pods on this machine, for both drivers and both versions.
 *
 *   LC1  With the systemd driver the runtime makes a pod's slice by naming it; the kubelet only stops it afterwards.
 *   LC2  With the cgroupfs driver the kubelet makes the pod's folder in every hierarchy and writes the pod's limits there.
 *   LC3  Removing is by name from the deepest up; what still has processes is left for the next time.
 */
import { execFile } from 'node:child_process'
import { mkdir, readdir, readFile, rmdir, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import type { Pod } from '../../../api/groups/core-v1/types.ts'
import { errorText, type Log } from '../../../base/log.ts'
import { podCgroupPath, podCgroupParent, type CgroupDriver } from '../pod-worker/cgroup-names.ts'
import type { PodCgroups } from '../pod-worker/pod-deps.ts'
import { podResourcesOf, qosClassOf, type PodResources, type QosClass } from '../pod-worker/resources.ts'

const run = promisify(execFile)
const root = '/sys/fs/cgroup'
const classes: readonly QosClass[] = ['Guaranteed', 'Burstable', 'BestEffort']
const v1Controllers = ['cpu', 'cpuacct', 'cpuset', 'memory', 'devices', 'freezer', 'blkio', 'pids', 'hugetlb', 'net_cls', 'net_prio', 'perf_event', 'systemd']

export async function createLinuxCgroups(driver: CgroupDriver, log: Log): Promise<PodCgroups> {
  const isV2 = (await stat(`${root}/cgroup.controllers`).catch(() => undefined)) !== undefined
  return driver === 'systemd' ? systemdCgroups(log) : cgroupfs(isV2 ? [root] : await v1Hierarchies(), isV2, log)
}

function systemdCgroups(log: Log): PodCgroups {
  return {
    ensure: () => Promise.resolve(), // LC1
    async remove(podUid) {
      const names = classes.map(qos => podCgroupParent('systemd', qos, podUid))
      const present: string[] = []
      for (const [index, name] of names.entries()) {
        const path = podCgroupPath('systemd', classes[index]!, podUid)
        if ((await stat(`${root}${path}`).catch(() => stat(`${root}/systemd${path}`).catch(() => undefined))) !== undefined) present.push(name)
      }
      if (present.length === 0) return
      await run('systemctl', ['stop', '--no-block', ...present], { timeout: 30_000 }).catch(error => { log.debug('slice was not stopped', { slices: present, error: errorText(error) }) })
    },
  }
}

async function v1Hierarchies(): Promise<string[]> {
  const present = await Promise.all(v1Controllers.map(async name => ((await stat(`${root}/${name}/cgroup.procs`).catch(() => undefined)) === undefined ? [] : [`${root}/${name}`])))
  return present.flat()
}

function cgroupfs(hierarchies: readonly string[], isV2: boolean, log: Log): PodCgroups {
  return {
    async ensure(pod: Pod) {
      const path = podCgroupPath('cgroupfs', qosClassOf(pod), pod.metadata.uid)
      for (const hierarchy of hierarchies) {
        await makeFolder(hierarchy, path, isV2)
        const limits = isV2 ? v2Limits(podResourcesOf(pod)) : v1Limits(podResourcesOf(pod))
        for (const [file, value] of limits) {
          const target = join(hierarchy, path, file)
          if ((await stat(target).catch(() => undefined)) !== undefined) await writeFile(target, value).catch(error => { log.debug('cgroup limit was not set', { target, error: errorText(error) }) })
        }
      }
    },
    async remove(podUid) {
      for (const hierarchy of hierarchies) {
        for (const qos of classes) await removeTree(join(hierarchy, podCgroupPath('cgroupfs', qos, podUid)))
      }
    },
  }
}

async function makeFolder(hierarchy: string, path: string, isV2: boolean): Promise<void> {
  let at = hierarchy
  for (const part of path.split('/').filter(name => name !== '')) {
    const parent = at
    at = join(at, part)
    if ((await stat(at).catch(() => undefined)) !== undefined) continue
    if (isV2) await enableControllers(parent)
    await mkdir(at, { recursive: true })
    if (hierarchy.endsWith('/cpuset')) await inheritCpuset(at)
  }
}

async function enableControllers(folder: string): Promise<void> {
  const available = (await readFile(join(folder, 'cgroup.controllers'), 'utf8').catch(() => '')).trim().split(' ').filter(name => name !== '')
  for (const name of available) await writeFile(join(folder, 'cgroup.subtree_control'), `+${name}`).catch(() => {})
}

async function inheritCpuset(folder: string): Promise<void> {
  for (const file of ['cpuset.cpus', 'cpuset.mems']) {
    const value = await readFile(join(dirname(folder), file), 'utf8').catch(() => '')
    if (value.trim() !== '') await writeFile(join(folder, file), value).catch(() => {})
  }
}

function v1Limits(limits: PodResources): readonly (readonly [string, string])[] {
  return [
    ['cpu.shares', String(limits.cpuShares)],
    ...(limits.cpuQuota > 0 ? [['cpu.cfs_period_us', String(limits.cpuPeriod)] as const, ['cpu.cfs_quota_us', String(limits.cpuQuota)] as const] : []),
    ...(limits.memoryLimitInBytes > 0 ? [['memory.limit_in_bytes', String(limits.memoryLimitInBytes)] as const] : []),
  ]
}

function v2Limits(limits: PodResources): readonly (readonly [string, string])[] {
  const weight = Math.floor(1 + ((limits.cpuShares - 2) * 9_999) / 262_142)
  return [
    ['cpu.weight', String(weight)],
    ...(limits.cpuQuota > 0 ? [['cpu.max', `${limits.cpuQuota} ${limits.cpuPeriod}`] as const] : []),
    ...(limits.memoryLimitInBytes > 0 ? [['memory.max', String(limits.memoryLimitInBytes)] as const] : []),
  ]
}

async function removeTree(folder: string): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => undefined)
  if (entries === undefined) return
  for (const entry of entries) if (entry.isDirectory()) await removeTree(join(folder, entry.name))
  await rmdir(folder).catch(() => {}) // LC3
}
