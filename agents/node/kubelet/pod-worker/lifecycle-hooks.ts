/** Runs postStart and preStop hooks. A hook that fails throws with upstream's text. */
import type { LifecycleHandler } from '../../../api/groups/core-v1/types.ts'
import { sleep, type Clock } from '../../../base/clock.ts'
import { attemptHttp, type ProbeTarget } from '../probes/probe-attempt.ts'
import type { Runtime } from '../cri/runtime.ts'

export async function runHook(hook: LifecycleHandler, target: ProbeTarget, timeoutMs: number, deps: { readonly runtime: Runtime; readonly clock: Clock }): Promise<void> {
  if (hook.exec !== undefined) {
    const seconds = Math.max(1, Math.ceil(timeoutMs / 1_000))
    const { exitCode, stdout, stderr } = await deps.runtime.execSync(target.containerId, hook.exec.command ?? [], seconds)
    if (exitCode !== 0) throw new Error(`command '${(hook.exec.command ?? []).join(' ')}' exited with ${exitCode}: ${Buffer.concat([stderr, stdout]).subarray(0, 1024).toString('utf8')}`)
  } else if (hook.httpGet !== undefined) {
    const { success, output } = await attemptHttp(hook.httpGet, target, timeoutMs)
    if (!success) throw new Error(output)
  } else if (hook.sleep !== undefined) {
    await sleep(deps.clock, Math.min(hook.sleep.seconds * 1_000, timeoutMs))
  }
}
