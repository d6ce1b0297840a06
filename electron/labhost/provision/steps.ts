/**
 * An ordered list of named steps, each of which can tell whether it is done.
 *
 *   ST1  Steps run in order. One that is done is not applied; one without isDone always is.
 *   ST2  Running the list again after any interruption ends in the same state.
 *   ST3  The first failure ends the list; its error names the step.
 */
import type { Clock } from '../../../agents/base/clock.ts'
import { errorText } from '../../../agents/base/log.ts'
import { ProvisionError } from './provision-error.ts'

export interface Step<Context> {
  readonly name: string
  isDone?(context: Context, signal: AbortSignal): Promise<boolean>
  apply(context: Context, signal: AbortSignal): Promise<void>
}

export interface StepProgress {
  readonly step: string
  readonly state: 'started' | 'skipped' | 'done' | 'failed'
  readonly elapsedMs: number
  /** Of failed only. */
  readonly problem: string | null
}

export async function runSteps<Context>(steps: readonly Step<Context>[], context: Context, options: { readonly clock: Clock; readonly signal: AbortSignal; readonly onProgress?: (progress: StepProgress) => void }): Promise<void> {
  for (const step of steps) {
    options.signal.throwIfAborted()
    const startedAt = options.clock.monotonic()
    const tell = (state: StepProgress['state'], problem: string | null = null) => options.onProgress?.({ step: step.name, state, elapsedMs: options.clock.monotonic() - startedAt, problem })
    tell('started')
    try {
      if (await step.isDone?.(context, options.signal) === true) { // ST1
        tell('skipped')
        continue
      }
      await step.apply(context, options.signal)
    } catch (error) {
      tell('failed', errorText(error))
      if (options.signal.aborted) throw error
      throw new ProvisionError('StepFailed', `${step.name}: ${errorText(error)}`, { cause: error }) // ST3
    }
    tell('done')
  }
}
