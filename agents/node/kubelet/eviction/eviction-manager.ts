/**
 * Watches memory, disk and process numbers, tells the node's conditions, and ends one pod at a time when a limit is met.
 *
 *   EM1  One pod goes per look; the next look decides anew.
 *   EM2  For disk, unused images go first; a pod only when that was not enough.
 */
import { readdir, readFile, statfs } from 'node:fs/promises'
import type { Pod } from '../../../api/groups/core-v1/types.ts'
import { sleep, timeText, type Clock } from '../../../base/clock.ts'
import { errorText, type Log } from '../../../base/log.ts'
import { machineUsage } from '../../os/machine-usage.ts'
import { criLabel } from '../cri/cri-names.ts'
import type { Runtime } from '../cri/runtime.ts'
import { isStaticPod } from '../pod-worker/pod-containers.ts'
import type { PodWorkers } from '../pod-worker/pod-workers.ts'
import { podTotal, wholeUnits } from '../pod-worker/resources.ts'
import type { NodePressure } from '../../../machinery/kubelet/node-object.ts'
import { metThresholds, PressureMemory, rankVictims, type EvictionSignal, type SignalReading, type Threshold } from './thresholds.ts'

export interface EvictionDeps {
  readonly runtime: Runtime
  readonly workers: PodWorkers
  readonly clock: Clock
  readonly log: Log
  readonly thresholds: readonly Threshold[]
  readonly rootFolder: string
  readonly imageFolder: () => string
  tell(pod: Pod, type: 'Normal' | 'Warning', reason: string, message: string): void
  /** Removes unused images; says how many. */
  collectImages(): Promise<number>
  onPressure(): void
}

const lookEveryMs = 10_000

export class EvictionManager {
  readonly #deps: EvictionDeps
  readonly #memory = new PressureMemory()

  constructor(deps: EvictionDeps) {
    this.#deps = deps
  }

  get pressure(): NodePressure {
    return this.#memory.at(this.#deps.clock.monotonic())
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await sleep(this.#deps.clock, lookEveryMs, signal).catch(() => {})
      if (signal.aborted) return
      await this.look().catch(error => { this.#deps.log.warn('eviction could not look', { error: errorText(error) }) })
    }
  }

  async look(): Promise<void> {
    const { clock, thresholds, onPressure, collectImages } = this.#deps
    const met = metThresholds(thresholds, await this.#readings())
    const before = JSON.stringify(this.pressure)
    this.#memory.note(met, clock.monotonic())
    if (JSON.stringify(this.pressure) !== before) onPressure()
    const first = met[0]
    if (first === undefined) return
    if (!first.signal.startsWith('memory') && !first.signal.startsWith('pid') && (await collectImages()) > 0) return // EM2
    await this.#evictOne(first)
  }

  async #readings(): Promise<Map<EvictionSignal, SignalReading>> {
    const readings = new Map<EvictionSignal, SignalReading>()
    const { totalBytes, workingSetBytes } = await machineUsage()
    readings.set('memory.available', { available: totalBytes - workingSetBytes, capacity: totalBytes })
    for (const [name, folder] of [['nodefs', this.#deps.rootFolder], ['imagefs', this.#deps.imageFolder()]] as const) {
      const disk = await statfs(folder).catch(() => undefined)
      if (disk === undefined) continue
      readings.set(`${name}.available`, { available: disk.bavail * disk.bsize, capacity: disk.blocks * disk.bsize })
      readings.set(`${name}.inodesFree`, { available: disk.ffree, capacity: disk.files })
    }
    const limit = Number(await readFile('/proc/sys/kernel/pid_max', 'utf8').catch(() => '0'))
    const used = (await readdir('/proc')).filter(name => /^\d+$/.test(name)).length
    readings.set('pid.available', { available: limit - used, capacity: limit })
    return readings
  }

  async #evictOne(threshold: Threshold): Promise<void> {
    const { workers, runtime, tell, clock, log } = this.#deps
    const stats = await runtime.containerStats()
    const usageOf = (uid: string) => stats.filter(entry => entry.attributes?.labels[criLabel.podUid] === uid).reduce((sum, entry) => sum + (threshold.signal === 'memory.available' ? (entry.memory?.workingSetBytes ?? 0) : (entry.writableLayer?.usedBytes ?? 0)), 0)
    const resource = threshold.signal === 'memory.available' ? 'memory' : 'ephemeral-storage'
    const candidates = workers.all.filter(worker => worker.phase === 'syncing').map(worker => ({
      uid: worker.uid, priority: worker.pod.spec.priority ?? 0, usage: usageOf(worker.uid),
      request: podTotal(worker.pod, container => wholeUnits(container.resources?.requests?.[resource])),
      isSpared: isStaticPod(worker.pod) || (worker.pod.spec.priority ?? 0) >= 2_000_000_000,
    }))
    const victim = rankVictims(candidates)[0]
    const worker = victim === undefined ? undefined : workers.byUid(victim.uid)
    if (worker === undefined) return
    const message = `The node was low on resource: ${resource}. Threshold quantity: ${threshold.text}.`
    log.warn('pod was evicted', { pod: worker.pod.metadata.name, signal: threshold.signal })
    tell(worker.pod, 'Warning', 'Evicted', message)
    worker.endBy({
      reason: 'Evicted', message, graceSeconds: 1,
      condition: { type: 'DisruptionTarget', status: 'True', reason: 'TerminationByKubelet', message, lastTransitionTime: timeText(clock.now()) },
    })
  }
}
